-- fixture: bi

-- pool-has-a-tenant-by-default: breaks isolation
alter role pool set app.current_tenant_id = 'aaaaaaaa-0000-4000-8000-000000000001';

-- pool-has-a-tenant-in-database: breaks isolation
alter role pool in database {database} set app.current_tenant_id = 'aaaaaaaa-0000-4000-8000-000000000001';

-- pool-bypasses: breaks isolation
alter role pool bypassrls;

-- pool-path: breaks isolation
alter role pool set search_path = pg_temp, public;

-- pool-row-security: breaks isolation
alter role pool set row_security = off;

-- pool-role: breaks isolation
alter role pool set role = 'federation_admin_role';

-- grantee-check-dropped: breaks completeness
alter table bi.dashboard_permissions drop constraint dashboard_permissions_grantee_check;

-- one-grant-a-user-dropped: breaks completeness
alter table bi.dashboard_permissions drop constraint dashboard_permissions_dashboard_id_user_id_key;

-- purge-definer: breaks isolation
alter function bi.purge_alert_history(integer) security definer;

-- purge-revoked: breaks completeness
revoke execute on function bi.purge_alert_history(integer) from bi_tenant;

-- password-column-readable-by-admin-only-lost: breaks completeness
revoke select on bi.users from federation_admin_role;

-- identity-column-default: breaks completeness
alter table bi.users alter column id drop default;

-- tenant-default-other-pack: breaks completeness
alter table bi.users alter column tenant_id set default (federation.current_tenant('shop'))::uuid;

-- policy-casts-tenant: breaks isolation
alter policy tenant_select on bi.users using (tenant_id::text ilike (select federation.current_tenant('bi')));

-- aggregate-with-powers: breaks isolation
-- given: create function public.step(text, text) returns text language sql security definer as 'select string_agg(email::text, $2) from bi.users'; revoke execute on function public.step(text, text) from public
create aggregate public.gather(text) (sfunc = public.step, stype = text);

-- collation-of-name: breaks completeness
alter table bi.users alter column username type varchar(255) collate "C";

-- vacuum: harmless
vacuum (full, freeze, analyze) bi.users;
