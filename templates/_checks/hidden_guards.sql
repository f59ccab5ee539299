-- title: what guards a table is known to the server
-- why: The server looks for triggers, checks and indexes only where the row of pg_class says that there are some.
-- scope: target
-- example: update pg_class set relhastriggers = false where oid = 'hr_tenant.audit_trail'::regclass
-- mended: update pg_class set relhastriggers = true where oid = 'hr_tenant.audit_trail'::regclass
select 'error' as severity, false as isolation, 'table ' || r.name as object, w.what || ', and pg_class says that there are none: they do nothing' as message,
       format('update pg_class set %s where oid = %L::regclass;', w.mend, r.name) as remedy
  from relation r
  join pg_class c on c.oid = r.oid
  cross join lateral (
    select 'triggers stand on it' as what, 'relhastriggers = true' as mend
     where not c.relhastriggers and exists (select from pg_trigger g where g.tgrelid = r.oid)
    union all
    select 'indexes stand on it', 'relhasindex = true'
     where not c.relhasindex and exists (select from pg_index i where i.indrelid = r.oid)
    union all
    select 'partitions or children stand below it', 'relhassubclass = true'
     where not c.relhassubclass and exists (select from pg_inherits i where i.inhparent = r.oid)
    union all
    select k.count || ' CHECK constraints stand on it', 'relchecks = ' || k.count
      from (select count(*) from pg_constraint k where k.conrelid = r.oid and k.contype = 'c') k
     where k.count <> c.relchecks
    union all
    select 'rules stand on it', 'relhasrules = true'
     where not c.relhasrules and exists (select from pg_rewrite w where w.ev_class = r.oid)) w
 where r.relkind in ('r', 'p', 'v', 'm')
