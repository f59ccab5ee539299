-- fixture: federation

-- superuser: breaks isolation, for hr sales
alter role hr_role superuser;

-- bypassrls: breaks isolation, for hr sales
alter role hr_role bypassrls;

-- createrole: breaks isolation, for hr sales
alter role hr_role createrole;

-- createdb: breaks isolation, for hr sales
alter role sales_role createdb;

-- replication: breaks isolation, for hr sales
alter role hr_role replication;

-- group-bypassrls: breaks isolation, for hr sales
alter role federation_tenant bypassrls;

-- group-login: breaks isolation, for hr sales
alter role federation_tenant login;

-- owner-login: breaks isolation, for hr sales
alter role federation_owner login;

-- owner-superuser: breaks isolation, for hr sales
alter role federation_owner superuser;

-- owner-bypassrls: breaks isolation, for hr sales
alter role federation_owner bypassrls;

-- owner-createrole: breaks isolation, for hr sales
alter role federation_owner createrole;

-- admin-bypassrls: breaks isolation, for hr sales
alter role federation_admin_role bypassrls;

-- gateway-login: breaks isolation, for hr sales
alter role cross_dept_query_role login;

-- admin-login: breaks isolation, for hr sales
alter role federation_admin_role login;

-- reassigned: breaks isolation, for hr sales
reassign owned by federation_owner to sales_role;

-- superuser-in-catalogue: breaks isolation, for hr sales
update pg_authid set rolsuper = true where rolname = 'hr_role';

-- gateway-superuser: breaks isolation, for hr sales
alter role cross_dept_query_role superuser;

-- gateway-inherits: breaks isolation, for hr sales, until 15
alter role cross_dept_query_role inherit;

-- gateway-inherits-16: breaks isolation, for hr sales, since 16
grant hr_role to cross_dept_query_role with inherit true;

-- gateway-inherit-attribute-16: breaks isolation, for hr sales, since 16
alter role cross_dept_query_role inherit;

-- gateway-cannot-set: breaks completeness, since 16
grant hr_role to cross_dept_query_role with set false;

-- gateway-admin: breaks isolation, for hr sales
grant hr_role to cross_dept_query_role with admin option;

-- gateway-in-admin: breaks isolation, for hr sales
grant federation_admin_role to cross_dept_query_role;

-- gateway-in-owner: breaks isolation, for hr sales
grant federation_owner to cross_dept_query_role;

-- gateway-in-group: breaks isolation, for hr sales
grant federation_tenant to cross_dept_query_role;

-- gateway-loses-tenant: breaks completeness
revoke hr_role from cross_dept_query_role;

-- gateway-has-outsider: breaks isolation, for hr sales
-- given: create role intruder login
grant cross_dept_query_role to intruder with admin option;

-- tenant-noinherit: breaks completeness, until 15
alter role hr_role noinherit;

-- tenant-in-group-noinherit-16: breaks completeness, since 16
grant federation_tenant to hr_role with inherit false;

-- tenant-nologin: breaks completeness
alter role hr_role nologin;

-- tenant-expired: breaks completeness
alter role hr_role valid until '2001-01-01';

-- tenant-no-connections: breaks completeness
alter role hr_role connection limit 0;

-- tenant-leaves-group: breaks completeness
revoke federation_tenant from hr_role;

-- tenant-renamed: breaks both
alter role hr_role rename to people_role;

-- tenant-in-neighbour: breaks isolation, for hr sales
grant sales_role to hr_role;

-- neighbour-in-tenant: breaks isolation, for hr sales
grant hr_role to sales_role;

-- tenant-in-neighbour-noinherit: breaks isolation, for hr sales, since 16
grant sales_role to hr_role with inherit false, set true;

-- tenant-in-neighbour-inherit-only: breaks isolation, for hr sales, since 16
grant sales_role to hr_role with inherit true, set false;

-- tenant-admin-of-neighbour: breaks isolation, for hr sales, since 16
grant sales_role to hr_role with inherit false, set false, admin true;

-- tenant-admin-of-group: breaks isolation, for hr sales
grant federation_tenant to hr_role with admin option;

-- tenant-in-admin: breaks isolation, for hr sales
grant federation_admin_role to hr_role;

-- tenant-in-owner: breaks isolation, for hr sales
grant federation_owner to hr_role;

-- group-in-admin: breaks isolation, for hr sales
grant federation_admin_role to federation_tenant;

-- group-in-tenant: breaks isolation, for hr sales
-- given: revoke federation_tenant from hr_role
grant hr_role to federation_tenant;

-- admin-in-owner: breaks isolation, for hr sales
grant federation_owner to federation_admin_role;

-- owner-in-admin: breaks isolation, for hr sales
grant federation_admin_role to federation_owner;

-- owner-in-tenant: breaks isolation, for hr sales
grant hr_role to federation_owner;

-- read-all-data: breaks isolation, for hr sales
grant pg_read_all_data to hr_role;

-- write-all-data: breaks isolation, for hr sales
grant pg_write_all_data to federation_tenant;

-- monitor: breaks isolation, for hr sales
grant pg_monitor to hr_role;

-- read-all-stats: breaks isolation, for hr sales
grant pg_read_all_stats to hr_role;

-- server-files: breaks isolation, for hr sales
grant pg_read_server_files to hr_role;

-- server-program: breaks isolation, for hr sales
grant pg_execute_server_program to cross_dept_query_role;

-- signal-backend: breaks isolation, for hr sales
grant pg_signal_backend to hr_role;

-- checkpoint: breaks isolation, for hr sales, since 15
grant pg_checkpoint to hr_role;

-- create-subscription: breaks isolation, for hr sales, since 16
grant pg_create_subscription to hr_role;

-- use-reserved-connections: breaks isolation, for hr sales, since 16
grant pg_use_reserved_connections to hr_role;

-- maintain-all: breaks isolation, for hr sales, since 17
grant pg_maintain to hr_role;

-- database-owner: breaks isolation, for hr sales
alter database {database} owner to hr_role;

-- outsider-in-tenant: breaks isolation, for hr sales
-- given: create role intruder login
grant hr_role to intruder;

-- outsider-in-owner: breaks isolation, for hr sales
-- given: create role intruder login
grant federation_owner to intruder;

-- outsider-in-group: breaks isolation, for hr sales
-- given: create role intruder login
grant federation_tenant to intruder;

-- tenant-in-outsider: breaks isolation, for hr sales
-- given: create role powers bypassrls
grant powers to hr_role;

-- tenant-in-plain-outsider: breaks isolation, for hr sales
-- given: create role club
grant club to hr_role;

-- indirect-power: breaks isolation, for hr sales
-- given: create role powers superuser; create role step; grant powers to step
grant step to federation_tenant;

-- drop-gateway: breaks completeness
drop role cross_dept_query_role;

-- setting-tenant: breaks isolation, for hr sales
alter role hr_role set app.current_tenant_id = 'sales';

-- setting-search-path: breaks isolation, for hr sales
alter role hr_role set search_path = pg_temp, sales_tenant;

-- setting-role: breaks isolation, for hr sales
alter role hr_role set role = 'sales_role';

-- setting-row-security: breaks isolation, for hr sales
alter role hr_role set row_security = off;

-- setting-replica: breaks isolation, for hr sales
alter role hr_role set session_replication_role = replica;

-- setting-preload: breaks isolation, for hr sales
alter role federation_admin_role set session_preload_libraries = 'auto_explain';

-- setting-everybody: breaks isolation, for hr sales
alter role all set app.current_tenant_id = 'hr';

-- setting-in-database: breaks isolation, for hr sales
alter role hr_role in database {database} set search_path = public;

-- setting-of-database: breaks isolation, for hr sales
alter database {database} set app.current_tenant_id = 'hr';

-- setting-of-database-path: breaks isolation, for hr sales
alter database {database} set search_path = public, pg_temp;

-- setting-of-database-replica: breaks isolation, for hr sales
alter database {database} set session_replication_role = replica;

-- setting-lo-compat: breaks isolation, for hr sales
alter database {database} set lo_compat_privileges = on;

-- table-owner-tenant: breaks isolation
alter table hr_tenant.contacts owner to hr_role;

-- table-owner-neighbour: breaks isolation, for hr sales
alter table hr_tenant.contacts owner to sales_role;

-- table-owner-superuser: breaks isolation
alter table hr_tenant.contacts owner to postgres;

-- schema-owner-tenant: breaks isolation
alter schema hr_tenant owner to hr_role;

-- schema-owner-admin: breaks isolation
alter schema hr_tenant owner to federation_admin_role;

-- function-owner-superuser: breaks isolation
alter function hr_tenant.purge_expired(integer) owner to postgres;

-- control-function-owner: breaks isolation, for hr sales
alter function federation.current_tenant() owner to postgres;

-- control-table-owner: breaks isolation, for hr sales
alter table federation.tenants owner to hr_role;

-- owns-elsewhere: breaks isolation, for hr sales
-- given: create table public.own (a integer)
alter table public.own owner to hr_role;

-- owns-schema-elsewhere: breaks isolation, for hr sales
create schema nest authorization hr_role;

-- unrelated-role: harmless
create role reporting login;

-- unrelated-monitor: harmless
-- given: create role ops
grant pg_monitor to ops;

-- unrelated-superuser: harmless
create role dba superuser login;

-- unrelated-reader: harmless
-- given: create role backup login
grant pg_read_all_data to backup;

-- unrelated-membership: harmless
-- given: create role one; create role two
grant one to two;

-- password: harmless
alter role hr_role password 'correct horse';

-- connection-limit: harmless
alter role hr_role connection limit 20;

-- valid-until-future: harmless
alter role hr_role valid until '2099-01-01';

-- comment-role: harmless
comment on role hr_role is 'people';

-- statement-timeout: harmless
alter role hr_role set statement_timeout = '5s';

-- database-work-mem: harmless
alter database {database} set work_mem = '8MB';

-- timezone: harmless
alter role hr_role set timezone = 'UTC';

-- unrelated-setting: harmless
-- given: create role reporting
alter role reporting set search_path = ops;

-- person-becomes-admin: harmless
-- given: create role boss superuser
grant federation_admin_role to boss;
