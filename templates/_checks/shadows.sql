-- title: nothing that tenants can name stands in for a function or operator of the server
-- why: An exact match in a schema of the search path wins over the server's own; LEAKPROOF runs below row security.
-- scope: server
-- example: create function public.lower(varchar) returns text language sql as 'select $1::text'
-- mended: drop function public.lower(varchar)
with outside as (
  -- schemas that tenants may use and fedgen does not manage; what is in the others is compared one by one
  select n.oid, n.nspname from pg_namespace n
   where n.oid not in (select oid from managed_schema) and n.oid not in (select oid from system_schema)
     and exists (select from tenant_side t where has_schema_privilege(t.oid, n.oid, 'usage'))
), type_of_pack as (
  select y.oid from pg_type y join managed_schema m on m.oid = y.typnamespace
), found as (
  select 'pg_proc'::regclass as classid, p.oid, 'has the name of a function of the server' as fault
    from pg_proc p join outside o on o.oid = p.pronamespace
   where exists (select from pg_proc q where q.proname = p.proname and q.pronamespace = 'pg_catalog'::regnamespace)
  union all
  select 'pg_operator'::regclass, p.oid, 'has the name of an operator of the server, and types that it exists for'
    from pg_operator p join outside o on o.oid = p.oprnamespace
   where (p.oprleft < 16384 or p.oprleft in (select oid from type_of_pack)) and (p.oprright < 16384 or p.oprright in (select oid from type_of_pack))
     and exists (select from pg_operator q where q.oprname = p.oprname and q.oprnamespace = 'pg_catalog'::regnamespace)
  union all
  select 'pg_proc'::regclass, p.oid, 'is LEAKPROOF: the server runs it on rows that its caller may not see'
    from pg_proc p join outside o on o.oid = p.pronamespace
   where p.proleakproof and exists (select from tenant_side t where has_function_privilege(t.oid, p.oid, 'execute'))
)
select 'error' as severity, true as isolation, pg_describe_object(f.classid, f.oid, 0) as object, f.fault as message,
       'Drop it, or move it to a schema that tenants may not use.' as remedy
  from found f
 where not exists (select from pg_depend d where d.classid = f.classid and d.objid = f.oid and d.deptype = 'e')
    -- Extensions overload the server's names for types of their own, and in C; anything else was only called one of them.
    or exists (
      select from pg_proc p join pg_language l on l.oid = p.prolang
       where f.classid = 'pg_proc'::regclass and p.oid = f.oid and l.lanname not in ('internal', 'c')
         and not exists (select from unnest(p.proargtypes) y(oid) where y.oid >= 16384))
