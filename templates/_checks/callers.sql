-- title: who uses a pack without tenants can do what pack.yaml lists, and nothing else
-- why: Its procedures ask who may do what; a table that can be read, or a function that can be called besides, is never asked.
-- scope: target
-- example: grant execute on function mcp.expire_pending(interval) to mcp_user
-- mended: revoke execute on function mcp.expire_pending(interval) from mcp_user
-- pack: activity
with role as (
  select r.oid, r.rolname, x.execute, x.read
    from declared
    cross join jsonb_to_recordset(d->'roles') as x(name name, kind text, target text, execute jsonb, read jsonb)
    join pg_roles r on r.rolname = x.name
    join managed_schema s on s.target = x.target and s.oid = any ($2::oid[])
   where x.kind in ('caller', 'operator')
   group by 1, 2, 3, 4
), routine as (
  select p.oid, n.nspname || '.' || p.proname as name, p.oid::regprocedure::text as said, n.oid as schema, case p.prokind when 'p' then 'procedure' else 'function' end as what
    from pg_depend d join pg_proc p on p.oid = d.objid join pg_namespace n on n.oid = p.pronamespace
   where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any ($2::oid[]) and d.classid = 'pg_proc'::regclass
), readable as (
  select r.oid, n.nspname || '.' || r.relname as name, r.name as said, n.oid as schema, r.relkind
    from relation r join pg_namespace n on n.oid = r.relnamespace
   where r.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
)
select 'error' as severity, true as isolation, f.what || ' ' || f.said as object,
       quote_ident(r.rolname) || ' may execute it, and pack.yaml does not list it' as message,
       format('revoke execute on %s %s from public, %I;', f.what, f.said, r.rolname) as remedy
  from role r join routine f on has_function_privilege(r.oid, f.oid, 'execute')
 where not r.execute ? f.name
union all
select 'error', false, 'function ' || x.name, quote_ident(r.rolname) || ' may not execute it, and pack.yaml says that it may',
       coalesce((select format('grant execute on %s %s to %I;', f.what, f.said, r.rolname) from routine f where f.name = x.name limit 1), 'Apply the pack again: the function is gone.')
  from role r cross join jsonb_array_elements_text(r.execute) as x(name)
 where not exists (select from routine f where f.name = x.name and has_function_privilege(r.oid, f.oid, 'execute') and has_schema_privilege(r.oid, f.schema, 'usage'))
union all
select 'error', true, case t.relkind when 'v' then 'view ' when 'S' then 'sequence ' else 'table ' end || t.said,
       quote_ident(r.rolname) || ' may ' || p.privilege || ' it, and pack.yaml does not list it',
       format('revoke all on %s %s from public, %I;', case t.relkind when 'S' then 'sequence' else 'table' end, t.said, r.rolname)
  from role r
  cross join readable t
  cross join lateral (
    select string_agg(k.privilege, ', ' order by k.privilege) as privilege
      from unnest(case when t.relkind = 'S' then array['usage', 'select', 'update'] else array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'] end) as k(privilege)
     where case when t.relkind = 'S' then has_sequence_privilege(r.oid, t.oid, k.privilege)
                when k.privilege in ('select', 'insert', 'update', 'references') then has_any_column_privilege(r.oid, t.oid, k.privilege)
                else has_table_privilege(r.oid, t.oid, k.privilege) end
       and not (k.privilege = 'select' and r.read ? t.name)) p
 where p.privilege is not null
union all
select 'error', false, 'relation ' || x.name, quote_ident(r.rolname) || ' may not read it, and pack.yaml says that it may',
       format('grant select on %s to %I;', x.name, r.rolname)
  from role r cross join jsonb_array_elements_text(r.read) as x(name)
 where not exists (select from readable t where t.name = x.name and has_table_privilege(r.oid, t.oid, 'select') and has_schema_privilege(r.oid, t.schema, 'usage'))
