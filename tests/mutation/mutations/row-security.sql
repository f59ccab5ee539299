-- fixture: federation

-- disable: breaks isolation
alter table hr_tenant.contacts disable row level security;

-- no-force: breaks isolation
alter table hr_tenant.contacts no force row level security;

-- disable-unshared: breaks isolation
alter table hr_tenant.api_keys disable row level security;

-- no-force-audit: breaks isolation
alter table hr_tenant.audit_trail no force row level security;

-- drop-isolation: breaks completeness
drop policy isolation on hr_tenant.contacts;

-- drop-isolation-unshared: breaks completeness
drop policy isolation on hr_tenant.tool_calls;

-- drop-select: breaks completeness
drop policy isolation_select on hr_tenant.audit_trail;

-- drop-insert: breaks completeness
drop policy isolation_insert on hr_tenant.audit_trail;

-- isolation-for-select-only: breaks completeness
-- given: drop policy isolation on hr_tenant.contacts
create policy isolation on hr_tenant.contacts for select using (department = (select federation.current_tenant()));

-- drop-floor: breaks isolation
drop policy floor on hr_tenant.api_keys;

-- drop-floor-select: breaks isolation
drop policy floor_select on hr_tenant.contacts;

-- drop-floor-update: breaks isolation
drop policy floor_update on hr_tenant.email_logs;

-- drop-admin: breaks completeness
drop policy admin_bypass on hr_tenant.contacts;

-- drop-cross-read: breaks completeness
drop policy cross_dept_read on hr_tenant.contacts;

-- extra-true: breaks isolation
create policy debug on hr_tenant.contacts using (true);

-- extra-true-write: breaks isolation
create policy debug on hr_tenant.contacts for insert with check (true);

-- extra-true-delete: breaks isolation
create policy debug on hr_tenant.api_keys for delete using (true);

-- extra-tautology: breaks isolation
create policy debug on hr_tenant.contacts using (department is not null);

-- extra-column-equals-itself: breaks isolation
create policy debug on hr_tenant.contacts for select using (department = department);

-- extra-for-role: breaks isolation
create policy for_sales on hr_tenant.contacts for select to sales_role using (true);

-- extra-for-group: breaks isolation
create policy for_all on hr_tenant.contacts to federation_tenant using (department = (select federation.current_tenant()));

-- extra-guc: breaks isolation
create policy by_setting on hr_tenant.contacts using (department = current_setting('app.current_tenant_id', true));

-- extra-restrictive-false: breaks completeness
create policy nobody on hr_tenant.contacts as restrictive using (false);

-- extra-on-audit-update: breaks isolation
create policy fix on hr_tenant.audit_trail for update using (department = (select federation.current_tenant()));

-- using-true: breaks isolation
alter policy isolation on hr_tenant.contacts using (true);

-- using-true-delete: breaks isolation
alter policy isolation on hr_tenant.api_keys using (true);

-- check-true-insert: breaks isolation
alter policy isolation_insert on hr_tenant.audit_trail with check (true);

-- check-true-update: breaks isolation
alter policy isolation on hr_tenant.contacts with check (true);

-- using-other-tenant: breaks isolation
alter policy isolation on hr_tenant.contacts using (department = 'sales');

-- using-constant-tenant: breaks isolation
alter policy isolation on hr_tenant.contacts using (department = 'hr');

-- using-guc: breaks isolation
alter policy isolation on hr_tenant.contacts using (department = current_setting('app.current_tenant_id', true));

-- using-guc-only-variable: breaks isolation
alter policy isolation on hr_tenant.tool_calls using (department = nullif(current_setting('app.current_tenant_id', true), ''));

-- fail-open-coalesce: breaks isolation
alter policy isolation on hr_tenant.contacts using (department = coalesce((select federation.current_tenant()), department));

-- fail-open-null: breaks isolation
alter policy isolation on hr_tenant.contacts using ((select federation.current_tenant()) is null or department = (select federation.current_tenant()));

-- fail-open-or-true: breaks isolation
alter policy isolation on hr_tenant.contacts using (department = (select federation.current_tenant()) or true);

-- fail-open-distinct: breaks isolation
alter policy isolation on hr_tenant.contacts using (department is not distinct from (select federation.current_tenant()));

-- pattern: breaks isolation
alter policy isolation on hr_tenant.contacts using (department like (select federation.current_tenant()) || '%');

-- inverted: breaks isolation
alter policy isolation on hr_tenant.contacts using (department <> (select federation.current_tenant()));

-- floor-true: breaks isolation
alter policy floor on hr_tenant.api_keys using (true);

-- floor-check-true: breaks isolation
alter policy floor on hr_tenant.api_keys with check (true);

-- admin-for-everybody: breaks isolation
alter policy admin_bypass on hr_tenant.contacts using (true) with check (true);

-- admin-by-tenant-group: breaks isolation
alter policy admin_bypass on hr_tenant.contacts using ((select pg_has_role('federation_tenant', 'usage')));

-- cross-read-always: breaks isolation
alter policy cross_dept_read on hr_tenant.contacts using (true);

-- cross-read-other-resource: breaks isolation
alter policy cross_dept_read on hr_tenant.contacts using ((select federation.may_read('hr', 'emails')));

-- to-role: breaks completeness
alter policy isolation on hr_tenant.contacts to hr_role;

-- to-wrong-role: breaks both
alter policy isolation on hr_tenant.contacts to sales_role;

-- floor-to-admin-only: breaks isolation
alter policy floor on hr_tenant.api_keys to federation_admin_role;

-- floor-permissive: breaks isolation
-- given: drop policy floor on hr_tenant.api_keys
create policy floor on hr_tenant.api_keys as permissive using (department = (select case when pg_has_role('federation_admin_role', 'usage') then 'hr' else federation.current_tenant() end)) with check (department = (select case when pg_has_role('federation_admin_role', 'usage') then 'hr' else federation.current_tenant() end));

-- floor-for-select-only: breaks isolation
-- given: drop policy floor on hr_tenant.api_keys
create policy floor on hr_tenant.api_keys as restrictive for select using (department = (select case when pg_has_role('federation_admin_role', 'usage') then 'hr' else federation.current_tenant() end));

-- isolation-restrictive: breaks completeness
-- given: drop policy isolation on hr_tenant.api_keys
create policy isolation on hr_tenant.api_keys as restrictive using (department = (select federation.current_tenant()));

-- select-becomes-all: breaks isolation
-- given: drop policy cross_dept_read on hr_tenant.contacts
create policy cross_dept_read on hr_tenant.contacts for all using ((select federation.may_read('hr', 'contacts')));

-- unwrapped: breaks completeness
alter policy isolation on hr_tenant.contacts using (department = federation.current_tenant());

-- by-own-function: breaks isolation
-- given: create function hr_tenant.me() returns text language sql stable as 'select current_setting(''app.current_tenant_id'', true)'
alter policy isolation on hr_tenant.contacts using (department = (select hr_tenant.me()));

-- by-sub-query: breaks isolation
-- given: create table public.mapping (who name, tenant text); grant select, insert on public.mapping to hr_role
alter policy isolation on hr_tenant.contacts using (department in (select tenant from public.mapping where who = current_user));

-- by-session-user-name: breaks isolation
alter policy isolation on hr_tenant.contacts using (session_user like '%_role');

-- say-the-check-too: harmless
alter policy isolation on hr_tenant.contacts with check (department = (select federation.current_tenant()));

-- rename-policy: harmless
alter policy isolation on hr_tenant.contacts rename to own_rows;

-- comment-policy: harmless
comment on policy floor on hr_tenant.api_keys is 'holds everything up';

-- force-again: harmless
alter table hr_tenant.contacts enable row level security, force row level security;

-- same-policy-again: harmless
-- given: drop policy floor on hr_tenant.api_keys
create policy floor on hr_tenant.api_keys as restrictive using (department = (select case when pg_has_role('federation_admin_role', 'usage') then 'hr' else federation.current_tenant() end)) with check (department = (select case when pg_has_role('federation_admin_role', 'usage') then 'hr' else federation.current_tenant() end));
