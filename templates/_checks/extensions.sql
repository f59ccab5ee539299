-- title: the database holds no extension and no foreign server that reaches around row security
-- why: dblink and foreign servers open connections as other roles; file and inspection functions read the heap itself.
-- scope: server
-- example: create extension dblink
-- mended: drop extension dblink
select case when e.extname in ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack', 'pageinspect', 'pg_visibility', 'pg_surgery', 'pg_walinspect', 'plperlu', 'plpython3u', 'pltclu', 'plpythonu', 'lo')
            then 'error' else 'note' end as severity,
       e.extname in ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack', 'pageinspect', 'pg_visibility', 'pg_surgery', 'pg_walinspect', 'plperlu', 'plpython3u', 'pltclu', 'plpythonu', 'lo') as isolation,
       'extension ' || quote_ident(e.extname) as object,
       case when e.extname in ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack', 'pageinspect', 'pg_visibility', 'pg_surgery', 'pg_walinspect', 'plperlu', 'plpython3u', 'pltclu', 'plpythonu', 'lo')
            then 'gives ways around row security to whoever may call it' else 'is not declared' end as message,
       format('drop extension %I; Or name it under validate.extensions.', e.extname) as remedy
  from pg_extension e
  cross join declared c
 where e.extname <> 'plpgsql' and not c.d->'extensions' ? e.extname::text
union all
select 'error', true, 'foreign server ' || quote_ident(s.srvname), 'reaches another server, or this one as another role',
       format('drop server %I;', s.srvname)
  from pg_foreign_server s
union all
select 'error', true, 'user mapping of ' || quote_ident(coalesce(u.usename, 'public')) || ' on ' || quote_ident(u.srvname), 'keeps a login on another server',
       format('drop user mapping for %s server %I;', coalesce(quote_ident(u.usename), 'public'), u.srvname)
  from pg_user_mappings u
union all
select 'error', true, 'language ' || quote_ident(l.lanname), 'is untrusted and may be used by ' || case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end,
       format('revoke usage on language %I from %s;', l.lanname, case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end)
  from pg_language l
  cross join lateral aclexplode(l.lanacl) x
 where not l.lanpltrusted and l.lanispl and x.grantee <> l.lanowner
union all
select 'error', true, 'language ' || quote_ident(l.lanname), 'is trusted, and no extension that fedgen knows to be safe brought it',
       format('update pg_language set lanpltrusted = false where lanname = %L; Or drop the language.', l.lanname)
  from pg_language l
 where l.lanpltrusted and l.lanname not in ('sql', 'plpgsql')
   and (l.oid < 16384 or not exists (select from pg_depend d where d.classid = 'pg_language'::regclass and d.objid = l.oid and d.deptype = 'e'))
union all
select 'error', false, pg_describe_object(d.classid, d.objid, 0), 'belongs to extension ' || quote_ident(e.extname) || ': it is dropped with it, and no dump holds it',
       format('alter extension %I drop %s;', e.extname, pg_describe_object(d.classid, d.objid, 0))
  from pg_depend d
  join pg_extension e on e.oid = d.refobjid
  join pg_depend s on s.classid = d.classid and s.objid = d.objid and s.refclassid = 'pg_namespace'::regclass
  join managed_schema m on m.oid = s.refobjid
 where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass
union all
-- DEPENDS ON EXTENSION: of functions, and of triggers and indexes on tables.
select 'error', false, pg_describe_object(d.classid, d.objid, 0), 'depends on extension ' || quote_ident(e.extname) || ': it is dropped with it',
       format('alter %s no depends on extension %I;', pg_describe_object(d.classid, d.objid, 0), e.extname)
  from pg_extension e
  join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'x'
  left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
  left join pg_trigger g on d.classid = 'pg_trigger'::regclass and g.oid = d.objid
  left join pg_class c on c.oid = case when d.classid = 'pg_class'::regclass then d.objid else g.tgrelid end
  join managed_schema m on m.oid = coalesce(p.pronamespace, c.relnamespace)
