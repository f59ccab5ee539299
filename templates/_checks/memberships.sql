-- title: nobody is a member of fedgen's roles, and they of nobody, but as rendered
-- why: A member has the rights of the role, or can take them by SET ROLE; policies then take it for the tenant.
-- scope: server
-- example: grant sales_role to hr_role
-- mended: revoke sales_role from hr_role
with edge as (
  select g.oid as role_oid, g.rolname as role_name, mg.kind as role_kind, mg.target as role_target,
         m.oid as member_oid, m.rolname as member_name, mm.kind as member_kind, mm.target as member_target, m.rolsuper as member_is_super,
         a.admin_option, /*16+ a.inherit_option or */ false as inherits,
         exists (select from trusted_role t where t.oid = m.oid) as member_is_trusted
    from pg_auth_members a
    join pg_roles g on g.oid = a.roleid
    join pg_roles m on m.oid = a.member
    left join managed_role mg on mg.oid = g.oid
    left join managed_role mm on mm.oid = m.oid
   where mg.oid is not null or mm.oid is not null
), judged as (
  select e.*,
         (e.member_kind = 'tenant' and e.role_kind = 'group')
         or (e.member_kind = 'tenant' and e.role_kind = 'pack' and e.member_target = e.role_target)
         or (e.member_kind = 'pack' and e.role_kind = 'group')
         or (e.member_kind = 'gateway' and e.role_kind = 'tenant')
         -- Logins that use a pack without tenants, or run it, and the role that makes them.
         or (e.member_kind is null and not e.member_is_trusted and e.role_kind in ('caller', 'operator'))
         or (e.member_kind = 'accounts' and e.role_kind = 'caller' and e.member_target = e.role_target)
         or (e.member_kind = 'accounts' and e.role_kind is null and exists (
              select from pg_auth_members x join managed_role c on c.oid = x.roleid and c.kind = 'caller' and c.target = e.member_target
               where x.member = e.role_oid)) as rendered
    from edge e
)
select 'error' as severity, true as isolation,
       'membership of ' || quote_ident(j.member_name) || ' in ' || quote_ident(j.role_name) as object,
       case when j.rendered and j.admin_option then 'it may pass the role on (ADMIN OPTION)'
            when j.rendered then 'the gateway inherits the rights of this tenant'
            when j.member_kind is not null then 'no script made it a member: it has the rights of ' || quote_ident(j.role_name)
            else 'an outsider has the rights of a role of fedgen' end as message,
       case when j.rendered and j.admin_option then format('revoke admin option for %I from %I;', j.role_name, j.member_name)
            when j.rendered then format('revoke inherit option for %I from %I;', j.role_name, j.member_name)
            else format('revoke %I from %I;', j.role_name, j.member_name)
              || case when j.member_kind is null then ' Or name the role under validate.trustedRoles.' else '' end end as remedy
  from judged j
 where not j.member_is_super
   and case when j.rendered then (j.admin_option and j.member_kind is distinct from 'accounts') /*16+ or (j.member_kind = 'gateway' and j.inherits) */
            else not j.member_is_trusted end
