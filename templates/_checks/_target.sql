-- What one target should be, as pack.yaml has it, and what stands in its schemas ($2).
target as materialized (
  select d->'target'->>'tenantColumn' as tenant_column, d->'target'->>'tenancy' as tenancy,
         (select o.oid from managed_role o where o.kind = 'owner') as owner
    from declared),
relation as materialized (/* _catalogue/_relation.sql */),
-- The server makes the constructors of a range type and keeps them: they belong to the first superuser, and no tenant's rows
-- come near them.
constructor as materialized (
  select p.oid
    from pg_depend d join pg_proc p on p.oid = d.objid join pg_depend y on y.classid = 'pg_proc'::regclass and y.objid = p.oid
    join pg_language l on l.oid = p.prolang and l.lanname = 'internal'
   where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($2::oid[]) and d.classid = 'pg_proc'::regclass
     and y.refclassid = 'pg_type'::regclass and y.deptype = 'i' and p.prosrc ~ '^(multi)?range_constructor[0-3]$'),
-- tables of the pack: scope tenant, reference or mixed; partitions and children count as their parents
pack_table as materialized (
  with recursive listed as (
    select r.oid, r.name, x.scope, coalesce(x."appendOnly", false) as append_only
      from declared
      cross join jsonb_to_recordset(d->'target'->'tables') as x(name text, schema text, scope text, "appendOnly" boolean)
      join relation r on r.relname = x.name and r.relnamespace::regnamespace::text = quote_ident(x.schema) and r.relkind in ('r', 'p')
    union
    select i.inhrelid, i.inhrelid::regclass::text, l.scope, l.append_only
      from listed l join pg_inherits i on i.inhparent = l.oid)
  select * from listed),
-- the tenant column, and columns that are generated from it (a nullable tenant needs one for its keys)
column_of_tenant as materialized (
  select p.oid, a.attnum, a.attnum as tenant_attnum
    from pack_table p cross join target t
    join pg_attribute a on a.attrelid = p.oid and a.attname = t.tenant_column and not a.attisdropped
  union
  select p.oid, g.attnum, a.attnum
    from pack_table p cross join target t
    join pg_attribute a on a.attrelid = p.oid and a.attname = t.tenant_column and not a.attisdropped
    join pg_attribute g on g.attrelid = p.oid and g.attgenerated <> ''
    join pg_attrdef d on d.adrelid = p.oid and d.adnum = g.attnum
   where exists (
     select from pg_depend x
      where x.refclassid = 'pg_class'::regclass and x.refobjid = p.oid and x.refobjsubid = a.attnum
        and ((x.classid = 'pg_class'::regclass and x.objid = p.oid and x.objsubid = g.attnum)
             or (x.classid = 'pg_attrdef'::regclass and x.objid = d.oid)))),
-- the same, one row a table
columns_of_tenant as materialized (
  select oid, array_agg(attnum) as attnums, min(tenant_attnum) as tenant_attnum from column_of_tenant group by oid)
