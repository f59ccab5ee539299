-- title: every row that refers to another finds it
-- why: A restore with triggers switched off, or a key added under FORCE by an owner who sees no rows, leaves rows that point nowhere.
-- scope: rows
-- example: set session_replication_role = replica; insert into hr_tenant.email_logs (session_id, tool_call_id, recipient_email, subject) values ('s1', 'gone', 'a@example.org', 'hello')
-- mended: delete from hr_tenant.email_logs where tool_call_id = 'gone'
with reference as (
  select k.*, r.name, c.relkind, c.reltuples
    from relation r
    join pg_constraint k on k.conrelid = r.oid and k.contype = 'f' and k.conparentid = 0 and k.convalidated
    join pg_class c on c.oid = k.conrelid
), filled as (
  -- An empty heap points nowhere; partitioned tables have none of their own. To ask the file for its size, where that is allowed,
  -- spares the server from loading every table with all its policies.
  select m[1]::oid as oid
    from (select query_to_xml(format('select oid from unnest(%L::oid[]) as oid where %s', array_agg(distinct conrelid),
                   case when has_function_privilege('pg_stat_file(text, boolean)', 'execute') then '(pg_stat_file(pg_relation_filepath(oid), true)).size > 0'
                        else 'pg_relation_size(oid) > 0' end), false, false, '')::text as found
            from reference where relkind <> 'p') x
   cross join regexp_matches(x.found, '<oid>([0-9]+)</oid>', 'g') m
), link as (
  select k.oid, k.name, k.conname, k.confrelid::regclass::text as parent, k.reltuples,
         exists (select from pg_roles u where u.rolname = current_user and (u.rolsuper or u.rolbypassrls)) as sees_all,
         (select string_agg(format('c.%I = p.%I', a.attname, b.attname), ' and ') from unnest(k.conkey, k.confkey) x(one, other)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.one join pg_attribute b on b.attrelid = k.confrelid and b.attnum = x.other) as same,
         (select string_agg(format('c.%I is not null', a.attname), ' and ') from unnest(k.conkey) x(one) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.one) as complete
    from reference k
   where k.relkind = 'p' or k.conrelid in (select f.oid from filled f)
), tenancy as (
  -- A shared pack keeps a row for each tenant, and the registry another.
  select d->'target'->'tenantTable'->>'pack' as pack, r.name, a.attname as column
    from declared
    join relation r on r.relname = d->'target'->'tenantTable'->>'table' and r.relnamespace::regnamespace::text = quote_ident(d->'target'->'tenantTable'->>'schema')
    join pg_attribute a on a.attrelid = r.oid and a.attname = d->'target'->'tenantTable'->>'idColumn'
   where exists (select from pg_roles u where u.rolname = current_user and (u.rolsuper or u.rolbypassrls))
), judged as (
  -- Above a million rows the comparison would hold up others; the statement below is for a quiet hour.
  select l.*, l.reltuples > 1000000 as is_big,
         format('select 1 from %s c where %s and not exists (select from %s p where %s) limit 1', l.name, l.complete, l.parent, l.same) as sql
    from link l
)
select 'error' as severity, false as isolation, 'constraint ' || j.name || ' ' || quote_ident(j.conname) as object,
       'rows point to rows of ' || j.parent || ' that are not there' as message,
       format('Look at them: %s; restore what they point to, or delete them.', replace(j.sql, 'select 1 from', 'select c.* from')) as remedy
  from judged j
 where j.sees_all and not j.is_big
   and query_to_xml(j.sql, false, false, '')::text like '%<row%'
union all
select 'note', false, 'table ' || j.name, 'has some ' || j.reltuples::bigint || ' rows; whether all of them find what they refer to was not looked for',
       'Run in a quiet hour: ' || j.sql || ';'
  from judged j where j.sees_all and j.is_big
union all
select 'note', false, 'table ' || min(j.name), 'rows are hidden from ' || current_user || '; of ' || count(*) || ' references it was not looked whether they point nowhere',
       'Validate as a superuser once in a while.'
  from judged j where not j.sees_all
having count(*) > 0
union all
select 'error', false, 'table ' || y.name, w.what, 'Look at it: ' || w.sql || ';'
  from tenancy y
  cross join lateral (values
    ('has rows of tenants that are not registered: no application can become one of them',
     format('select %I from %s where %I::text not in (select tenant_id from federation.tenants where pack = %L)', y.column, y.name, y.column, y.pack)),
    ('lacks rows of tenants that are registered: nothing can refer to them',
     format('select tenant_id from federation.tenants where pack = %L and tenant_id not in (select %I::text from %s)', y.pack, y.column, y.name))) w(what, sql)
 where query_to_xml(w.sql || ' limit 1', false, false, '')::text like '%<row%'
