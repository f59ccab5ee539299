-- title: every granted command has a policy that can allow it
-- why: Row security without a permissive policy refuses everything; the tenant cannot work.
-- scope: target
-- example: drop policy isolation on hr_tenant.api_keys; drop policy admin_bypass on hr_tenant.api_keys
-- mended: create policy isolation on hr_tenant.api_keys using (department = (select federation.current_tenant())); create policy admin_bypass on hr_tenant.api_keys using ((select pg_has_role('federation_admin_role', 'usage')))
select 'warning' as severity, false as isolation, 'table ' || r.name as object,
       lower(x.privilege_type) || ' is granted to ' || quote_ident(pg_get_userbyid(x.grantee)) || ', and no permissive policy allows it' as message,
       'Write a permissive policy for the command, or revoke the privilege.' as remedy
  from relation r
  cross join lateral aclexplode(r.relacl) x
  cross join lateral (select case x.privilege_type when 'SELECT' then 'r' when 'INSERT' then 'a' when 'UPDATE' then 'w' when 'DELETE' then 'd' end) c(command)
 where r.relkind in ('r', 'p') and r.relrowsecurity and x.grantee <> r.relowner and c.command is not null
   and not exists (select from pg_policy p where p.polrelid = r.oid and p.polpermissive and p.polcmd::text in (c.command, '*'))
