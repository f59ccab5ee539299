-- title: each role acts for the tenant that it was made for, and no other role acts for it
-- why: Every policy asks federation.tenants who the role is. Who is written there reads that tenant's rows.
-- scope: server
-- as: owner
-- example: insert into federation.tenants (role_name, tenant_id, pack, department_id) values ('spy', 'hr', 'another', 'hr')
-- mended: delete from federation.tenants where role_name = 'spy'
with wanted as (
  select x.* from declared, jsonb_to_recordset(d->'tenants') as x(role text, tenant text, department text)
)
select 'error' as severity, true as isolation, 'role ' || quote_ident(coalesce(t.role_name, w.role)) as object,
       case when w.role is null then 'acts for tenant ' || t.tenant_id || ', and nobody made it for that'
            when t.role_name is null then 'is bound to no tenant'
            else 'acts for tenant ' || t.tenant_id || ' instead of ' || w.tenant end as message,
       case when w.role is null then format('delete from federation.tenants where role_name = %L;', t.role_name)
            when t.role_name is null then 'Apply the department again from its second script on (fedgen rollback --to 1, fedgen apply).'
            else format('update federation.tenants set tenant_id = %L, department_id = %L where role_name = %L;', w.tenant, w.department, w.role) end as remedy
  -- Where an application speaks for all tenants, a tenant has no role.
  from (select * from federation.tenants where role_name is not null) t
  full join wanted w on w.role = t.role_name
 where t.role_name is null or w.role is null
    or (t.tenant_id, t.department_id) is distinct from (w.tenant, w.department)
union all
select 'warning', false, coalesce('role ' || quote_ident(t.role_name), 'tenant ' || t.tenant_id), 'is suspended: it sees nothing', 'fedgen tenant resume'
  from federation.tenants t
 where t.status <> 'active'
