-- title: whoever may log in for a tenant may connect to this database
-- why: A login without CONNECT is locked out of all that it owns the right to.
-- scope: server
-- example: revoke connect on database "{database}" from public
-- mended: grant connect on database "{database}" to public
select 'error' as severity, false as isolation, 'role ' || quote_ident(m.name) as object,
       'may not connect to database ' || quote_ident(current_database()) as message,
       format('grant connect on database %I to %I;', current_database(), m.name) as remedy
  from managed_role m
  join pg_roles r on r.oid = m.oid
 where m.kind in ('tenant', 'gateway') and r.rolcanlogin
   and not has_database_privilege(r.oid, (select b.oid from pg_database b where b.datname = current_database()), 'connect')
union all
select 'error', false, 'database ' || quote_ident(b.datname), 'lets nobody connect but superusers (CONNECTION LIMIT 0)',
       format('alter database %I with connection limit -1;', b.datname)
  from pg_database b
 where b.datname = current_database() and b.datconnlimit = 0
