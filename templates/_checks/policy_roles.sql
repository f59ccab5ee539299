-- title: policies are written for PUBLIC and ask for the role inside
-- why: A policy written TO a group can be dropped by any member of the group, for all tenants: DROP OWNED BY the group.
-- scope: target
-- example: alter policy isolation on hr_tenant.contacts to federation_tenant
-- mended: alter policy isolation on hr_tenant.contacts to public
select 'error' as severity, true as isolation, 'policy ' || r.name || ' ' || quote_ident(p.polname) as object,
       'is written to ' || quote_ident(g.rolname) || ', and its members can drop it' as message,
       format('alter policy %I on %s to public; Ask for the role in its expression.', p.polname, r.name) as remedy
  from relation r
  join pg_policy p on p.polrelid = r.oid
  cross join lateral unnest(p.polroles) as o(oid)
  join pg_roles g on g.oid = o.oid
 where g.oid in (select oid from tenant_side)
