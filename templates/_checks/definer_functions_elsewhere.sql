-- title: tenants can call no SECURITY DEFINER function outside the schemas of fedgen, and none fires on their tables
-- why: Such a function runs with the rights of its owner, and execution is everybody's unless it is revoked.
-- scope: server
-- example: create function public.peek() returns bigint language sql security definer as 'select count(*) from hr_tenant.contacts'
-- mended: drop function public.peek()
select 'error' as severity, true as isolation, p.prokind_name || ' ' || p.oid::regprocedure as object,
       'runs as ' || quote_ident(pg_get_userbyid(p.proowner)) || ' and tenants may call it' as message,
       format('revoke execute on %s %s from public;', p.prokind_name, p.oid::regprocedure) as remedy
  from (select q.*, case q.prokind when 'p' then 'procedure' else 'function' end as prokind_name from pg_proc q where q.prosecdef) p
  join pg_namespace n on n.oid = p.pronamespace
 where n.oid not in (select oid from managed_schema)
   and n.nspname not in ('pg_catalog', 'information_schema')
   and exists (
     select from tenant_side t
      where has_schema_privilege(t.oid, n.oid, 'usage') and has_function_privilege(t.oid, p.oid, 'execute'))
union all
select 'error', true, p.what || ' ' || p.oid::regprocedure, 'runs as ' || quote_ident(pg_get_userbyid(p.proowner)) || ' when ' || g.tgrelid::regclass || ' is written',
       format('drop trigger %I on %s;', g.tgname, g.tgrelid::regclass)
  from (select q.*, 'trigger function' as what from pg_proc q where q.prosecdef and q.pronamespace not in (select oid from managed_schema)) p
  join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid and d.classid = 'pg_trigger'::regclass
  join pg_trigger g on g.oid = d.objid
  join pg_class c on c.oid = g.tgrelid
  join managed_schema m on m.oid = c.relnamespace
union all
-- The server asks nobody whether he may call what an aggregate or an operator class is made of.
select 'error', true, 'function ' || p.oid::regprocedure, 'runs as ' || quote_ident(pg_get_userbyid(p.proowner)) || ' whenever somebody uses ' || u.what,
       format('alter function %s security invoker;', p.oid::regprocedure)
  from (
    select a.aggfnoid::oid as aggregate, 'aggregate ' || a.aggfnoid::regprocedure as what, f.oid
      from pg_aggregate a
      cross join unnest(array[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) f(oid)
     where a.aggfnoid >= 16384 and f.oid >= 16384
    union all
    select null, 'operator family ' || quote_ident(o.opfname), k.amproc::oid
      from pg_amproc k join pg_opfamily o on o.oid = k.amprocfamily where k.amproc >= 16384) u
  join pg_proc p on p.oid = u.oid and p.prosecdef
  left join pg_proc g on g.oid = u.aggregate
 where p.pronamespace not in (select oid from managed_schema)
   and (g.oid is null or exists (
     select from tenant_side t
      where has_schema_privilege(t.oid, g.pronamespace, 'usage') and has_function_privilege(t.oid, g.oid, 'execute')))
