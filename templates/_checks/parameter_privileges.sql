-- title: no tenant-side role may set or store a protected parameter
-- why: session_replication_role switches foreign keys and triggers off; a stored app.current_tenant_id speaks for a tenant.
-- scope: server
-- since: 15
-- example: grant set on parameter session_replication_role to hr_role
-- mended: revoke set on parameter session_replication_role from hr_role
select 'error' as severity, true as isolation, 'parameter ' || a.parname as object,
       case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end || ' holds ' || x.privilege_type as message,
       format('revoke %s on parameter %s from %s;', lower(x.privilege_type), a.parname, case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end) as remedy
  from pg_parameter_acl a
  cross join lateral aclexplode(a.paracl) x
 where x.grantee = 0 or x.grantee in (select oid from tenant_side) or x.grantee in (select oid from managed_role)
