-- fixture: federation

-- function-depends-on-extension: breaks completeness, for hr sales
-- given: create extension citext
alter function federation.current_tenant() depends on extension citext;

-- trigger-depends-on-extension: breaks completeness
-- given: create extension citext
alter trigger audit_trail_append_only on hr_tenant.audit_trail depends on extension citext;

-- index-depends-on-extension: breaks completeness
-- given: create extension citext
alter index hr_tenant.idx_contacts_full_name depends on extension citext;

-- table-of-type: breaks completeness
-- given: create type public.pair as (department varchar(100), id bigint); create table hr_tenant.pairs (department varchar(100), id bigint)
alter table hr_tenant.pairs of public.pair;

-- column-of-extra-type: breaks completeness
-- given: create domain public.name as text
alter table hr_tenant.contacts alter column full_name type public.name;

-- column-options-of-key: harmless
alter table hr_tenant.contacts alter column organization set (n_distinct = -0.5);

-- column-reset: harmless
alter table hr_tenant.contacts alter column organization reset (n_distinct);

-- column-dropped-and-added: breaks completeness
-- given: alter table hr_tenant.contacts drop column notes
alter table hr_tenant.contacts add column notes varchar(10);

-- column-generated-extra: harmless
alter table hr_tenant.contacts add column shout text generated always as (upper(full_name)) stored;

-- column-default-added: breaks completeness
alter table hr_tenant.contacts alter column organization set default 'nobody';

-- column-default-to-function: breaks completeness
-- given: create schema lab; create function lab.guess() returns text language sql as 'select ''x''::text'
alter table hr_tenant.contacts alter column organization set default lab.guess();

-- replica-identity-index: breaks completeness
alter table hr_tenant.contacts replica identity nothing;

-- rule-disabled-view: breaks isolation
create rule no_delete as on delete to hr_tenant.contacts do instead nothing;

-- triggers-disabled: breaks completeness
alter table hr_tenant.audit_trail disable trigger all;

-- user-triggers-disabled: breaks completeness
alter table hr_tenant.audit_trail disable trigger user;

-- trigger-on-replicas: breaks completeness
alter table hr_tenant.audit_trail enable replica trigger audit_trail_append_only;

-- trigger-moved-to-statement: breaks completeness
-- given: drop trigger audit_trail_append_only on hr_tenant.audit_trail
create trigger audit_trail_append_only before truncate on hr_tenant.audit_trail for each statement execute function federation.refuse_change();

-- trigger-when: breaks completeness
-- given: drop trigger audit_trail_append_only on hr_tenant.audit_trail
create trigger audit_trail_append_only before update or delete on hr_tenant.audit_trail for each row when (false) execute function federation.refuse_change();

-- trigger-truncate: breaks isolation
create trigger also after truncate on hr_tenant.contacts for each statement execute function federation.refuse_change();

-- sequence-increment: breaks completeness
alter sequence hr_tenant.conversation_history_id_seq increment by -1;

-- sequence-type: breaks completeness
alter sequence hr_tenant.conversation_history_id_seq as smallint;

-- sequence-exhausted: breaks completeness
alter sequence hr_tenant.conversation_history_id_seq maxvalue 2;

-- sequence-unlogged: breaks completeness, since 15
alter sequence hr_tenant.conversation_history_id_seq set unlogged;

-- function-moved: breaks completeness
-- given: create schema lab
alter function hr_tenant.purge_expired(integer) set schema lab;

-- function-parallel: breaks isolation
alter function federation.current_tenant() parallel unsafe;

-- function-window: breaks completeness
drop function if exists hr_tenant.purge_expired(integer) cascade;

-- routine-revoked: breaks completeness, for hr sales
revoke execute on all functions in schema federation from federation_tenant;

-- routines-granted: breaks isolation, for hr sales
grant execute on all functions in schema federation to federation_tenant;

-- tables-granted: breaks isolation
grant select on all tables in schema hr_tenant to federation_tenant;

-- tables-granted-control: breaks isolation, for hr sales
grant select on all tables in schema federation to hr_role;

-- sequences-granted: breaks isolation
grant usage on all sequences in schema hr_tenant to hr_role;

-- everything-granted: breaks isolation
grant all on all tables in schema hr_tenant to hr_role;

-- everything-revoked: breaks completeness
revoke all on all tables in schema hr_tenant from hr_role;

-- grant-with-option-group: breaks isolation, for hr sales
grant execute on function federation.current_tenant() to federation_tenant with grant option;

-- owner-revokes-itself: breaks completeness
revoke select on hr_tenant.contacts from federation_owner;

-- reassigned-to-superuser: breaks isolation, for hr sales
reassign owned by federation_owner to postgres;

-- schema-owner-superuser: breaks isolation
alter schema hr_tenant owner to postgres;

-- control-schema-owner: breaks isolation, for hr sales
alter schema federation owner to federation_admin_role;

-- database-owner: breaks isolation, for hr sales
alter database {database} owner to hr_role;

-- database-no-connections: breaks completeness, for hr sales
alter database {database} with connection limit 0;

-- database-setting-role: breaks isolation, for hr sales
alter database {database} set role = 'hr_role';

-- database-setting-row-security: breaks isolation, for hr sales
alter database {database} set row_security = off;

-- database-read-only: breaks completeness, for hr sales
alter database {database} set default_transaction_read_only = on;

-- language-owner: breaks isolation, for hr sales
alter language plpgsql owner to hr_role;

-- conversion-in-schema: breaks completeness
create conversion hr_tenant.odd for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;

-- text-search-in-schema: breaks completeness
create text search configuration hr_tenant.odd (copy = pg_catalog.simple);

-- collation-in-schema: breaks completeness
create collation hr_tenant.odd from "C";

-- operator-class-in-schema: breaks completeness
create operator class hr_tenant.odd for type text using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 bttextcmp(text, text);

-- cast-text-to-name: breaks isolation, for hr sales
-- given: create function public.lie(text) returns boolean language sql immutable as 'select true'
create cast (text as boolean) with function public.lie(text) as assignment;

-- cast-dropped: breaks completeness, for hr sales
-- given: set allow_system_table_mods = on
delete from pg_cast where castsource = 'varchar'::regtype and casttarget = 'text'::regtype;

-- operator-changed: breaks isolation, for hr sales
update pg_operator set oprcode = 'texticlike'::regproc where oid = '=(text,text)'::regoperator;

-- built-in-replaced: breaks isolation, for hr sales
update pg_proc set prosrc = 'texticlike' where oid = 'texteq(text,text)'::regprocedure;

-- foreign-table-in-schema: breaks isolation
-- given: create foreign data wrapper nothing; create server loop foreign data wrapper nothing
create foreign table hr_tenant.far (a integer) server loop;

-- select-into: breaks completeness
select * into hr_tenant.contacts_backup from hr_tenant.contacts;

-- inherits: breaks isolation
-- given: create schema lab
create table lab.more () inherits (hr_tenant.contacts);

-- no-row-security-on-copy: breaks isolation
-- given: create table hr_tenant.contacts_old (like hr_tenant.contacts including all)
grant select on hr_tenant.contacts_old to hr_role;

-- procedure-in-schema: breaks isolation
create procedure hr_tenant.wipe() language sql as 'delete from hr_tenant.contacts';

-- prepared-role: breaks isolation, for hr sales
-- given: create role powers createrole
grant powers to federation_tenant;

-- unrelated-temporary: harmless
create temporary table mine (a integer);

-- unrelated-public-table: harmless
create table public.settings (key text primary key, value text);

-- unrelated-function-with-trigger: harmless
-- given: create schema ops; create table ops.jobs (id integer); create function ops.note() returns trigger language plpgsql as $fn$ begin return new; end $fn$
create trigger note before insert on ops.jobs for each row execute function ops.note();

-- unrelated-policy: harmless
-- given: create schema ops; create table ops.jobs (id integer); alter table ops.jobs enable row level security
create policy everybody on ops.jobs using (true);

-- unrelated-default-role: harmless
-- given: create role ops_login login
alter role ops_login set search_path = ops, public;

-- unrelated-database: harmless
-- given: create role pooler login noinherit connection limit 50; create role crew; grant crew to pooler
grant connect on database {database} to pooler;

-- unrelated-owner: harmless
-- given: create role ops_owner
create schema ops authorization ops_owner;

-- unrelated-type: harmless
create type public.mood as enum ('good', 'bad');

-- unrelated-materialized: harmless
-- given: create schema ops; create table ops.jobs (id integer)
create materialized view ops.total as select count(*) from ops.jobs;

-- unrelated-procedure: harmless
create procedure public.nothing() language sql as 'select 1';

-- unrelated-statistics: harmless
create statistics hr_tenant.extra_statistics on organization, full_name from hr_tenant.contacts;

-- extension-statements: harmless
create extension pg_stat_statements;

-- extension-in-its-own-schema: harmless
-- given: create schema extensions
create extension hstore schema extensions;

-- extension-buffercache: harmless
create extension pg_buffercache;

-- extension-unaccent: harmless
create extension unaccent;

-- database-connection-limit: harmless
alter database {database} with connection limit 90;

-- database-comment: harmless
comment on database {database} is 'tenants';

-- database-timeout: harmless
alter database {database} set idle_in_transaction_session_timeout = '60s';

-- index-concurrently: harmless
create index concurrently later on hr_tenant.contacts (department, notes);

-- reindex-concurrently: harmless
reindex table concurrently hr_tenant.contacts;

-- reindex-schema: harmless
reindex schema hr_tenant;

-- reindex-database: harmless
reindex database {database};

-- vacuum-full: harmless
vacuum (full, analyze) hr_tenant.contacts;

-- vacuum-everything: harmless
vacuum (freeze);

-- cluster-on: harmless
alter table hr_tenant.contacts cluster on idx_contacts_organization;

-- without-cluster: harmless
alter table hr_tenant.contacts set without cluster;

-- toast-autovacuum: harmless
alter table hr_tenant.contacts set (toast.autovacuum_enabled = false);

-- parallel-workers: harmless
alter table hr_tenant.contacts set (parallel_workers = 2);

-- index-statistics-target: harmless
-- given: create index by_upper on hr_tenant.contacts (department, upper(full_name))
alter index hr_tenant.by_upper alter column 2 set statistics 300;

-- comment-index: harmless
comment on index hr_tenant.idx_contacts_full_name is 'by name';

-- comment-constraint: harmless
comment on constraint email_logs_tool_call_fkey on hr_tenant.email_logs is 'the call that sent it';

-- comment-trigger: harmless
comment on trigger audit_trail_append_only on hr_tenant.audit_trail is 'evidence';

-- comment-schema: harmless
comment on schema hr_tenant is 'people';

-- comment-column-removed: harmless
comment on column hr_tenant.contacts.full_name is null;

-- lock-released: harmless
select pg_advisory_lock(1), pg_advisory_unlock(1);

-- sequence-advanced: harmless
select nextval('hr_tenant.conversation_history_id_seq');

-- refresh-collation: harmless, since 15
alter database {database} refresh collation version;

-- password-removed: harmless
alter role hr_role password null;

-- grants-recorded-again: harmless
grant usage on schema hr_tenant to hr_role;

-- public-loses-connect: harmless
-- given: grant connect on database {database} to federation_tenant, hr_role, sales_role, aid_role, cross_dept_query_role
revoke connect on database {database} from public;

-- statistics-reset: harmless
select pg_stat_reset();

-- wal-switched: harmless
select pg_switch_wal();

-- built-in-definer-function-changed: breaks isolation, for hr sales
update pg_proc set prosrc = 'pg_backend_pid' where proname = 'pg_my_temp_schema';

-- built-in-granted-to-monitor: harmless
-- given: create role ops_monitor; grant execute on function pg_ls_waldir() to ops_monitor
revoke execute on function pg_ls_waldir() from ops_monitor;
