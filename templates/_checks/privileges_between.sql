-- title: tenants hold in each other's schemas what permissions say, and nothing else
-- why: A grant in another tenant's schema is a door that this tenant's own schema does not show.
-- scope: server
-- as: owner
-- example: grant select on sales_tenant.notifications to hr_role
-- mended: revoke select on sales_tenant.notifications from hr_role
with permitted as (
  -- what an effective permission names: SELECT on the table behind its resource
  select distinct t.role_name, d.tenant_schema, r.table_name
    from federation.cross_dept_permissions p
    join federation.cross_dept_resources r on r.table_name is not null and p.resource_type in (r.resource_type, '*')
    join federation.tenants t on t.department_id = p.source_department_id
    join federation.departments d on d.department_id = p.target_department_id and d.status = 'ACTIVE'
   where p.enabled and p.permission_type = 'read' and (p.expires_at is null or p.expires_at > clock_timestamp())
), granted as (
  -- pg_shdepend knows who holds privileges where; only what lies in the target of somebody else is looked at
  select distinct s.classid, s.objid, s.objsubid, n.name as schema, n.target
    from managed_role m
    join pg_shdepend s on s.refclassid = 'pg_authid'::regclass and s.refobjid = m.oid and s.deptype = 'a'
     and s.dbid = (select b.oid from pg_database b where b.datname = current_database())
    left join pg_class c on s.classid = 'pg_class'::regclass and c.oid = s.objid
    left join pg_proc p on s.classid = 'pg_proc'::regclass and p.oid = s.objid
    left join pg_type y on s.classid = 'pg_type'::regclass and y.oid = s.objid
    join managed_schema n on n.oid = coalesce(c.relnamespace, p.pronamespace, y.typnamespace)
   where m.kind in ('tenant', 'pack', 'group', 'gateway') and n.target <> 'federation' and n.target is distinct from m.target
), open_schema as (
  -- PUBLIC leaves no trace in pg_shdepend: its privileges matter where others than the owners may enter
  select n.oid, n.name, n.target from managed_schema n
    join pg_namespace a on a.oid = n.oid
   where n.target <> 'federation'
     and exists (select from aclexplode(a.nspacl) x
                  where x.grantee = 0
                     or exists (select from managed_role m where m.oid = x.grantee and m.kind in ('tenant', 'pack', 'group', 'gateway') and m.target is distinct from n.target))
), object as (
  select 'schema' as what, a.oid::regnamespace::text as name, null::name as relation, n.name as schema, n.target, a.nspowner as owner, a.nspacl as acl
    from managed_schema n join pg_namespace a on a.oid = n.oid
  union all
  select case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass::text, c.relname, g.schema, g.target, c.relowner, c.relacl
    from granted g join pg_class c on g.classid = 'pg_class'::regclass and g.objsubid = 0 and c.oid = g.objid
  union all
  select 'column', c.oid::regclass || '.' || quote_ident(a.attname), c.relname, g.schema, g.target, c.relowner, a.attacl
    from granted g join pg_class c on g.classid = 'pg_class'::regclass and c.oid = g.objid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = g.objsubid and a.attacl is not null
  union all
  select 'function', p.oid::regprocedure::text, null, g.schema, g.target, p.proowner, p.proacl
    from granted g join pg_proc p on g.classid = 'pg_proc'::regclass and p.oid = g.objid
  union all
  select 'type', format_type(y.oid, null), null, g.schema, g.target, y.typowner, y.typacl
    from granted g join pg_type y on g.classid = 'pg_type'::regclass and y.oid = g.objid
  union all
  select case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass::text, c.relname, o.name, o.target, c.relowner, c.relacl
    from open_schema o join pg_class c on c.relnamespace = o.oid and c.relacl is not null
   where not exists (select from granted g where g.classid = 'pg_class'::regclass and g.objid = c.oid and g.objsubid = 0)
  union all
  select 'column', c.oid::regclass || '.' || quote_ident(a.attname), c.relname, o.name, o.target, c.relowner, a.attacl
    from open_schema o join pg_class c on c.relnamespace = o.oid join pg_attribute a on a.attrelid = c.oid and a.attacl is not null
   where not exists (select from granted g where g.classid = 'pg_class'::regclass and g.objid = c.oid and g.objsubid = a.attnum)
  union all
  select 'function', p.oid::regprocedure::text, null, o.name, o.target, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    from open_schema o join pg_proc p on p.pronamespace = o.oid
   where not exists (select from granted g where g.classid = 'pg_proc'::regclass and g.objid = p.oid)
), held as (
  select o.what, o.name, o.relation, o.schema, o.target, x.grantee, m.kind, m.name as role_name, x.privilege_type, x.is_grantable,
         case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end as who
    from object o
    cross join lateral aclexplode(o.acl) x
    left join managed_role m on m.oid = x.grantee
   where x.grantee <> o.owner and o.target <> 'federation'
     and (x.grantee = 0 or (m.kind in ('tenant', 'pack', 'group', 'gateway') and m.target is distinct from o.target))
)
select 'error' as severity, true as isolation, h.what || ' ' || h.name as object,
       h.who || ' holds ' || lower(h.privilege_type) || case when h.is_grantable then ' with grant option' else '' end || ', and no permission says so' as message,
       format('revoke %s on %s %s from %s;', lower(h.privilege_type), case when h.what = 'column' then 'table' else h.what end,
              case when h.what = 'column' then h.schema || '.' || h.relation else h.name end, case h.grantee when 0 then 'public' else h.who end) as remedy
  from held h
 where h.is_grantable
    or not case h.what
             when 'schema' then h.privilege_type = 'USAGE' and exists (select from permitted p where (p.role_name, p.tenant_schema) = (h.role_name, h.schema))
             when 'table' then h.privilege_type = 'SELECT' and exists (select from permitted p where (p.role_name, p.tenant_schema, p.table_name) = (h.role_name, h.schema, h.relation))
             else false end
union all
select 'error', false, 'table ' || quote_ident(p.tenant_schema) || '.' || quote_ident(p.table_name),
       quote_ident(p.role_name) || ' was permitted to read it, and cannot',
       format('select federation.sync_cross_dept_grants(%L);', (select d.department_id from federation.departments d where d.tenant_schema = p.tenant_schema))
  from permitted p
  join pg_roles r on r.rolname = p.role_name
  join pg_namespace n on n.nspname = p.tenant_schema
  join pg_class c on c.relnamespace = n.oid and c.relname = p.table_name
 where not exists (select from aclexplode(n.nspacl) x where x.grantee = r.oid and x.privilege_type = 'USAGE')
    or not exists (select from aclexplode(c.relacl) x where x.grantee = r.oid and x.privilege_type = 'SELECT')
