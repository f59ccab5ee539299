drop function federation.unregister_pack(text);
drop function federation.clear_reference();
drop trigger tenants_audit on federation.tenants;
drop function federation.audit_tenant();
drop trigger packs_audit on federation.packs;
drop function federation.audit_pack();

-- Evidence of what did not exist before this script cannot stand after its rollback.
alter table federation.security_audit disable trigger security_audit_keep;
delete from federation.security_audit a
where a.event_type in ('PACK_INSTALLED', 'PACK_REMOVED', 'TENANT_ADDED', 'TENANT_REMOVED', 'KEY_ADDED', 'KEY_REMOVED');
alter table federation.security_audit enable trigger security_audit_keep;
alter table federation.security_audit
  drop constraint security_audit_event_type,
  add constraint security_audit_event_type check (event_type in (
    'CROSS_DEPT_ACCESS_DENIED', 'RATE_LIMIT_EXCEEDED', 'GDPR_REQUEST', 'CROSS_SCHEMA_ACCESS_ATTEMPT',
    'PERMISSION_GRANTED', 'PERMISSION_REVOKED', 'TENANT_STATUS_CHANGED', 'DEPARTMENT_REMOVED'));

drop index federation.tenants_shared_pack_idx;
alter table federation.tenants
  drop constraint tenants_tenant_name_check,
  drop constraint tenants_role_name_check,
  drop constraint tenants_shared_pack_fkey,
  drop constraint tenants_role_name_key,
  drop constraint tenants_pkey,
  drop column shared_pack,
  drop column had_login,
  drop column tenant_name,
  alter column role_name set not null,
  add constraint tenants_pkey primary key (role_name),
  add constraint tenants_pack_tenant_id_key unique (pack, tenant_id);
drop table federation.packs;
