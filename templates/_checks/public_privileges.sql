-- title: PUBLIC can create nothing and use nothing that it was not born with
-- why: Every tenant is part of PUBLIC. Who can create in a schema of the search path plants functions that others call.
-- scope: server
-- example: grant create on database "{database}" to public
-- mended: revoke create on database "{database}" from public
select 'error' as severity, true as isolation, 'database ' || quote_ident(current_database()) as object,
       'PUBLIC may create schemas in it' as message,
       format('revoke create on database %I from public;', current_database()) as remedy
  from pg_database b, aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) x
 where b.datname = current_database() and x.grantee = 0 and x.privilege_type = 'CREATE'
union all
-- As shipped before version 15 PUBLIC may create in schema public: then it is a warning.
select case when i.initprivs is not null and n.nspacl is not distinct from i.initprivs then 'warning' else 'error' end,
       not (i.initprivs is not null and n.nspacl is not distinct from i.initprivs),
       'schema ' || quote_ident(n.nspname), 'PUBLIC may create objects in it',
       format('revoke create on schema %I from public;', n.nspname)
  from pg_namespace n
  cross join lateral aclexplode(n.nspacl) x
  left join pg_init_privs i on i.classoid = 'pg_namespace'::regclass and i.objoid = n.oid
 where x.grantee = 0 and x.privilege_type = 'CREATE' and n.oid not in (select oid from system_schema)
union all
select 'error', true, 'database ' || quote_ident(current_database()), 'is a template: whoever may create databases can copy it',
       format('alter database %I is_template false;', current_database())
  from pg_database b where b.datname = current_database() and b.datistemplate
union all
-- What an extension opens was opened by its author; whatever else everybody may use, somebody has opened by hand.
select distinct 'error', true,
       case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence ' else 'table ' end || c.oid::regclass,
       'PUBLIC, and so every tenant, holds ' || lower(x.privilege_type),
       format('revoke all on %s from public;', c.oid::regclass)
  from pg_namespace n
  join pg_class c on c.relnamespace = n.oid
  cross join lateral (
    select y.grantee, y.privilege_type from aclexplode(c.relacl) y
    union all
    select y.grantee, y.privilege_type from pg_attribute a, aclexplode(a.attacl) y where a.attrelid = c.oid and a.attacl is not null) x
 where x.grantee = 0
   and n.oid not in (select oid from system_schema) and n.oid not in (select oid from managed_schema)
   and exists (select from tenant_side t where has_schema_privilege(t.oid, n.oid, 'usage'))
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
union all
select 'note', false, 'temporary tables in database ' || quote_ident(current_database()),
       'PUBLIC may create temporary tables: functions without a pinned search_path can be misled by them',
       format('revoke temporary on database %I from public;', current_database())
  from pg_database b, aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) x
 where b.datname = current_database() and x.grantee = 0 and x.privilege_type = 'TEMPORARY'
