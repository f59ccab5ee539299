-- title: functions with the owner's rights cannot be misled, and none looks below row security
-- why: Without a pinned search_path, pg_temp last, a temporary table of the caller stands in for the real one.
-- scope: target
-- example: alter function hr_tenant.purge_expired(integer) security definer reset search_path
-- mended: alter function hr_tenant.purge_expired(integer) security invoker set search_path = pg_catalog, pg_temp
with routine as (
  select p.*, p.oid::regprocedure::text as name, case p.prokind when 'p' then 'procedure' else 'function' end as what,
         exists (select from unnest(p.proconfig) c where c ~ '^search_path=(.*[ ,])?"?pg_temp"?$') as pinned
    from pg_depend d join pg_proc p on p.oid = d.objid
   where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($2::oid[]) and d.classid = 'pg_proc'::regclass
)
select 'error' as severity, true as isolation, what || ' ' || name as object,
       'is SECURITY DEFINER and its search_path is not pinned with pg_temp last' as message,
       format('alter %s %s set search_path = pg_catalog, pg_temp;', what, name) as remedy
  from routine where prosecdef and not pinned
union all
select 'error', true, what || ' ' || name, 'is SECURITY DEFINER and its owner ' || quote_ident(o.rolname) || ' passes row security',
       format('alter %s %s owner to %I;', what, name, (select m.name from managed_role m where m.kind = 'owner'))
  from routine join pg_roles o on o.oid = proowner where prosecdef and (o.rolsuper or o.rolbypassrls)
union all
select 'error', true, what || ' ' || name, 'is LEAKPROOF: the server runs it below row security, on rows that the caller may not see',
       format('alter %s %s not leakproof;', what, name)
  from routine where proleakproof
