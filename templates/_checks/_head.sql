-- What fedgen made, as the registry and pack.yaml have it ($1), with the ids that the catalogue knows it by.
declared as materialized (select $1::jsonb as d),
-- kind: owner, admin, gateway, group (of all tenants), pack (group of one pack's tenants), tenant; of packs without tenants
-- caller, operator, service, accounts
managed_role as materialized (
  select r.oid, r.rolname as name, x.kind, x.target
    from declared, jsonb_to_recordset(d->'roles') as x(name name, kind text, target text)
    join pg_roles r on r.rolname = x.name),
managed_schema as materialized (
  select n.oid, n.nspname as name, x.target
    from declared, jsonb_to_recordset(d->'schemas') as x(name name, target text)
    join pg_namespace n on n.nspname = x.name),
-- roles that run fedgen (the ledger knows them) or that the configuration trusts
trusted_role as materialized (
  select r.oid, r.rolname as name
    from declared, jsonb_array_elements_text((d->'trustedRoles') || (d->'provisioners')) as x(name)
    join pg_roles r on r.rolname = x.name),
-- who a tenant is, or can make itself: the tenants' roles, their groups, the gateway, who may call a pack's functions, and
-- whatever those are members of
tenant_side as materialized (
  with recursive reach as (
    select oid, name::text as path from managed_role where kind in ('tenant', 'pack', 'group', 'gateway', 'caller')
    union
    select u.oid, u.rolname::text
      from managed_role c
      join pg_auth_members m on m.roleid = c.oid
      join pg_roles u on u.oid = m.member and not u.rolsuper
     where c.kind = 'caller' and u.oid not in (select oid from managed_role union all select oid from trusted_role)
    union
    select m.roleid, r.path || ' → ' || g.rolname
      from reach r
      join pg_auth_members m on m.member = r.oid
      join pg_roles g on g.oid = m.roleid
     where position(' → ' || g.rolname in r.path) = 0)
  select distinct on (oid) oid, path from reach order by oid, length(path)),
-- logins of pooled applications, and whoever is a member of one: what they bring along is there before a tenant is named
pool as materialized (
  with recursive member as (
    select a.member as oid, g.name::text as path
      from managed_role g join pg_auth_members a on a.roleid = g.oid
     where g.kind in ('gateway', 'pack', 'group', 'tenant')
    union
    select a.member, m.path || ' → ' || r.rolname
      from member m join pg_roles r on r.oid = m.oid join pg_auth_members a on a.roleid = m.oid
     where position(' → ' || r.rolname in m.path) = 0)
  select distinct on (m.oid) m.oid, m.path
    from member m join pg_roles r on r.oid = m.oid
    cross join declared
   where not r.rolsuper and not d->'provisioners' ? r.rolname and m.oid not in (select oid from managed_role)
   order by m.oid, length(m.path)),
-- schemas of the server itself
system_schema as materialized (
  select oid from pg_namespace where nspname in ('pg_catalog', 'information_schema', 'pg_toast') or nspname like 'pg\_temp\_%' or nspname like 'pg\_toast\_temp\_%')
