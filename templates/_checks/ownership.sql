-- title: no tenant-side role owns anything
-- why: An owner can switch row security off, drop policies, and plant functions that others call.
-- scope: server
-- example: create table public.loot (said text); alter table public.loot owner to hr_role
-- mended: drop table public.loot
select 'error' as severity, true as isolation,
       coalesce(pg_describe_object(d.classid, d.objid, 0), d.classid::regclass || ' ' || d.objid) as object,
       'belongs to ' || quote_ident(r.rolname) || case when t.path = r.rolname then '' else ' (reached by ' || t.path || ')' end as message,
       format('reassign owned by %I to %I;', r.rolname, (select o.name from managed_role o where o.kind = 'owner')) as remedy
  from tenant_side t
  join pg_roles r on r.oid = t.oid
  join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = t.oid and d.deptype = 'o'
 where d.dbid in (0, (select b.oid from pg_database b where b.datname = current_database()))
   and not exists (select from pg_class c where d.classid = 'pg_class'::regclass and c.oid = d.objid and c.relpersistence = 't')
