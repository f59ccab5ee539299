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
select 'note', false, 'temporary tables in database ' || quote_ident(current_database()),
       'PUBLIC may create temporary tables: functions without a pinned search_path can be misled by them',
       format('revoke temporary on database %I from public;', current_database())
  from pg_database b, aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) x
 where b.datname = current_database() and x.grantee = 0 and x.privilege_type = 'TEMPORARY'
