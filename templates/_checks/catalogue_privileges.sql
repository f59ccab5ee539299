-- title: the server's own functions and views are as open as they were shipped
-- why: pg_read_file(), pg_authid and the like are closed for good reason; one GRANT opens the whole server.
-- scope: server
-- example: grant execute on function pg_read_file(text) to hr_role
-- mended: revoke execute on function pg_read_file(text) from hr_role
with own as (
  select 'pg_proc'::regclass as classid, p.oid, p.proacl as acl, p.proowner as owner, p.oid::regprocedure::text as name
    from pg_proc p where p.pronamespace in (select n.oid from pg_namespace n where n.nspname in ('pg_catalog', 'information_schema')) and p.proacl is not null
  union all
  select 'pg_class'::regclass, c.oid, c.relacl, c.relowner, c.oid::regclass::text
    from pg_class c where c.relnamespace in (select n.oid from pg_namespace n where n.nspname in ('pg_catalog', 'information_schema')) and c.relacl is not null
  union all
  select 'pg_class'::regclass, c.oid, a.attacl, c.relowner, c.oid::regclass || '.' || a.attname
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relnamespace in (select n.oid from pg_namespace n where n.nspname in ('pg_catalog', 'information_schema'))
   where a.attacl is not null and not exists (
     select from pg_init_privs i where i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = a.attnum and i.initprivs = a.attacl)
)
select distinct 'error' as severity, true as isolation, o.name as object,
       case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end || ' was granted ' || x.privilege_type as message,
       format('revoke %s on %s %s from %s;', lower(x.privilege_type), case when o.classid = 'pg_proc'::regclass then 'function' else 'table' end, o.name,
              case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end) as remedy
  from own o
  cross join lateral aclexplode(o.acl) x
 where x.grantee <> o.owner
   and (x.grantee = 0 or x.grantee in (select oid from tenant_side union all select oid from managed_role))
   and not exists (
     select from pg_init_privs i
      cross join lateral aclexplode(i.initprivs) y
      where i.classoid = o.classid and i.objoid = o.oid and i.objsubid = 0
        and (y.grantee, y.privilege_type) = (x.grantee, x.privilege_type))
   -- initdb makes information_schema after it has recorded what is open.
   and not (o.name like 'information\_schema.%' and x.grantee = 0 and x.privilege_type = 'SELECT')
   -- Everybody may execute a function until it is revoked.
   and not (o.classid = 'pg_proc'::regclass and x.grantee = 0 and not exists (
     select from pg_init_privs i where i.classoid = o.classid and i.objoid = o.oid))
