-- title: every key of a shared table holds the tenant
-- why: A unique key without the tenant tells which values other tenants have, and ON CONFLICT reaches their rows.
-- scope: target
-- example: alter table hr_tenant.contacts add foreign key (department, contact_id) references sales_tenant.contacts (department, contact_id)
-- mended: alter table hr_tenant.contacts drop constraint contacts_department_contact_id_fkey
select 'error' as severity, true as isolation, case when i.indisexclusion then 'exclusion ' else 'key ' end || i.indexrelid::regclass as object,
       'does not hold ' || t.tenant_column || ': a refused value tells that another tenant has it' as message,
       'Make it again with the tenant column first.' as remedy
  from target t
  join columns_of_tenant c on true
  join pg_index i on i.indrelid = c.oid and (i.indisunique or i.indisexclusion)
 where t.tenancy = 'shared'
   and not c.attnums && (i.indkey::int2[])[0:i.indnkeyatts - 1]
union all
select 'error', true, 'constraint ' || k.conrelid::regclass || ' ' || quote_ident(k.conname),
       'links to ' || k.confrelid::regclass || ' without the tenant: a row may point at another tenant''s',
       'Make it again as (tenant, column) references (tenant, column).'
  from target t
  join columns_of_tenant c on true
  join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
  join columns_of_tenant p on p.oid = k.confrelid
 where t.tenancy = 'shared'
   and not exists (select from unnest(k.conkey, k.confkey) as x(one, other) where x.one = any (c.attnums) and x.other = any (p.attnums))
union all
-- Inside a schema of one's own every row is one's own; a link that leaves the schema is not.
select 'error', true, 'constraint ' || k.conrelid::regclass || ' ' || quote_ident(k.conname),
       'links to ' || k.confrelid::regclass || ' of another schema',
       format('alter table %s drop constraint %I;', k.conrelid::regclass, k.conname)
  from relation r
  join pg_constraint k on k.conrelid = r.oid and k.contype = 'f'
  join pg_class f on f.oid = k.confrelid
 where f.relnamespace <> all ($2::oid[])
   and f.relnamespace not in (select n.oid from pg_namespace n where n.nspname = 'federation')
