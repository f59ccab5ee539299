-- Who is asking, in a shared pack? The rules of 0005 hold here too: plpgsql, STABLE, SECURITY DEFINER, pg_temp last.
--
-- The functions that look at the backend are PARALLEL RESTRICTED: a parallel worker has another process id. Policies
-- ask in a sub-select, which the leader computes before it starts workers, so their queries still run in parallel.

-- A department's tenant is what a policy of a department asks for, and a tenant of a shared pack with the same id is
-- somebody else.
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
  -- By the key alone: where statistics are missing, any further condition has the planner prefer another index.
  select case when t.status = 'active' and t.department_id is not null then t.tenant_id end into bound
  from federation.tenants t
  where t.role_name = effective_role::name;
  -- The variable proves nothing, so it can only take away: set and different means a pool has mixed up its tenants.
  if claimed <> '' and claimed is distinct from bound then
    return null;
  end if;
  return bound;
end
$fn$;
comment on function federation.current_tenant() is
  'Department bound to the effective role; null if none, suspended, or contradicted by app.current_tenant_id';

-- Keys of the identity mode "signed", as HMAC uses them: padded to the block of SHA-256 and combined with its two
-- constants, so that checking a token takes two hashes. Nobody but the owner reads this table.
create table federation.pack_keys (
  pack       text not null,
  key_id     text not null,
  inner_pad  bytea not null,
  outer_pad  bytea not null,
  created_by name not null default session_user,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  constraint pack_keys_pkey primary key (pack, key_id),
  constraint pack_keys_pack_fkey foreign key (pack) references federation.packs (pack) on delete cascade,
  constraint pack_keys_key_id_check check (key_id ~ '^[0-9a-f]{16}$'),
  constraint pack_keys_pads_check check (length(inner_pad) = 64 and length(outer_pad) = 64)
);
comment on table federation.pack_keys is 'Keys that tokens of tenants are signed with; secret';

create function federation.audit_pack_key() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  changed federation.pack_keys := case when tg_op = 'DELETE' then old else new end;
begin
  insert into federation.security_audit (event_type, user_role, severity, details)
  values (case when tg_op = 'DELETE' then 'KEY_REMOVED' else 'KEY_ADDED' end,
          coalesce(nullif(current_setting('role'), 'none'), session_user), 'WARNING',
          jsonb_build_object('pack', changed.pack, 'key', changed.key_id, 'expires_at', changed.expires_at));
  return null;
end
$fn$;
revoke all on function federation.audit_pack_key() from public;
comment on function federation.audit_pack_key() is 'Trigger: a new or removed key leaves a trace, never the key itself';
create trigger pack_keys_audit after insert or delete on federation.pack_keys
  for each row execute function federation.audit_pack_key();

-- What a token is bound to. No secret: the application signs it together with the tenant. The start of the transaction
-- stands for the transaction, because asking for its id would give one to every reader, and there is none on a standby.
create function federation.challenge() returns text
language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp
as $fn$
begin
  return pg_backend_pid() || '.' || (extract(epoch from transaction_timestamp()) * 1000000)::bigint;
end
$fn$;
revoke all on function federation.challenge() from public;
comment on function federation.challenge() is 'Backend and transaction, for the application to sign: see docs/tenants.md';

-- Token: v1.<key id>.<expiry, seconds since 1970>.<HMAC-SHA-256 in hex>.<tenant id>
-- Signed: v1.<pack>.<key id>.<expiry>.<challenge>.<tenant id>
create function federation.token_tenant(pack text) returns text
language plpgsql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
as $fn$
declare
  parts constant text[] := regexp_match(
    current_setting('app.tenant_token', true), '^v1\.([0-9a-f]{16})\.([0-9]{1,12})\.([0-9a-f]{64})\.(.+)$');
  key federation.pack_keys;
  signed bytea;
  mac bytea;
begin
  if parts is null or parts[2]::bigint <= extract(epoch from clock_timestamp()) then
    return null;
  end if;
  select k.* into key from federation.pack_keys k
  where k.pack = $1 and k.key_id = parts[1] and (k.expires_at is null or k.expires_at > clock_timestamp());
  if not found then
    return null;
  end if;
  signed := convert_to(
    'v1.' || $1 || '.' || parts[1] || '.' || parts[2] || '.' || federation.challenge() || '.' || parts[4], 'UTF8');
  mac := sha256(key.outer_pad || sha256(key.inner_pad || signed));
  -- Hashes of both are compared, so that the time it takes says nothing of how much was right.
  if sha256(mac) <> sha256(decode(parts[3], 'hex')) then
    return null;
  end if;
  return parts[4];
end
$fn$;
revoke all on function federation.token_tenant(text) from public;
comment on function federation.token_tenant(text) is
  'Tenant of the token in app.tenant_token; null unless it is signed for this pack, backend and transaction';

create function federation.current_tenant(pack text) returns text
language plpgsql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
as $fn$
declare
  asking constant name := case current_setting('role') when 'none' then session_user else current_setting('role')::name end;
  claimed text;
  mode text;
  tenants name;
  named text;
  bound text;
begin
  -- Policies ask in every statement, so a tenant with a role is found in one look-up, by its key alone, and with as few
  -- expressions as can be; it has a role in the mode "role" only.
  select case when t.shared_pack = $1 and t.status = 'active' then t.tenant_id end into bound
  from federation.tenants t
  where t.role_name = asking;
  if bound = coalesce(nullif(current_setting('app.current_tenant_id', true), ''), bound) then
    return bound;
  end if;

  claimed := nullif(current_setting('app.current_tenant_id', true), '');
  if bound is null then
    select p.identity_mode, p.tenant_group into mode, tenants
    from federation.packs p
    where p.pack = $1 and p.identity_mode <> 'role';
    -- An application names the tenant, and proves it with a token where the pack asks for one.
    if found and pg_has_role(asking, tenants, 'usage') then
      named := case mode when 'signed' then federation.token_tenant($1) else claimed end;
      select case when t.shared_pack is not null and t.status = 'active' then t.tenant_id end into bound
      from federation.tenants t
      where t.pack = $1 and t.tenant_id = named;
    end if;
  end if;

  if claimed is not null and claimed is distinct from bound then
    -- Nobody but the platform may act for whom it names, suspended or not.
    if bound is null and federation.is_platform() then
      select case when t.shared_pack is not null then t.tenant_id end into bound
      from federation.tenants t
      where t.pack = $1 and t.tenant_id = claimed;
      return bound;
    end if;
    return null;
  end if;
  return bound;
end
$fn$;
revoke all on function federation.current_tenant(text) from public;
comment on function federation.current_tenant(text) is
  'Tenant of this shared pack that the session acts for; null if none, suspended, or contradicted by app.current_tenant_id';

create function federation.is_platform() returns boolean
language plpgsql stable security definer parallel safe set search_path = pg_catalog, pg_temp
as $fn$
declare
  effective_role text := current_setting('role');
begin
  if effective_role = 'none' then
    effective_role := session_user;
  end if;
  return effective_role = {{ roles.owner | literal }} or pg_has_role(effective_role, {{ roles.admin | literal }}, 'usage');
end
$fn$;
revoke all on function federation.is_platform() from public;
comment on function federation.is_platform() is 'Whether the effective role is an administrator or the owner';

create function federation.enter(pack text, token text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $fn$
declare
  tenant text;
begin
  perform set_config('app.tenant_token', $2, true);
  tenant := federation.current_tenant($1);
  if tenant is null or tenant is distinct from federation.token_tenant($1) then
    raise exception 'the token is not accepted for pack "%"', $1
      using errcode = 'invalid_authorization_specification',
            hint = 'Sign federation.challenge() of this very transaction, with a key of the pack that is still valid.';
  end if;
  return tenant;
end
$fn$;
revoke all on function federation.enter(text, text) from public;
comment on function federation.enter(text, text) is
  'Acts for the tenant of a signed token until the transaction ends; returns the tenant, or fails';

grant execute on function
  federation.challenge(), federation.current_tenant(text), federation.is_platform(), federation.enter(text, text)
  to {{ roles.tenant | ident }}, {{ roles.admin | ident }};
