drop function federation.enter(text, text);
drop function federation.current_tenant(text);
drop function federation.is_platform();
drop function federation.token_tenant(text);
drop function federation.challenge();
drop trigger pack_keys_audit on federation.pack_keys;
drop table federation.pack_keys;
drop function federation.audit_pack_key();

create or replace function federation.current_tenant() returns text
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
comment on function federation.current_tenant() is
  'Tenant bound to the effective role; null if none, suspended, or contradicted by app.current_tenant_id';
