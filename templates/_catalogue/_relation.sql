select c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relpersistence, c.relrowsecurity,
       c.relforcerowsecurity, c.reloptions, c.relacl, c.relreplident, c.relispartition, c.relpartbound, c.relispopulated,
       c.relam, c.reloftype, c.oid::regclass::text as name
  from pg_depend d
  join pg_class c on c.oid = d.objid
 where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[])
   and d.classid = 'pg_class'::regclass and d.objsubid = 0 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
