-- title: nothing outside the schemas of fedgen shows what stands in them
-- why: A view reads with the rights of its owner, a materialized view keeps rows, a foreign key tells what exists.
-- scope: server
-- example: create view public.people as select * from hr_tenant.contacts; grant select on public.people to sales_role
-- mended: drop view public.people
with recursive reading(relation, source) as (
  select r.ev_class, d.refobjid
    from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
   where r.oid >= 16384
), closure(relation, source) as (
  select relation, source from reading
  union
  select c.relation, r.source from closure c join reading r on r.relation = c.source
), found as (
  select distinct on (v.oid) v.oid, v.relkind, v.relowner, v.relnamespace, v.reloptions, s.oid as source
    from closure c
    join pg_class v on v.oid = c.relation and v.relkind in ('v', 'm', 'r', 'p', 'f')
    join pg_class s on s.oid = c.source
    join managed_schema ms on ms.oid = s.relnamespace
   where not exists (select from managed_schema mv where mv.oid = v.relnamespace and mv.target = ms.target)
   order by v.oid, s.oid
)
select case when w.readable then 'error' else 'warning' end as severity, w.readable as isolation,
       case f.relkind when 'v' then 'view ' when 'm' then 'materialized view ' else 'table ' end || f.oid::regclass as object,
       'shows ' || f.source::regclass || case when w.readable then ', and others than its owner may read it' else ', to its owner only' end as message,
       format('drop %s %s;', case f.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'rule … on' end, f.oid::regclass) as remedy
  from found f
  join pg_class v on v.oid = f.oid
  cross join lateral (
    select exists (select from aclexplode(v.relacl) x where x.grantee <> v.relowner)
        or exists (select from pg_attribute a, aclexplode(a.attacl) x where a.attrelid = v.oid and x.grantee <> v.relowner)
        or exists (select from tenant_side t where has_any_column_privilege(t.oid, v.oid, 'select, insert, update')) as readable) w
 where not (f.relkind = 'v' and exists (
         select from pg_options_to_table(f.reloptions) o
          where o.option_name = 'security_invoker' and o.option_value in ('true', 'on', '1', 'yes')))
union all
select 'error', true, 'constraint ' || quote_ident(k.conname) || ' on ' || k.conrelid::regclass,
       'refers to ' || k.confrelid::regclass || ' of another schema: it tells which keys exist there, and keeps rows from being deleted',
       format('alter table %s drop constraint %I;', k.conrelid::regclass, k.conname)
  from pg_constraint k
  join pg_class a on a.oid = k.conrelid
  join pg_class b on b.oid = k.confrelid
  join managed_schema mb on mb.oid = b.relnamespace
 where k.contype = 'f' and a.relnamespace <> b.relnamespace
   and not exists (select from managed_schema ma where ma.oid = a.relnamespace and (ma.target = mb.target or mb.target = 'federation'))
union all
select 'error', true, 'table ' || i.inhrelid::regclass, 'inherits from ' || i.inhparent::regclass || ' of another schema',
       format('alter table %s no inherit %s;', i.inhrelid::regclass, i.inhparent::regclass)
  from pg_inherits i
  join pg_class a on a.oid = i.inhrelid and a.relkind in ('r', 'p', 'f')
  join pg_class b on b.oid = i.inhparent
  join managed_schema mb on mb.oid = b.relnamespace
 where a.relnamespace <> b.relnamespace
union all
select 'error', true, 'table ' || i.inhparent::regclass, 'has the child ' || i.inhrelid::regclass || ', which belongs to another schema',
       format('alter table %s no inherit %s;', i.inhrelid::regclass, i.inhparent::regclass)
  from pg_inherits i
  join pg_class a on a.oid = i.inhrelid and a.relkind in ('r', 'p', 'f')
  join pg_class b on b.oid = i.inhparent
  join managed_schema ma on ma.oid = a.relnamespace
 where a.relnamespace <> b.relnamespace and b.relnamespace not in (select oid from managed_schema)
