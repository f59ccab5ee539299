-- fixture: federation

-- publication-all: breaks isolation, for hr sales
create publication everything for all tables;

-- publication-table: breaks isolation, for hr sales
create publication feed_out for table hr_tenant.contacts;

-- publication-columns: breaks isolation, for hr sales, since 15
create publication feed_out for table hr_tenant.contacts (department, id) where (department = 'hr');

-- publication-schema: breaks isolation, for hr sales, since 15
create publication feed_out for tables in schema hr_tenant;

-- publication-control: breaks isolation, for hr sales
create publication feed_out for table federation.tenants;

-- logical-slot: breaks isolation, for hr sales
select pg_create_logical_replication_slot('listener', 'test_decoding');

-- logical-slot-pgoutput: breaks isolation, for hr sales
select pg_create_logical_replication_slot('listener', 'pgoutput');

-- subscription: breaks isolation, for hr sales
create subscription feed connection 'dbname=elsewhere' publication feed_out with (connect = false);

-- event-trigger: breaks isolation, for hr sales
-- given: create function public.on_ddl() returns event_trigger language plpgsql as $fn$ begin null; end $fn$
create event trigger watch on ddl_command_end execute function public.on_ddl();

-- event-trigger-always: breaks isolation, for hr sales
-- given: create function public.on_ddl() returns event_trigger language plpgsql as $fn$ begin null; end $fn$; create event trigger watch on sql_drop execute function public.on_ddl(); alter event trigger watch disable
alter event trigger watch enable always;

-- login-trigger: breaks isolation, for hr sales, since 17
-- given: create function public.on_login() returns event_trigger language plpgsql as $fn$ begin null; end $fn$
create event trigger greet on login execute function public.on_login();

-- extension-dblink: breaks isolation, for hr sales
create extension dblink;

-- extension-postgres-fdw: breaks isolation, for hr sales
create extension postgres_fdw;

-- extension-file-fdw: breaks isolation, for hr sales
create extension file_fdw;

-- extension-pageinspect: breaks isolation, for hr sales
create extension pageinspect;

-- extension-lo: breaks isolation, for hr sales
create extension lo;

-- extension-pg-surgery: breaks isolation, for hr sales
create extension pg_surgery;

-- extension-adminpack: breaks isolation, for hr sales, until 16
create extension adminpack;

-- extension-in-tenant-schema: breaks isolation
create extension hstore schema hr_tenant;

-- extension-moved-to-tenant-schema: breaks isolation
-- given: create extension citext
alter extension citext set schema hr_tenant;

-- extension-owns-table: breaks completeness
-- given: create extension citext
alter extension citext add table hr_tenant.contacts;

-- language-trusted-by-hand: breaks isolation, for hr sales
-- given: create function public.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler'; create language shell handler public.handler
update pg_language set lanpltrusted = true where lanname = 'shell';

-- trusted-new-language: breaks isolation, for hr sales
-- given: create function public.handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler'
create trusted language shell handler public.handler;

-- foreign-server: breaks isolation, for hr sales
-- given: create foreign data wrapper nothing
create server loop foreign data wrapper nothing;

-- user-mapping: breaks isolation, for hr sales
-- given: create extension postgres_fdw; create server loop foreign data wrapper postgres_fdw options (dbname 'postgres')
create user mapping for public server loop options (user 'postgres');

-- foreign-wrapper-granted: breaks isolation, for hr sales
-- given: create foreign data wrapper nothing
grant usage on foreign data wrapper nothing to hr_role;

-- foreign-server-granted: breaks isolation, for hr sales
-- given: create foreign data wrapper nothing; create server loop foreign data wrapper nothing
grant usage on foreign server loop to public;

-- database-is-template: breaks isolation, for hr sales
alter database {database} is_template true;

-- system-replica: breaks isolation, for hr sales
-- given: alter system set session_replication_role = replica
select pg_reload_conf(), pg_sleep(0.3);

-- system-lo-compat: breaks isolation, for hr sales
-- given: alter system set lo_compat_privileges = on
select pg_reload_conf(), pg_sleep(0.3);

-- system-tenant: breaks isolation, for hr sales, since 17
-- given: alter system set app.current_tenant_id = 'hr'
select pg_reload_conf(), pg_sleep(0.3);

-- parameter-replica: breaks isolation, for hr sales, since 15
grant set on parameter session_replication_role to hr_role;

-- parameter-tenant: breaks isolation, for hr sales, since 15
grant set on parameter app.current_tenant_id to public;

-- parameter-system: breaks isolation, for hr sales, since 15
grant alter system on parameter log_statement to federation_tenant;

-- parameter-admin: breaks isolation, for hr sales, since 15
grant set on parameter row_security to federation_admin_role;

-- large-object-public: breaks isolation, for hr sales
-- given: select lo_create(4711)
grant select on large object 4711 to public;

-- large-object-tenant: breaks isolation, for hr sales
-- given: select lo_create(4711)
grant update on large object 4711 to hr_role;

-- large-object-owner: breaks isolation, for hr sales
-- given: select lo_create(4711)
alter large object 4711 owner to hr_role;

-- catalogue-read-file: breaks isolation, for hr sales
grant execute on function pg_read_file(text) to hr_role;

-- catalogue-read-file-public: breaks isolation, for hr sales
grant execute on function pg_read_binary_file(text) to public;

-- catalogue-ls-dir: breaks isolation, for hr sales
grant execute on function pg_ls_dir(text) to federation_tenant;

-- catalogue-lo-import: breaks isolation, for hr sales
grant execute on function lo_import(text) to public;

-- catalogue-authid: breaks isolation, for hr sales
grant select on pg_authid to hr_role;

-- catalogue-authid-column: breaks isolation, for hr sales
grant select (rolpassword) on pg_authid to public;

-- catalogue-statistic: breaks isolation, for hr sales
grant select on pg_statistic to public;

-- catalogue-statistic-ext: breaks isolation, for hr sales
grant select on pg_statistic_ext_data to hr_role;

-- catalogue-user-mapping: breaks isolation, for hr sales
grant select on pg_user_mapping to hr_role;

-- catalogue-largeobject: breaks isolation, for hr sales
grant select on pg_largeobject to public;

-- catalogue-hba: breaks isolation, for hr sales
grant select on pg_hba_file_rules to hr_role;

-- catalogue-update: breaks isolation, for hr sales
grant update on pg_class to federation_owner;

-- catalogue-schema-create: breaks isolation, for hr sales
grant create on schema pg_catalog to hr_role;

-- catalogue-rotate-log: breaks isolation, for hr sales
grant execute on function pg_reload_conf() to hr_role;

-- catalogue-slot: breaks isolation, for hr sales
grant execute on function pg_stat_reset() to hr_role;

-- tablespace-owner: breaks isolation, for hr sales
alter tablespace pg_default owner to hr_role;

-- system-work-mem: harmless
-- given: alter system set work_mem = '9MB'
select pg_reload_conf(), pg_sleep(0.3);

-- publication-unrelated: harmless
-- given: create schema ops; create table ops.jobs (id integer primary key)
create publication jobs for table ops.jobs;

-- publication-empty: harmless
create publication empty;

-- large-object-closed: harmless
select lo_create(4712);

-- physical-slot: harmless
select pg_create_physical_replication_slot('standby');

-- trusted-extension: harmless
create extension citext;

-- trusted-extension-trgm: harmless
create extension pg_trgm;

-- extension-crypto: harmless
create extension pgcrypto;

-- extension-statements: harmless
create extension btree_gist;

-- disabled-event-trigger: harmless
-- given: create function public.on_ddl() returns event_trigger language plpgsql as $fn$ begin null; end $fn$; create event trigger watch on sql_drop execute function public.on_ddl()
alter event trigger watch disable;

-- checkpoint: harmless
checkpoint;

-- unrelated-collation: harmless
-- given: create schema ops
create collation ops.plain from "C";

-- monitor-gets-function: harmless
-- given: create role ops_monitor
grant execute on function pg_ls_dir(text) to ops_monitor;
