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
