-- title: no event trigger runs beside fedgen's scripts
-- why: It runs with the rights of whoever changes the schema, the provisioner above all.
-- scope: server
-- example: create function public.noted() returns event_trigger language plpgsql as 'begin end'; create event trigger noted on ddl_command_end execute function public.noted()
-- mended: drop event trigger noted; drop function public.noted()
select 'error' as severity, true as isolation, 'event trigger ' || quote_ident(e.evtname) as object,
       'runs ' || e.evtfoid::regprocedure || ' on ' || e.evtevent as message,
       format('drop event trigger %I; Or waive it, if its function is trusted.', e.evtname) as remedy
  from pg_event_trigger e
 where e.evtenabled <> 'D'
   and not exists (select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e'
                      and d.refobjid in (select x.oid from pg_extension x, declared c where c.d->'extensions' ? x.extname::text))
