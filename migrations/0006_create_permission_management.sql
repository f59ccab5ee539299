-- Granting and revoking between departments: permission row, audit row and the real GRANT, in one transaction.

-- The one place that turns permissions into privileges: afterwards the tenant roles of other departments hold SELECT
-- on exactly the tables of the target that an effective permission names, and USAGE on its schema only together with
-- such a table. A target that is not ACTIVE shares nothing, and neither does a table without forced row security.
create function federation.sync_cross_dept_grants(target text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  department federation.departments;
  schema_oid oid;
  step record;
  changes integer := 0;
begin
  select d.* into department from federation.departments d where d.department_id = $1 for no key update;
  select n.oid into schema_oid from pg_namespace n where n.nspname = department.tenant_schema;
  if schema_oid is null then
    return 0;
  end if;

  for step in
    with wanted as (
      select t.role_name, r.table_name
      from federation.tenants t
      join pg_roles g on g.rolname = t.role_name
      join federation.cross_dept_resources r on r.table_name is not null
      join pg_class c on c.relnamespace = schema_oid and c.relname = r.table_name
      where department.status = 'ACTIVE'
        and c.relrowsecurity and c.relforcerowsecurity
        and t.department_id in (
          select p.source_department_id from federation.cross_dept_permissions p
          where p.target_department_id = $1)
        and federation.effective_permission(t.department_id, $1, r.resource_type, 'read')
    ), held as (
      -- From pg_depend, which is indexed by schema; pg_class is not, and grows with every department.
      select distinct t.role_name, c.relname as table_name
      from pg_depend d
      join pg_class c on c.oid = d.objid
      cross join lateral aclexplode(c.relacl) a
      join pg_roles g on g.oid = a.grantee
      join federation.tenants t on t.role_name = g.rolname and t.department_id <> $1
      where d.refclassid = 'pg_namespace'::regclass and d.refobjid = schema_oid and d.classid = 'pg_class'::regclass
    ), admitted as (
      select distinct t.role_name
      from pg_namespace n
      cross join lateral aclexplode(n.nspacl) a
      join pg_roles g on g.oid = a.grantee
      join federation.tenants t on t.role_name = g.rolname and t.department_id <> $1
      where n.oid = schema_oid
    )
    select 1 as place, format('revoke all on table %I.%I from %I', department.tenant_schema, h.table_name, h.role_name) as command
    from held h where not exists (select from wanted w where w.role_name = h.role_name and w.table_name = h.table_name)
    union all
    select 2, format('revoke all on schema %I from %I', department.tenant_schema, a.role_name)
    from admitted a where not exists (select from wanted w where w.role_name = a.role_name)
    union all
    select distinct 3, format('grant usage on schema %I to %I', department.tenant_schema, w.role_name)
    from wanted w where not exists (select from admitted a where a.role_name = w.role_name)
    union all
    select 4, format('grant select on table %I.%I to %I', department.tenant_schema, w.table_name, w.role_name)
    from wanted w where not exists (select from held h where h.role_name = w.role_name and h.table_name = w.table_name)
    order by place, command
  loop
    execute step.command;
    changes := changes + 1;
  end loop;
  return changes;
end
$fn$;
revoke all on function federation.sync_cross_dept_grants(text) from public;
comment on function federation.sync_cross_dept_grants(text) is
  'Makes the privileges of other departments on this one agree with the permissions; returns the number of changes';

create function federation.grant_cross_dept(
  source text, target text, permission text, resource text, granted_by text, expires timestamptz default null)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  granted uuid;
  state text;
begin
  if $3 is distinct from 'read' then
    raise exception 'permission "%" is not offered', $3
      using errcode = 'feature_not_supported', hint = 'Only "read" is enforced by the database.';
  end if;
  if not exists (select from federation.cross_dept_resources r where r.resource_type = $4) then
    raise exception 'resource "%" cannot be shared', $4
      using errcode = 'invalid_parameter_value',
            hint = (select 'One of: ' || string_agg(r.resource_type, ', ' order by r.resource_type)
                    from federation.cross_dept_resources r);
  end if;
  if $1 = $2 then
    raise exception 'department "%" needs no permission on itself', $1 using errcode = 'invalid_parameter_value';
  end if;
  if $6 <= clock_timestamp() then
    raise exception 'the permission would expire at %, which is past', $6 using errcode = 'invalid_parameter_value';
  end if;
  if not exists (select from federation.tenants t where t.department_id = $1) then
    raise exception 'department "%" is not registered', $1 using errcode = 'undefined_object';
  end if;
  -- Locks, here and below: first the table of permissions, then the target. So removals, which lock the table against
  -- each other, and changes of permissions wait for each other instead of deadlocking.
  lock table federation.cross_dept_permissions in row exclusive mode;
  select d.status into state from federation.departments d where d.department_id = $2 for no key update;
  if state is null then
    raise exception 'department "%" is not registered', $2 using errcode = 'undefined_object';
  end if;
  if state <> 'ACTIVE' then
    raise exception 'department "%" is % and shares nothing', $2, state
      using errcode = 'object_not_in_prerequisite_state', hint = 'Apply all scripts of the department first.';
  end if;

  insert into federation.cross_dept_permissions as p
    (source_department_id, target_department_id, permission_type, resource_type, granted_by, expires_at)
  values ($1, $2, $3, $4, $5, $6)
  on conflict on constraint unique_permission do update
    set enabled = true, granted_by = excluded.granted_by, granted_at = excluded.granted_at,
        expires_at = excluded.expires_at
  returning p.id into granted;

  perform federation.sync_cross_dept_grants($2);

  insert into federation.security_audit
    (event_type, source_department_id, target_department_id, user_role, details)
  values ('PERMISSION_GRANTED', $1, $2, coalesce(nullif(current_setting('role'), 'none'), session_user),
          jsonb_build_object('permission', $3, 'resource', $4, 'granted_by', $5, 'expires_at', $6, 'id', granted));
  return granted;
end
$fn$;
revoke all on function federation.grant_cross_dept(text, text, text, text, text, timestamptz) from public;
comment on function federation.grant_cross_dept(text, text, text, text, text, timestamptz) is
  'Lets source read a resource of target (or ''*''), until it expires; again with the same key: renews it';

create function federation.revoke_cross_dept(
  source text, target text, permission text, resource text, revoked_by text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  revoked uuid;
begin
  lock table federation.cross_dept_permissions in row exclusive mode;
  perform from federation.departments d where d.department_id = $2 for no key update;
  update federation.cross_dept_permissions p set enabled = false
  where p.source_department_id = $1 and p.target_department_id = $2
    and p.permission_type = $3 and p.resource_type = $4 and p.enabled
  returning p.id into revoked;

  perform federation.sync_cross_dept_grants($2);

  if revoked is null then
    return false;
  end if;
  insert into federation.security_audit
    (event_type, source_department_id, target_department_id, user_role, details)
  values ('PERMISSION_REVOKED', $1, $2, coalesce(nullif(current_setting('role'), 'none'), session_user),
          jsonb_build_object('permission', $3, 'resource', $4, 'revoked_by', $5, 'id', revoked));
  return true;
end
$fn$;
revoke all on function federation.revoke_cross_dept(text, text, text, text, text) from public;
comment on function federation.revoke_cross_dept(text, text, text, text, text) is
  'Takes one permission back; false if there was none. ''*'' takes back the ''*'' permission, not the single ones';

-- Called by the rollbacks of a department, as the owner.
create function federation.unregister_department(department text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $fn$
declare
  other text;
begin
  if not exists (select from federation.departments d where d.department_id = $1) then
    return false;
  end if;
  lock table federation.cross_dept_permissions in share row exclusive mode;
  perform from federation.departments d where d.department_id = $1 for update;
  delete from federation.cross_dept_permissions p
  where p.source_department_id = $1 or p.target_department_id = $1;
  -- Found by the privileges themselves, so that a permission row removed by hand leaves none behind.
  for other in
    select distinct d.department_id
    from federation.tenants t
    join pg_roles r on r.rolname = t.role_name
    join pg_shdepend s on s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid
      and s.classid = 'pg_namespace'::regclass
      and s.dbid = (select b.oid from pg_database b where b.datname = current_database())
    join pg_namespace n on n.oid = s.objid
    join federation.departments d on d.tenant_schema = n.nspname
    where t.department_id = $1 and d.department_id <> $1
    order by d.department_id
  loop
    perform federation.sync_cross_dept_grants(other);
  end loop;
  perform federation.sync_cross_dept_grants($1);
  delete from federation.departments d where d.department_id = $1;
  insert into federation.security_audit (event_type, target_department_id, user_role, severity)
  values ('DEPARTMENT_REMOVED', $1, session_user, 'WARNING');
  return true;
end
$fn$;
revoke all on function federation.unregister_department(text) from public;
comment on function federation.unregister_department(text) is
  'Takes back every cross-department privilege of and on a department and removes its registration';

grant execute on function
  federation.sync_cross_dept_grants(text),
  federation.grant_cross_dept(text, text, text, text, text, timestamptz),
  federation.revoke_cross_dept(text, text, text, text, text)
  to {{ roles.admin | ident }};
