select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window function' else 'function' end as kind,
       p.oid::regprocedure::text as name,
       json_strip_nulls(json_build_object(
         'owner', pg_get_userbyid(p.proowner),
         'privileges', (select json_agg(a::text order by a::text collate "C")
                          from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) a),
         'arguments', pg_get_function_arguments(p.oid),
         'returns', pg_get_function_result(p.oid),
         'language', l.lanname,
         'security', case when p.prosecdef then 'definer' end,
         'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
         'parallel', nullif(p.proparallel, 'u'),
         'leakproof', case when p.proleakproof then true end,
         'strict', case when p.proisstrict then true end,
         'settings', (select json_agg(s order by s collate "C") from unnest(p.proconfig) s),
         'library', p.probin,
         'body', coalesce(pg_get_function_sqlbody(p.oid), p.prosrc))) as properties
  from pg_depend d
  join pg_proc p on p.oid = d.objid
  join pg_language l on l.oid = p.prolang
 where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[]) and d.classid = 'pg_proc'::regclass
