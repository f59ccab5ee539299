-- title: no role that a tenant has or can reach passes row security or makes roles
-- why: SUPERUSER and BYPASSRLS switch every policy off; CREATEROLE, CREATEDB and REPLICATION lead there.
-- scope: server
-- example: alter role hr_role bypassrls
-- mended: alter role hr_role nobypassrls
select 'error' as severity, true as isolation, 'role ' || quote_ident(r.rolname) as object,
       concat_ws(', ', case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
                 case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolcreatedb then 'CREATEDB' end,
                 case when r.rolreplication then 'REPLICATION' end)
         || ' (reached by ' || t.path || ')' as message,
       case when exists (select from managed_role m where m.oid = r.oid)
            then format('alter role %I nosuperuser nobypassrls nocreaterole nocreatedb noreplication;', r.rolname)
            else format('Take the membership away: %s', t.path) end as remedy
  from tenant_side t
  join pg_roles r on r.oid = t.oid
 where r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
union all
select 'error', true, 'role ' || quote_ident(r.rolname),
       m.kind || ' role with ' || concat_ws(', ', case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
                 case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolcreatedb then 'CREATEDB' end,
                 case when r.rolreplication then 'REPLICATION' end),
       format('alter role %I nosuperuser nobypassrls nocreaterole nocreatedb noreplication;', r.rolname)
  from managed_role m
  join pg_roles r on r.oid = m.oid
 where m.kind in ('owner', 'admin', 'operator', 'service', 'accounts')
   and (r.rolsuper or r.rolbypassrls or (r.rolcreaterole and m.kind <> 'accounts') or r.rolcreatedb or r.rolreplication)
union all
select 'error', true, 'role ' || quote_ident(r.rolname),
       concat_ws(', ', case when r.rolbypassrls then 'BYPASSRLS' end, case when r.rolreplication then 'REPLICATION' end)
         || ' (a member of ' || p.path || ')',
       format('alter role %I nobypassrls noreplication;', r.rolname)
  from pool p
  join pg_roles r on r.oid = p.oid
 where (r.rolbypassrls or r.rolreplication) and r.oid not in (select oid from tenant_side)
union all
select 'error', true, 'role ' || quote_ident(r.rolname), m.kind || ' role that can log in',
       format('alter role %I nologin;', r.rolname)
  from managed_role m
  join pg_roles r on r.oid = m.oid
 where m.kind <> 'tenant' and r.rolcanlogin
union all
select 'error', true, 'role ' || quote_ident(r.rolname), 'the gateway inherits: it has the rights of all tenants at once',
       format('alter role %I noinherit;', r.rolname)
  from managed_role m
  join pg_roles r on r.oid = m.oid
 where m.kind = 'gateway' and r.rolinherit
union all
select 'error', false, 'role ' || quote_ident(r.rolname), 'the tenant''s role does not inherit: it cannot ask who it is',
       format('alter role %I inherit;', r.rolname)
  from managed_role m
  join pg_roles r on r.oid = m.oid
 where m.kind in ('tenant', 'pack') and not r.rolinherit
