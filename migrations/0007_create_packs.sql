-- Shared packs: which are installed, their tenants in the registry, and what the tables of all of them need.

create table federation.packs (
  pack          text not null,
  schemas       name[] not null,
  tenant_group  name not null,
  identity_mode text not null,
  installed_by  name not null default session_user,
  installed_at  timestamptz not null default now(),
  constraint packs_pkey primary key (pack),
  constraint packs_tenant_group_key unique (tenant_group),
  constraint packs_pack_check check (pack ~ '^[a-z][a-z0-9-]*$'),
  constraint packs_schemas_check check (cardinality(schemas) > 0),
  constraint packs_identity_mode_check check (identity_mode in ('role', 'signed', 'variable'))
);
comment on table federation.packs is
  'Shared packs installed in this database: their schemas, the group of their tenants, and how a tenant is known';

-- A tenant of a shared pack has no department, and no role where an application speaks for all tenants. The generated
-- column keeps a pack from being removed while it has tenants; departments have none, whatever their pack.
alter table federation.tenants
  drop constraint tenants_pkey,
  drop constraint tenants_pack_tenant_id_key,
  alter column role_name drop not null,
  add column tenant_name varchar(255),
  add column had_login boolean,
  add column shared_pack text generated always as (case when department_id is null then pack end) stored,
  add constraint tenants_pkey primary key (pack, tenant_id),
  add constraint tenants_role_name_key unique (role_name),
  add constraint tenants_shared_pack_fkey foreign key (shared_pack) references federation.packs (pack),
  add constraint tenants_role_name_check check (role_name is not null or department_id is null),
  add constraint tenants_tenant_name_check check (department_id is not null or coalesce(tenant_name, '') <> '');
comment on column federation.tenants.had_login is 'Whether the role could log in when it was suspended';
create index tenants_shared_pack_idx on federation.tenants (shared_pack);

grant select on federation.packs to {{ roles.admin | ident }};

-- Who came and who went belongs to the evidence.
alter table federation.security_audit
  drop constraint security_audit_event_type,
  add constraint security_audit_event_type check (event_type in (
    'CROSS_DEPT_ACCESS_DENIED', 'RATE_LIMIT_EXCEEDED', 'GDPR_REQUEST', 'CROSS_SCHEMA_ACCESS_ATTEMPT',
    'PERMISSION_GRANTED', 'PERMISSION_REVOKED', 'TENANT_STATUS_CHANGED', 'DEPARTMENT_REMOVED',
    'PACK_INSTALLED', 'PACK_REMOVED', 'TENANT_ADDED', 'TENANT_REMOVED', 'KEY_ADDED', 'KEY_REMOVED'));

create function federation.audit_pack() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  changed jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  insert into federation.security_audit (event_type, user_role, severity, details)
  values (case when tg_op = 'DELETE' then 'PACK_REMOVED' else 'PACK_INSTALLED' end,
          coalesce(nullif(current_setting('role'), 'none'), session_user), 'WARNING', changed);
  return null;
end
$fn$;
revoke all on function federation.audit_pack() from public;
comment on function federation.audit_pack() is 'Trigger: installing or removing a shared pack leaves a trace';
create trigger packs_audit after insert or delete on federation.packs
  for each row execute function federation.audit_pack();

create function federation.audit_tenant() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  changed federation.tenants := case when tg_op = 'DELETE' then old else new end;
begin
  -- Departments leave their own traces.
  if changed.department_id is null then
    insert into federation.security_audit (event_type, user_role, severity, details)
    values (case when tg_op = 'DELETE' then 'TENANT_REMOVED' else 'TENANT_ADDED' end,
            coalesce(nullif(current_setting('role'), 'none'), session_user),
            case when tg_op = 'DELETE' then 'WARNING' else 'INFO' end,
            jsonb_build_object('role', changed.role_name, 'tenant', changed.tenant_id, 'pack', changed.pack,
                               'name', changed.tenant_name));
  end if;
  return null;
end
$fn$;
revoke all on function federation.audit_tenant() from public;
comment on function federation.audit_tenant() is
  'Trigger: adding a tenant to a shared pack or removing it leaves a trace';
create trigger tenants_audit after insert or delete on federation.tenants
  for each row execute function federation.audit_tenant();

-- ON DELETE SET NULL of a composite key would null the tenant as well, and the form that names the column came with
-- version 15. This does it on every version, for the trigger macro clear_on_delete. It runs with the rights of whoever
-- deletes, so it reaches the rows of one tenant only.
create function federation.clear_reference() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
declare
  child_schema constant text := tg_argv[0];
  child_table constant text := tg_argv[1];
  tenant_column constant text := tg_argv[2];
  child_column constant text := tg_argv[3];
  parent_column constant text := tg_argv[4];
begin
  execute format('update %I.%I c set %I = null where c.%I = ($1).%I and c.%I = ($1).%I',
                 child_schema, child_table, child_column, tenant_column, tenant_column, child_column, parent_column)
    using old;
  return null;
end
$fn$;
revoke all on function federation.clear_reference() from public;
comment on function federation.clear_reference() is
  'Trigger after DELETE: sets the references of the same tenant to the deleted row to null';

-- Called by the rollbacks of a shared pack, as the owner.
create function federation.unregister_pack(pack text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
begin
  if exists (select from federation.tenants t where t.shared_pack = $1) then
    raise exception 'pack "%" still serves tenants', $1
      using errcode = 'dependent_objects_still_exist', hint = 'Remove each first: fedgen tenant remove.';
  end if;
  delete from federation.packs p where p.pack = $1;
  return found;
end
$fn$;
revoke all on function federation.unregister_pack(text) from public;
comment on function federation.unregister_pack(text) is
  'Removes the registration of a shared pack without tenants; false if there was none';
