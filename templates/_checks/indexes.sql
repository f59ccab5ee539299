-- title: every index of a shared table begins with the tenant
-- why: EXPLAIN ANALYZE and timing tell how many hidden rows an index touched; with the tenant first it touches none.
-- scope: target
-- example: drop index hr_tenant.idx_file_attachments_tool_call
-- mended: create index idx_file_attachments_tool_call on hr_tenant.file_attachments (department, tool_call_id)
select 'error' as severity, true as isolation, 'index ' || i.indexrelid::regclass as object,
       'does not begin with ' || t.tenant_column || ': hidden rows can be counted' as message,
       format('drop index %s; Make it again with the tenant column first.', i.indexrelid::regclass) as remedy
  from target t
  join columns_of_tenant c on true
  join pg_index i on i.indrelid = c.oid and i.indkey[0] <> all (c.attnums)
 where t.tenancy = 'shared'
union all
select 'error', false, 'table ' || p.name, 'has no complete index that begins with ' || t.tenant_column || ': every query reads all tenants'' rows',
       format('create index on %s (%I);', p.name, t.tenant_column)
  from target t
  join pack_table p on p.scope <> 'reference'
  join columns_of_tenant c on c.oid = p.oid
 where t.tenancy = 'shared'
   and not exists (select from pg_index i where i.indrelid = p.oid and i.indkey[0] = any (c.attnums) and i.indisvalid and i.indisready and i.indpred is null)
union all
select 'warning', false, 'constraint ' || k.conrelid::regclass || ' ' || quote_ident(k.conname), 'has no index on its columns: deleting the row it refers to reads the whole table',
       format('create index on %s (%s);', k.conrelid::regclass, (select string_agg(quote_ident(a.attname), ', ' order by x.place) from unnest(k.conkey) with ordinality x(attnum, place) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum))
  from relation r
  join pg_constraint k on k.conrelid = r.oid and k.contype = 'f' and k.conparentid = 0
 where not exists (select from pack_table f where f.oid = k.confrelid and f.scope = 'reference')
   and not exists (
   select from pg_index i
    where i.indrelid = r.oid and i.indisvalid
      and (select array_agg(x order by x) from unnest((i.indkey::int2[])[0:cardinality(k.conkey) - 1]) x) = (select array_agg(x order by x) from unnest(k.conkey) x))
