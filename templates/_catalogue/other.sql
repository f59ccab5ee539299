-- Whatever else a schema can hold: operators, collations, text search, statistics, extensions. Its description says it all.
select case d.classid when 'pg_statistic_ext'::regclass then 'statistics'
                      when 'pg_extension'::regclass then 'extension' else 'object' end as kind,
       pg_describe_object(d.classid, d.objid, 0) as name,
       case d.classid when 'pg_statistic_ext'::regclass
                      then json_build_object('definition', pg_get_statisticsobjdef(d.objid)) else '{}'::json end as properties
  from pg_depend d
 where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[])
   and d.classid not in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass,
                         'pg_default_acl'::regclass)
union all
-- Casts have no schema: they stand by the types that they are of.
select 'cast', pg_describe_object('pg_cast'::regclass, c.oid, 0),
       json_build_object('context', c.castcontext, 'method', c.castmethod, 'function', nullif(c.castfunc, 0)::regprocedure::text)
  from pg_cast c
 where c.oid in (
   select k.objid
     from pg_depend d
     join pg_depend k on k.refclassid = 'pg_type'::regclass and k.refobjid = d.objid and k.classid = 'pg_cast'::regclass and k.deptype = 'n'
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($1::oid[]) and d.classid = 'pg_type'::regclass)
