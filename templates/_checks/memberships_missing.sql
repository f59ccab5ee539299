-- title: every tenant's role is in its group, and the gateway can become it
-- why: Without its group a tenant cannot ask who it is, and every policy answers no.
-- scope: server
-- example: revoke federation_tenant from hr_role
-- mended: grant federation_tenant to hr_role
select 'error' as severity, false as isolation, 'role ' || quote_ident(m.name) as object,
       'is not a member of ' || quote_ident(g.name) as message,
       format('grant %I to %I;', g.name, m.name) as remedy
  from managed_role m
  join managed_role g on (m.kind = 'tenant' and g.kind = 'group' and not exists (select from managed_role p where p.kind = 'pack' and p.target = m.target))
                      or (m.kind = 'tenant' and g.kind = 'pack' and g.target = m.target)
                      or (m.kind = 'pack' and g.kind = 'group')
 where not exists (select from pg_auth_members a where a.member = m.oid and a.roleid = g.oid)
union all
select 'error', false, 'role ' || quote_ident(w.name), 'cannot become ' || quote_ident(m.name) || ': pooled applications cannot act for this tenant',
       format('grant %I to %I;', m.name, w.name)
  from managed_role m
  join managed_role w on w.kind = 'gateway'
 where m.kind = 'tenant'
   and not exists (select from pg_auth_members a where a.member = w.oid and a.roleid = m.oid /*16+ and a.set_option */)
union all
select 'error', false, 'role ' || quote_ident(x.name), x.kind || ' role is missing',
       'Apply the target again; for a shared role roll the control plane back and apply it again.'
  from declared, jsonb_to_recordset(d->'roles') as x(name name, kind text)
 where not exists (select from pg_roles r where r.rolname = x.name)
