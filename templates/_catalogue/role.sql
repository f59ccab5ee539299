-- The tenant's role ($2): what it can do at all. Roles belong to the whole cluster; who may not be what is for the checks.
select 'role' as kind, quote_ident(r.rolname) as name,
       json_build_object(
         'login', r.rolcanlogin,
         'inherits', r.rolinherit,
         'password', case when r.rolvaliduntil < now() then 'expired' end,
         'connections', case when r.rolconnlimit = 0 then 'none' end,
         'member of', (select json_agg(g.rolname /*16+ || case when m.inherit_option then '' else ' (does not inherit)' end */ order by g.rolname collate "C")
                         from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid)) as properties
  from pg_roles r
 where r.rolname = any ($2::name[])
