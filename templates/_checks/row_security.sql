-- title: row security is on and forced wherever rows of tenants stand, partitions and children as well
-- why: Without it policies are only text; without FORCE the owner, and every view and function of the owner, passes.
-- scope: target
-- example: alter table hr_tenant.contacts no force row level security
-- mended: alter table hr_tenant.contacts force row level security
select 'error' as severity, true as isolation, 'table ' || r.name as object,
       concat_ws(' and ', case when not r.relrowsecurity then 'row level security is disabled' end, case when not r.relforcerowsecurity then 'it is not forced' end) as message,
       format('alter table %s enable row level security, force row level security;', r.name) as remedy
  from relation r
  cross join target t
 where r.relkind in ('r', 'p') and not (r.relrowsecurity and r.relforcerowsecurity)
   and coalesce((select p.scope from pack_table p where p.oid = r.oid limit 1), 'tenant') <> 'reference'
