-- title: no rewrite rule and no foreign trigger function stands on a table
-- why: Rules run with the rights of the table's owner; a trigger function from elsewhere sees and changes every row.
-- scope: target
-- example: create rule also as on update to hr_tenant.contacts do also notify changed
-- mended: drop rule also on hr_tenant.contacts
select 'error' as severity, true as isolation, 'rule ' || r.name || ' ' || quote_ident(w.rulename) as object,
       'runs with the rights of the owner' as message, format('drop rule %I on %s;', w.rulename, r.name) as remedy
  from relation r join pg_rewrite w on w.ev_class = r.oid
 where not (r.relkind in ('v', 'm') and w.rulename = '_RETURN')
union all
select 'error', true, 'trigger ' || r.name || ' ' || quote_ident(g.tgname), 'runs ' || g.tgfoid::regprocedure || ', which belongs to another schema',
       format('drop trigger %I on %s;', g.tgname, r.name)
  from relation r join pg_trigger g on g.tgrelid = r.oid and not g.tgisinternal
  join pg_proc p on p.oid = g.tgfoid
 where p.pronamespace <> all ($2::oid[])
   and p.pronamespace not in (select n.oid from pg_namespace n where n.nspname in ('federation', 'pg_catalog'))
union all
select 'error', true, 'table ' || r.name, 'a trigger behind a constraint is switched ' || case g.tgenabled when 'D' then 'off' else 'to replicas only' end,
       format('alter table %s enable trigger all;', r.name)
  from relation r join pg_trigger g on g.tgrelid = r.oid and g.tgisinternal
 where g.tgenabled in ('D', 'R')
