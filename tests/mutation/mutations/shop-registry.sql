-- fixture: shop

-- binding-removed: breaks completeness
delete from federation.tenants where tenant_id = 'T001';

-- role-swapped: breaks isolation
-- given: update federation.tenants set role_name = null where tenant_id = 'T002'
update federation.tenants set role_name = 'shop_t002_role' where tenant_id = 'T001';

-- role-of-outsider: breaks isolation
-- given: create role intruder login
update federation.tenants set role_name = 'intruder' where tenant_id = 'T001';

-- role-of-member: breaks isolation
-- given: create role intruder login; grant shop_tenant to intruder
update federation.tenants set role_name = 'intruder' where tenant_id = 'T001';

-- role-is-group: breaks isolation
update federation.tenants set role_name = 'shop_tenant' where tenant_id = 'T001';

-- role-is-gateway: breaks isolation
update federation.tenants set role_name = 'cross_dept_query_role' where tenant_id = 'T001';

-- role-is-admin: breaks isolation
update federation.tenants set role_name = 'federation_admin_role' where tenant_id = 'T001';

-- role-forgotten: breaks completeness
update federation.tenants set role_name = null where tenant_id = 'T001';

-- tenant-renumbered: breaks isolation
update federation.tenants set tenant_id = 'T003' where tenant_id = 'T001';

-- tenant-by-hand: breaks isolation
-- given: create role intruder login; grant shop_tenant to intruder
insert into federation.tenants (role_name, tenant_id, pack, tenant_name) values ('intruder', 'T003', 'shop', 'by hand');

-- tenant-by-hand-without-role: breaks completeness
insert into federation.tenants (tenant_id, pack, tenant_name) values ('T003', 'shop', 'by hand');

-- mode-variable: breaks isolation
update federation.packs set identity_mode = 'variable';

-- mode-signed: breaks isolation
update federation.packs set identity_mode = 'signed';

-- group-changed: breaks isolation
update federation.packs set tenant_group = 'federation_tenant';

-- group-of-missing-role: breaks isolation
update federation.packs set tenant_group = 'nobody_yet';

-- schemas-changed: breaks completeness
update federation.packs set schemas = '{public}';

-- schemas-added: breaks completeness
-- given: create schema mine
update federation.packs set schemas = schemas || '{mine}';

-- pack-removed: breaks completeness
-- given: delete from federation.tenants
delete from federation.packs;

-- mode-check-dropped: breaks isolation
alter table federation.packs drop constraint packs_identity_mode_check;

-- pack-mode-granted: breaks isolation
grant update (identity_mode) on federation.packs to federation_admin_role;

-- pack-insert-granted: breaks isolation
grant insert on federation.packs to shop_tenant;

-- keys-granted: breaks isolation
grant select on federation.pack_keys to shop_tenant;

-- keys-granted-to-admin: breaks isolation
grant select (inner_pad) on federation.pack_keys to federation_admin_role;

-- keys-written: breaks isolation
grant insert on federation.pack_keys to federation_admin_role;

-- tenants-written: breaks isolation
grant update (role_name) on federation.tenants to federation_admin_role;

-- validations-written: breaks isolation
grant insert, update on federation.validations to federation_admin_role;

-- shared-pack-not-generated: breaks isolation
alter table federation.tenants alter column shared_pack drop expression;

-- role-key-dropped: breaks isolation
alter table federation.tenants drop constraint tenants_role_name_key;

-- pack-link-dropped: breaks completeness
alter table federation.tenants drop constraint tenants_shared_pack_fkey;

-- audit-of-tenants-dropped: breaks completeness
drop trigger tenants_audit on federation.tenants;

-- audit-of-keys-disabled: breaks completeness
alter table federation.pack_keys disable trigger pack_keys_audit;

-- audit-of-packs-silenced: breaks completeness
create or replace function federation.audit_pack() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $fn$ begin return null; end $fn$;

-- ledger-row-removed: breaks completeness
delete from federation.schema_migrations where target = 'pack:shop' and number = 6;

-- group-revoked: breaks completeness
revoke shop_tenant from shop_t001_role;

-- group-left-departments: breaks completeness
revoke federation_tenant from shop_tenant;

-- group-of-gateway: breaks isolation
grant shop_tenant to cross_dept_query_role;

-- group-of-outsider: breaks isolation
-- given: create role outsider login
grant shop_tenant to outsider;

-- tenant-of-tenant: breaks isolation
grant shop_t002_role to shop_t001_role;

-- tenant-of-all: breaks isolation
-- given: revoke federation_tenant from shop_tenant; revoke shop_tenant, federation_tenant from shop_t002_role
grant shop_t002_role to federation_tenant;

-- tenant-is-admin: breaks isolation
grant federation_admin_role to shop_t001_role;

-- tenant-is-owner: breaks isolation
grant federation_owner to shop_t001_role;

-- tenant-with-admin-option: breaks isolation
grant shop_tenant to shop_t001_role with admin option;

-- tenant-reads-all-data: breaks isolation
grant pg_read_all_data to shop_tenant;

-- gateway-lost-tenant: breaks completeness
revoke shop_t001_role from cross_dept_query_role;

-- gateway-inherits: breaks isolation, since 16
grant shop_t001_role to cross_dept_query_role with inherit true;

-- tenant-bypasses: breaks isolation
alter role shop_t001_role bypassrls;

-- group-bypasses: breaks isolation
alter role shop_tenant bypassrls;

-- group-logs-in: breaks isolation
alter role shop_tenant login;

-- tenant-without-inheritance: breaks completeness
alter role shop_t001_role noinherit;

-- tenant-role-renamed: breaks both
alter role shop_t001_role rename to shop_t009_role;

-- tenant-role-dropped: breaks completeness
-- given: drop owned by shop_t001_role
drop role shop_t001_role;

-- tenant-setting: breaks isolation
alter role shop_t001_role set app.current_tenant_id = 'T002';

-- tenant-token-setting: breaks isolation
alter role shop_tenant set app.tenant_token = 'v1.a.b.c.T001';

-- tenant-search-path: breaks isolation
alter role shop_t001_role in database {database} set search_path = public, shop;

-- current-tenant-trusts-setting: breaks isolation
create or replace function federation.current_tenant(pack text) returns text language plpgsql stable security definer parallel restricted set search_path = pg_catalog, pg_temp as $fn$ begin return nullif(current_setting('app.current_tenant_id', true), ''); end $fn$;

-- current-tenant-definer-lost: breaks both
alter function federation.current_tenant(text) security invoker;

-- current-tenant-immutable: breaks isolation
alter function federation.current_tenant(text) immutable;

-- current-tenant-parallel-safe: breaks isolation
alter function federation.current_tenant(text) parallel safe;

-- current-tenant-path: breaks isolation
alter function federation.current_tenant(text) set search_path = public, pg_catalog;

-- current-tenant-renamed: breaks completeness
alter function federation.current_tenant(text) rename to tenant_of;

-- current-tenant-revoked: breaks completeness
revoke execute on function federation.current_tenant(text) from federation_tenant;

-- current-tenant-owner: breaks isolation
alter function federation.current_tenant(text) owner to postgres;

-- platform-everybody: breaks isolation
create or replace function federation.is_platform() returns boolean language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return true; end $fn$;

-- platform-by-group: breaks isolation
create or replace function federation.is_platform() returns boolean language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp as $fn$ begin return pg_has_role(session_user, 'federation_tenant', 'usage'); end $fn$;

-- platform-leakproof: breaks isolation
alter function federation.is_platform() leakproof;

-- challenge-constant: breaks isolation
create or replace function federation.challenge() returns text language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp as $fn$ begin return '1.1'; end $fn$;

-- enter-without-token: breaks isolation
create or replace function federation.enter(pack text, token text) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $fn$ begin perform set_config('app.tenant_token', $2, false); return federation.current_tenant($1); end $fn$;

-- token-unchecked: breaks isolation
create or replace function federation.token_tenant(pack text) returns text language plpgsql stable security definer parallel restricted set search_path = pg_catalog, pg_temp as $fn$ begin return split_part(current_setting('app.tenant_token', true), '.', 5); end $fn$;

-- token-granted: breaks isolation
grant execute on function federation.token_tenant(text) to shop_tenant;

-- clear-reference-definer: breaks isolation
alter function federation.clear_reference() security definer;

-- unregister-granted: breaks isolation
grant execute on function federation.unregister_pack(text) to shop_tenant;

-- tenant-suspended: harmless
update federation.tenants set status = 'suspended' where tenant_id = 'T002';

-- tenant-named: harmless
update federation.tenants set tenant_name = 'Boutique' where tenant_id = 'T001';

-- tenant-password: harmless
alter role shop_t001_role password 'secret' valid until '2099-01-01';

-- tenant-connection-limit: harmless
alter role shop_t001_role connection limit 20;

-- tenant-no-login: harmless
alter role shop_t001_role nologin;

-- pooler: harmless
-- given: create role app login noinherit
comment on role app is 'a pool that is none of the tenants';

-- timeout-of-tenant: harmless
alter role shop_t001_role set statement_timeout = '30s';
