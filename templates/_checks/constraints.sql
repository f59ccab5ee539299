-- title: every constraint was checked and holds, and every index is valid
-- why: A constraint that was never checked promises nothing about the rows that stand.
-- scope: target
-- example: alter table hr_tenant.contacts add constraint late check (contact_id <> '') not valid
-- mended: alter table hr_tenant.contacts validate constraint late
select 'error' as severity, false as isolation, 'constraint ' || r.name || ' ' || quote_ident(k.conname) as object,
       'was never checked (NOT VALID' || /*18+ case when not k.conenforced then ', NOT ENFORCED' else '' end || */ ')' as message,
       format('alter table %s validate constraint %I;', r.name, k.conname) as remedy
  from relation r join pg_constraint k on k.conrelid = r.oid
 where not k.convalidated
union all
select 'error', false, 'index ' || i.indexrelid::regclass, 'is invalid: queries do not use it, and a unique one may not hold',
       format('reindex index %s;', i.indexrelid::regclass)
  from relation r join pg_index i on i.indrelid = r.oid
 where not (i.indisvalid and i.indisready and i.indislive)
union all
select 'warning', false, 'table ' || r.name, 'is unlogged: a crash of the server empties it', format('alter table %s set logged;', r.name)
  from relation r where r.relpersistence = 'u'
