-- fixture: federation

-- binding-removed: breaks completeness
delete from federation.tenants where role_name = 'hr_role';

-- binding-swapped: breaks isolation, for hr sales
-- given: delete from federation.tenants where role_name = 'sales_role'
update federation.tenants set role_name = case role_name when 'hr_role' then 'sales_role' else 'hr_role_' end where role_name in ('hr_role');

-- binding-of-outsider: breaks isolation, for hr sales
-- given: create role intruder login
insert into federation.tenants (role_name, tenant_id, pack, department_id) values ('intruder', 'hr', 'other', 'hr');

-- binding-of-group: breaks isolation, for hr sales
insert into federation.tenants (role_name, tenant_id, pack, department_id) values ('federation_tenant', 'hr', 'other', 'hr');

-- binding-to-other: breaks isolation, for hr sales
-- given: delete from federation.tenants where role_name = 'hr_role'
update federation.tenants set role_name = 'hr_role' where role_name = 'sales_role';

-- binding-of-missing-role: breaks isolation, for hr sales
insert into federation.tenants (role_name, tenant_id, pack, department_id) values ('nobody_yet', 'sales', 'other', 'sales');

-- permission-by-hand: breaks completeness, for hr sales
insert into federation.cross_dept_permissions (source_department_id, target_department_id, permission_type, resource_type, granted_by) values ('sales', 'hr', 'read', '*', 'me');

-- permission-removed-by-hand: breaks isolation, for hr sales
delete from federation.cross_dept_permissions;

-- permission-disabled-by-hand: breaks isolation, for hr sales
update federation.cross_dept_permissions set enabled = false;

-- permission-expired: breaks isolation, for hr sales
update federation.cross_dept_permissions set granted_at = '2020-01-01', expires_at = '2020-01-02';

-- permission-turned: breaks both, for hr sales
update federation.cross_dept_permissions set source_department_id = 'sales', target_department_id = 'hr';

-- resource-to-other-table: breaks isolation, for hr sales
update federation.cross_dept_resources set table_name = 'user_preferences' where resource_type = 'contacts';

-- resource-added: breaks isolation, for hr sales
insert into federation.cross_dept_resources (resource_type, table_name) values ('notes', 'notifications');

-- resource-removed: breaks completeness, for hr sales
delete from federation.cross_dept_resources where resource_type = 'emails';

-- resource-check-dropped: breaks isolation, for hr sales
alter table federation.cross_dept_resources drop constraint cross_dept_resources_never_check;

-- department-removed: breaks completeness
-- given: delete from federation.cross_dept_permissions
delete from federation.departments where department_id = 'hr';

-- department-failed: breaks completeness
update federation.departments set status = 'FAILED' where department_id = 'hr';

-- department-provisioning: breaks completeness
update federation.departments set status = 'PROVISIONING' where department_id = 'hr';

-- ledger-row-removed: breaks completeness
delete from federation.schema_migrations where target = 'hr' and number = 7;

-- ledger-row-rolled-back: breaks completeness
update federation.schema_migrations set state = 'rolled_back', rolled_back_at = now() where target = 'hr' and number = 11;

-- ledger-emptied: breaks completeness
delete from federation.schema_migrations where target = 'hr';

-- ledger-row-invented: breaks completeness
insert into federation.schema_migrations (target, pack, script, number, template_checksum, rendered_checksum, state, statements_done)
values ('hr', 'federation', '0099_invented', 99, repeat('0', 64), repeat('0', 64), 'applied', 1);

-- tenants-granted: breaks isolation, for hr sales
grant select on federation.tenants to federation_tenant;

-- tenants-written: breaks isolation, for hr sales
grant insert, update on federation.tenants to hr_role;

-- tenants-column: breaks isolation, for hr sales
grant update (tenant_id) on federation.tenants to federation_admin_role;

-- permissions-written: breaks isolation, for hr sales
grant insert on federation.cross_dept_permissions to hr_role;

-- credentials-read: breaks isolation, for hr sales
grant select on federation.oauth_credentials to public;

-- ledger-written: breaks isolation, for hr sales
grant insert, update on federation.schema_migrations to federation_admin_role;

-- departments-schema-column: breaks isolation, for hr sales
grant update (tenant_schema) on federation.departments to federation_admin_role;

-- schema-usage-public: breaks isolation, for hr sales
grant usage on schema federation to public;

-- schema-usage-revoked: breaks completeness, for hr sales
revoke usage on schema federation from federation_tenant;

-- schema-renamed: breaks completeness, for hr sales
alter schema federation rename to control;

-- table-dropped: breaks completeness, for hr sales
drop table federation.oauth_credentials;

-- registry-dropped: breaks completeness, for hr sales
drop table federation.departments cascade;

-- column-dropped: breaks completeness, for hr sales
alter table federation.cross_dept_audit drop column reason;

-- status-column-dropped: breaks completeness, for hr sales
alter table federation.tenants drop column status cascade;

-- unique-dropped: breaks isolation, for hr sales
alter table federation.tenants drop constraint tenants_pkey;

-- tenant-unique-dropped: breaks isolation, for hr sales
alter table federation.tenants drop constraint tenants_role_name_key;

-- ledger-unique-dropped: breaks completeness, for hr sales
drop index federation.schema_migrations_applied_key;

-- department-check-dropped: breaks isolation, for hr sales
alter table federation.tenants drop constraint tenants_department_check;

-- audit-mutable: breaks completeness, for hr sales
drop trigger security_audit_append_only on federation.security_audit;

-- audit-keep-dropped: breaks completeness, for hr sales
drop trigger cross_dept_audit_keep on federation.cross_dept_audit;

-- audit-keep-disabled: breaks completeness, for hr sales
alter table federation.security_audit disable trigger security_audit_keep;

-- audit-delete-granted: breaks completeness, for hr sales
grant delete on federation.security_audit to federation_admin_role;

-- audit-stamp-granted: breaks completeness, for hr sales
grant insert (created_at, recorded_by) on federation.cross_dept_audit to federation_admin_role;

-- audit-unlogged: breaks completeness, for hr sales
alter table federation.security_audit set unlogged;

-- extra-table: breaks completeness, for hr sales
create table federation.shadow_tenants (role_name name, tenant_id text);

-- extra-view-granted: breaks isolation, for hr sales
-- given: create view federation.who as select * from federation.tenants
grant select on federation.who to federation_tenant;

-- row-security-on-tenants: breaks completeness, for hr sales
alter table federation.tenants enable row level security, force row level security;

-- policy-on-tenants: breaks completeness, for hr sales
create policy p on federation.tenants using (true);

-- permission-renewed: harmless
select federation.grant_cross_dept('hr', 'sales', 'read', 'contacts', 'me', now() + interval '1 day');

-- permission-added: harmless
select federation.grant_cross_dept('sales', 'hr', 'read', 'emails', 'me');

-- permission-for-all: harmless
select federation.grant_cross_dept('sales', 'hr', 'read', '*', 'me');

-- permission-taken-back: harmless
select federation.revoke_cross_dept('hr', 'sales', 'read', 'contacts', 'me');

-- audit-written: harmless
insert into federation.security_audit (event_type) values ('GDPR_REQUEST');

-- department-configured: harmless
update federation.departments set admin_email = 'a@example.org', config = '{"tier": 1}' where department_id = 'hr';

-- department-renamed: harmless
update federation.departments set department_name = 'People' where department_id = 'hr';

-- credentials-stored: harmless
insert into federation.oauth_credentials (department_id, service_name, oauth_client_id, oauth_client_secret_encrypted, encryption_key_id) values ('hr', 'google', 'x', '\x00', 'k');

-- job-recorded: harmless
insert into federation.provisioning_jobs (department_id) values ('sales');

-- comment: harmless
comment on table federation.departments is 'who is here';

-- extra-index: harmless
create index extra on federation.security_audit (target_department_id);

-- analyze: harmless
analyze federation.security_audit;
