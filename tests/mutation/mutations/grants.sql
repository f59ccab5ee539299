-- fixture: federation

-- table-to-neighbour: breaks isolation, for hr sales
grant select on hr_tenant.contacts to sales_role;

-- table-to-neighbour-unshared: breaks isolation, for hr sales
grant select on hr_tenant.api_keys to sales_role;

-- insert-to-neighbour: breaks isolation, for hr sales
grant insert on hr_tenant.notifications to sales_role;

-- all-to-neighbour: breaks isolation, for hr sales
grant all on all tables in schema hr_tenant to sales_role;

-- schema-to-neighbour: breaks isolation, for hr sales
grant usage on schema hr_tenant to sales_role;

-- schema-create-to-own: breaks isolation
grant create on schema hr_tenant to hr_role;

-- schema-to-public: breaks isolation, for hr sales
grant usage on schema hr_tenant to public;

-- table-to-public: breaks isolation
grant select on hr_tenant.contacts to public;

-- table-to-group: breaks isolation, for hr sales
grant select on hr_tenant.contacts to federation_tenant;

-- table-to-gateway: breaks isolation, for hr sales
grant select on hr_tenant.contacts to cross_dept_query_role;

-- table-to-outsider: breaks isolation
-- given: create role intruder login
grant select on hr_tenant.contacts to intruder;

-- schema-to-outsider: breaks isolation
-- given: create role intruder login
grant usage on schema hr_tenant to intruder;

-- column-to-neighbour: breaks isolation, for hr sales
grant select (full_name) on hr_tenant.contacts to sales_role;

-- column-to-public: breaks isolation
grant update (notes) on hr_tenant.contacts to public;

-- column-references: breaks isolation
grant references (contact_id) on hr_tenant.contacts to hr_role;

-- audit-column-update: breaks completeness
grant update (details) on hr_tenant.audit_trail to hr_role;

-- audit-delete: breaks completeness
grant delete on hr_tenant.audit_trail to hr_role;

-- audit-insert-for-admin: breaks completeness
grant insert, update on hr_tenant.audit_trail to federation_admin_role;

-- truncate: breaks isolation
grant truncate on hr_tenant.contacts to hr_role;

-- trigger: breaks isolation
grant trigger on hr_tenant.contacts to hr_role;

-- references: breaks isolation
grant references on hr_tenant.contacts to hr_role;

-- maintain: breaks isolation, since 17
grant maintain on hr_tenant.contacts to hr_role;

-- grant-option: breaks isolation
grant select on hr_tenant.contacts to hr_role with grant option;

-- schema-grant-option: breaks isolation
grant usage on schema hr_tenant to hr_role with grant option;

-- sequence-to-own: breaks isolation
grant usage, update on sequence hr_tenant.conversation_history_id_seq to hr_role;

-- sequence-to-public: breaks isolation
grant select on sequence hr_tenant.conversation_history_id_seq to public;

-- function-to-public: breaks isolation
grant execute on function hr_tenant.purge_expired(integer) to public;

-- function-to-neighbour: breaks isolation, for hr sales
grant execute on function hr_tenant.purge_expired(integer) to sales_role;

-- function-grant-option: breaks isolation
grant execute on function hr_tenant.purge_expired(integer) to hr_role with grant option;

-- revoke-select: breaks completeness
revoke select on hr_tenant.contacts from hr_role;

-- revoke-insert: breaks completeness
revoke insert on hr_tenant.tool_calls from hr_role;

-- revoke-from-admin: breaks completeness
revoke update on hr_tenant.contacts from federation_admin_role;

-- revoke-usage: breaks completeness
revoke usage on schema hr_tenant from hr_role;

-- revoke-function: breaks completeness
revoke execute on function hr_tenant.purge_expired(integer) from hr_role;

-- revoke-from-owner: breaks completeness
revoke insert on hr_tenant.contacts from federation_owner;

-- revoke-permitted: breaks completeness, for sales
revoke select on sales_tenant.contacts from hr_role;

-- drop-owned-by-tenant: breaks completeness
drop owned by hr_role;

-- database-create: breaks isolation, for hr sales
grant create on database {database} to hr_role;

-- database-create-group: breaks isolation, for hr sales
grant create on database {database} to federation_tenant;

-- database-create-public: breaks isolation, for hr sales
grant create on database {database} to public;

-- public-schema-create: breaks isolation, for hr sales, since 15
grant create on schema public to public;

-- public-schema-create-tenant: breaks isolation, for hr sales
grant create on schema public to hr_role;

-- elsewhere-table: breaks isolation, for hr sales
-- given: create schema ops; create table ops.notes (t text)
grant insert on ops.notes to hr_role;

-- elsewhere-schema: breaks isolation, for hr sales
-- given: create schema ops
grant usage, create on schema ops to federation_tenant;

-- elsewhere-create-public: breaks isolation, for hr sales
-- given: create schema ops
grant create on schema ops to public;

-- default-table-to-neighbour: breaks isolation, for hr sales
alter default privileges for role federation_owner in schema hr_tenant grant select on tables to sales_role;

-- default-table-to-public: breaks isolation, for hr sales
alter default privileges for role federation_owner grant select on tables to public;

-- default-function-to-public: breaks isolation, for hr sales
alter default privileges for role federation_owner grant execute on functions to public;

-- default-types-to-public: breaks isolation, for hr sales
alter default privileges for role federation_owner grant usage on types to public;

-- default-schema-to-tenant: breaks isolation, for hr sales
alter default privileges for role federation_owner grant usage on schemas to federation_tenant;

-- default-sequence-to-tenant: breaks isolation, for hr sales
alter default privileges for role federation_owner grant usage on sequences to hr_role;

-- default-of-superuser: breaks isolation, for hr sales
alter default privileges grant select on tables to hr_role;

-- default-in-control-plane: breaks isolation, for hr sales
alter default privileges for role federation_owner in schema federation grant insert on tables to federation_tenant;

-- default-of-outsider-in-schema: breaks isolation
-- given: create role intruder
alter default privileges for role federation_owner in schema hr_tenant grant all on tables to intruder;

-- drop-owned-by-group: breaks completeness, for hr sales
drop owned by federation_tenant;

-- revoke-everything: breaks completeness
revoke all on all tables in schema hr_tenant from hr_role;

-- public-table-in-entered-schema: breaks isolation, for hr sales
grant select on sales_tenant.api_keys to public;

-- language-public: breaks isolation, for hr sales
update pg_language set lanpltrusted = true where lanname = 'c';

-- control-schema-create: breaks isolation, for hr sales
grant create on schema federation to federation_tenant;

-- tablespace: breaks isolation, for hr sales
grant create on tablespace pg_default to hr_role;

-- database-connect-revoked: breaks completeness
revoke connect on database {database} from public;

-- same-grant-again: harmless
grant select on hr_tenant.contacts to hr_role;

-- revoke-nothing: harmless
revoke all on hr_tenant.contacts from public;

-- revoke-public-temp: harmless
revoke temporary on database {database} from public;

-- revoke-public-schema: harmless
revoke all on schema public from public;

-- connect-for-tenant: harmless
grant connect on database {database} to hr_role;

-- unrelated-schema: harmless
create schema ops;

-- unrelated-table: harmless
-- given: create schema ops
create table ops.jobs (id bigint primary key, note text);

-- unrelated-grant: harmless
-- given: create role reporting; create schema ops; create table ops.jobs (id bigint); grant usage on schema ops to reporting
grant select on ops.jobs to reporting;

-- unrelated-default: harmless
-- given: create role reporting; create schema ops
alter default privileges in schema ops grant select on tables to reporting;

-- unrelated-view: harmless
-- given: create schema ops; create table ops.jobs (id bigint)
create view ops.job_list as select id from ops.jobs;
