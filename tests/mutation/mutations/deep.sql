-- fixture: federation

-- aggregate-with-powers: breaks isolation, for hr sales
-- given: create function public.step(text, text) returns text language sql security definer as 'select string_agg(full_name, $2) from sales_tenant.contacts'; revoke execute on function public.step(text, text) from public
create aggregate public.gather(text) (sfunc = public.step, stype = text);

-- ordering-with-powers: breaks isolation, for hr sales
-- given: create function public.cmp(integer, integer) returns integer language plpgsql immutable security definer as $fn$ begin raise notice '%', (select count(*) from sales_tenant.contacts); return btint4cmp($1, $2); end $fn$; revoke execute on function public.cmp(integer, integer) from public
create operator class public.odd_ops for type integer using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.cmp(integer, integer);

-- gateway-login-role: breaks isolation, for hr sales
-- given: create role app login noinherit; grant cross_dept_query_role to app
alter role app set role = 'hr_role';

-- gateway-login-bypasses: breaks isolation, for hr sales
-- given: create role app login noinherit; grant cross_dept_query_role to app
alter role app bypassrls;

-- gateway-login-inherits-tenant: breaks isolation, for hr sales
-- given: create role app login; grant cross_dept_query_role to app
grant hr_role to app;

-- system-search-path: breaks isolation, for hr sales
-- given: alter system set search_path = 'pg_temp, public'
select pg_reload_conf(), pg_sleep(0.3);

-- system-null-equals: breaks isolation, for hr sales
-- given: alter system set transform_null_equals = on
select pg_reload_conf(), pg_sleep(0.3);

-- role-standard-strings: breaks isolation, for hr sales
alter role hr_role set standard_conforming_strings = off;

-- role-isolation-level: harmless
alter role hr_role set default_transaction_isolation = 'repeatable read';

-- family-member-planted: breaks isolation, for hr sales
-- given: create function public.cmp(text, integer) returns integer language sql immutable as 'select 0'
alter operator family text_ops using btree add function 1 (text, integer) public.cmp(text, integer);

-- operator-deleted: breaks completeness, for hr sales
-- given: set allow_system_table_mods = on
delete from pg_operator where oid = '<>(text,text)'::regoperator;

-- class-default-lost: breaks completeness, for hr sales
update pg_opclass set opcdefault = false where opcname = 'text_ops' and opcmethod = (select oid from pg_am where amname = 'btree');

-- built-in-aggregate-changed: breaks isolation, for hr sales
update pg_aggregate set aggtransfn = 'int4_sum'::regproc where aggfnoid = 'max(integer)'::regprocedure;

-- system-view-replaced: breaks isolation, for hr sales
-- given: set allow_system_table_mods = on
create or replace view pg_catalog.pg_roles as select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, '********'::text as rolpassword, rolvaliduntil, false as rolbypassrls, setconfig as rolconfig, pg_authid.oid from pg_authid left join pg_db_role_setting s on pg_authid.oid = setrole and setdatabase = 0;

-- system-view-shows: breaks isolation, for hr sales
-- given: set allow_system_table_mods = on
create or replace view pg_catalog.pg_timezone_abbrevs as select full_name::text as abbrev, null::interval as utc_offset, true as is_dst from sales_tenant.contacts;

-- information-view-shows: breaks isolation, for hr sales
create or replace view information_schema.information_schema_catalog_name as select (select full_name from sales_tenant.contacts limit 1)::information_schema.sql_identifier as catalog_name;

-- built-in-function-granted-and-changed: breaks isolation, for hr sales
-- given: grant execute on function pg_catalog.texteq(text, text) to public
update pg_proc set prosrc = 'texticlike' where oid = 'texteq(text,text)'::regprocedure;

-- built-in-replaced-in-sql: breaks isolation, for hr sales
-- given: grant execute on function pg_catalog.pg_has_role(name, text) to public
create or replace function pg_catalog.pg_has_role(name, text) returns boolean language sql stable strict as 'select true';

-- built-in-comparison-revoked: breaks completeness, for hr sales
revoke execute on function pg_catalog.textcat(text, text) from public;

-- catalogue-usage-revoked: breaks completeness, for hr sales
revoke usage on schema pg_catalog from public;

-- catalogue-clock-revoked: breaks completeness, for hr sales
revoke execute on function pg_catalog.now() from public;

-- catalogue-uuid-revoked: breaks completeness, for hr sales
revoke execute on function pg_catalog.gen_random_uuid() from public;

-- ledger-running: breaks completeness, for hr
update federation.schema_migrations set state = 'running' where target = 'hr' and number = 7;

-- policy-of-other-table: breaks isolation, for hr
update pg_policy set polpermissive = true where polname = 'floor' and polrelid = 'hr_tenant.api_keys'::regclass;

-- outsider-default-privileges: breaks isolation, for hr sales
-- given: create role maker; grant create on schema public to maker
alter default privileges for role maker grant select on tables to hr_role;

-- database-tablespace: harmless
alter database {database} set maintenance_work_mem = '128MB';

-- null-replaced: breaks isolation, for hr sales
create or replace function federation.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $fn$ begin return null; end $fn$;

-- collation-changed: breaks isolation, for hr sales
update pg_collation set collisdeterministic = false where collname = 'C';

-- extension-trigger-disowned: breaks isolation, for hr sales
-- given: create extension citext; create function public.peek() returns setof sales_tenant.contacts language sql security definer as 'select * from sales_tenant.contacts'
alter extension citext add function public.peek();

-- extension-view: breaks isolation, for hr sales
-- given: create extension citext; create view public.peek as select * from sales_tenant.contacts; grant select on public.peek to public
alter extension citext add view public.peek;

-- extension-shadow: breaks isolation, for hr sales
-- given: create extension citext; create function public.lower(varchar) returns text language sql as 'select $1::text'
alter extension citext add function public.lower(varchar);

-- extension-in-catalogue: breaks isolation, for hr sales
-- given: set allow_system_table_mods = on; create extension citext; create function pg_catalog.peek() returns setof text language sql security definer as 'select full_name::text from sales_tenant.contacts'
alter extension citext add function pg_catalog.peek();

-- extension-trigger: breaks completeness, for hr sales
-- given: create extension citext
alter extension citext add function federation.current_tenant();

-- table-in-temporary: harmless
create temporary view mine as select 1 as one;

-- schema-renamed-and-copied: breaks both, for hr
-- given: alter schema hr_tenant rename to hr_old
create schema hr_tenant authorization federation_owner;
