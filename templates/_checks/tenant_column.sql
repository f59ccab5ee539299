-- title: every row has a tenant
-- why: A row without a tenant belongs to nobody and is shown to whoever asks for "no tenant".
-- scope: target
-- example: alter table hr_tenant.contacts drop constraint idx_contacts_department cascade, alter column department drop not null
-- mended: alter table hr_tenant.contacts add constraint idx_contacts_department primary key (department, id)
select 'error' as severity, true as isolation, 'table ' || p.name as object,
       case when c.oid is null then 'has no column ' || t.tenant_column
            else 'column ' || t.tenant_column || ' accepts null' end as message,
       case when c.oid is null then format('alter table %s add column %I …; Or declare the table as scope: reference.', p.name, t.tenant_column)
            else format('alter table %s alter column %I set not null;', p.name, t.tenant_column) end as remedy
  from target t
  join pack_table p on p.scope <> 'reference'
  left join columns_of_tenant c on c.oid = p.oid
  left join pg_attribute a on a.attrelid = c.oid and a.attnum = c.tenant_attnum
 where t.tenant_column is not null and (c.oid is null or (not a.attnotnull and p.scope = 'tenant'))
