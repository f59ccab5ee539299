-- title: each shared pack is registered as it was installed
-- why: current_tenant() asks the registry how a tenant proves who it is: a changed mode or group believes somebody else.
-- scope: server
-- example: insert into federation.packs (pack, schemas, tenant_group, identity_mode) values ('ghost', '{ghost}', 'spy', 'variable')
-- mended: delete from federation.packs where pack = 'ghost'
with pack as (
  select x.* from declared, jsonb_to_recordset(d->'packs') as x(name text, scripts integer, found jsonb, wanted jsonb)
)
select 'error' as severity, true as isolation, 'pack ' || quote_ident(p.name) as object,
       'is registered, and no script stands that installed it' as message,
       format('delete from federation.packs where pack = %L; Or apply it: fedgen apply --pack %s.', p.name, p.name) as remedy
  from pack p
 where p.scripts = 0
union all
select 'error', true, 'pack ' || quote_ident(p.name), 'is registered with ' || w.what || ' ' || w.found || ' instead of ' || w.wanted,
       format('update federation.packs set %s = %L where pack = %L;', w.name, w.stored, p.name)
  from pack p
  cross join lateral (values
    ('identity', 'identity_mode', p.found->>'identity', p.wanted->>'identity', p.wanted->>'identity'),
    ('the group', 'tenant_group', p.found->>'group', p.wanted->>'group', p.wanted->>'group'),
    ('the schemas', 'schemas',
     (select string_agg(s, ', ' order by s) from jsonb_array_elements_text(p.found->'schemas') s),
     (select string_agg(s, ', ' order by s) from jsonb_array_elements_text(p.wanted->'schemas') s),
     (select array_agg(s)::text from jsonb_array_elements_text(p.wanted->'schemas') s))) w(what, name, found, wanted, stored)
 where jsonb_typeof(p.wanted) = 'object' and w.wanted is not null and w.found is distinct from w.wanted
