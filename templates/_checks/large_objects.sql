-- title: no large object is open to tenants
-- why: Large objects have no row security; whoever was granted one reads it whole.
-- scope: server
-- example: select lo_create(4711); grant select on large object 4711 to hr_role
-- mended: select lo_unlink(4711)
select 'error' as severity, true as isolation, 'large object ' || l.oid as object,
       case x.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(x.grantee)) end || ' may ' || x.privilege_type || ' it' as message,
       format('revoke all on large object %s from %s;', l.oid, case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end) as remedy
  from pg_largeobject_metadata l
  cross join lateral aclexplode(l.lomacl) x
 where x.grantee <> l.lomowner and (x.grantee = 0 or x.grantee in (select oid from tenant_side))
