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
