-- Who is asking? Every policy of every pack asks one of these functions, wrapped as (select f()), so that the planner
-- runs it once per statement.
--
-- All are plpgsql (cheaper per call than SQL functions with SET before version 18), STABLE (IMMUTABLE would be folded
-- into cached plans) and SECURITY DEFINER with pg_temp last, so that neither a temporary table nor a search_path of the
-- caller can stand in for a control-plane table.

create function federation.current_tenant() returns text
language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp
as $fn$
declare
  -- Inside a definer function current_user is the owner. The setting "role" is the target of the last SET ROLE; the
  -- server checks membership before it changes, and no set_config() can forge it.
  effective_role text := current_setting('role');
  claimed text := current_setting('app.current_tenant_id', true);
  bound text;
begin
  if effective_role = 'none' then
    effective_role := session_user;
  end if;
  select t.tenant_id into bound
  from federation.tenants t
  where t.role_name = effective_role::name and t.status = 'active';
  -- The variable proves nothing, so it can only take away: set and different means a pool has mixed up its tenants.
  if claimed <> '' and claimed is distinct from bound then
    return null;
  end if;
  return bound;
end
$fn$;
revoke all on function federation.current_tenant() from public;
comment on function federation.current_tenant() is
  'Tenant bound to the effective role; null if none, suspended, or contradicted by app.current_tenant_id';

create function federation.effective_permission(source text, target text, resource text, permission text default 'read')
returns boolean
language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp
as $fn$
begin
  return exists (
    select
    from federation.cross_dept_permissions p
    join federation.cross_dept_resources r on r.resource_type = $3 and r.table_name is not null
    where p.source_department_id = $1
      and p.target_department_id = $2
      and p.permission_type = $4
      and p.resource_type in ($3, '*')
      and p.enabled
      -- Not now(): a transaction opened before the expiry must not read on after it.
      and (p.expires_at is null or p.expires_at > clock_timestamp()));
end
$fn$;
revoke all on function federation.effective_permission(text, text, text, text) from public;
comment on function federation.effective_permission(text, text, text, text) is
  'Whether an enabled, unexpired permission lets source do this with that resource of target';

create function federation.may_read(target text, resource text) returns boolean
language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp
as $fn$
declare
  asking text := federation.current_tenant();
begin
  return asking is not null and federation.effective_permission(asking, $1, $2, 'read');
end
$fn$;
revoke all on function federation.may_read(text, text) from public;
comment on function federation.may_read(text, text) is
  'Whether the current tenant may read that resource of the target department';

-- The floor policies are written for PUBLIC, so administrators call these functions as well.
grant usage on schema federation to {{ roles.tenant | ident }};
grant execute on function federation.current_tenant(), federation.may_read(text, text)
  to {{ roles.tenant | ident }}, {{ roles.admin | ident }};
grant execute on function federation.effective_permission(text, text, text, text) to {{ roles.admin | ident }};
