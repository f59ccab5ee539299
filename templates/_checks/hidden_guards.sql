-- title: what guards a table is known to the server
-- why: The server looks for triggers, checks and indexes only where the row of pg_class says that there are some.
-- scope: target
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
    select k.count || ' CHECK constraints stand on it', 'relchecks = ' || k.count
      from (select count(*) from pg_constraint k where k.conrelid = r.oid and k.contype = 'c') k
     where k.count <> c.relchecks
    union all
    select 'rules stand on it', 'relhasrules = true'
     where not c.relhasrules and exists (select from pg_rewrite w where w.ev_class = r.oid)) w
 where r.relkind in ('r', 'p', 'v', 'm')
union all
-- A foreign key is four triggers: two where it points from, two where it points to.
select 'error', false, 'constraint ' || r.name || ' ' || quote_ident(k.conname), 'has lost triggers: the server does not enforce it',
       format('alter table %s drop constraint %I; Make it again.', r.name, k.conname)
  from relation r
  join pg_constraint k on k.conrelid = r.oid and k.contype = 'f' /*18+ and k.conenforced */
 where not exists (select from pg_trigger g where g.tgconstraint = k.oid and g.tgrelid = k.conrelid)
    or (r.relkind = 'r' and not exists (select from pg_trigger g where g.tgconstraint = k.oid and g.tgrelid = k.confrelid)
        and exists (select from pg_class p where p.oid = k.confrelid and p.relkind = 'r'))
