-- title: the department is active
-- why: One that is not ACTIVE shares nothing, and its provisioning did not come to an end.
-- scope: rows
-- as: owner
-- example: update federation.departments set status = 'FAILED' where department_id = 'hr'
-- mended: update federation.departments set status = 'ACTIVE' where department_id = 'hr'
select case when d.status in ('PROVISIONING', 'FAILED') then 'error' else 'warning' end as severity, false as isolation,
       'department ' || d.department_id as object, 'is ' || d.status as message,
       case when d.status in ('PROVISIONING', 'FAILED') then format('fedgen apply --department-id %s; when nothing is pending: update federation.departments set status = ''ACTIVE'' where department_id = %L;', d.department_id, d.department_id)
            else format('fedgen rollback --department-id %s --all', d.department_id) end as remedy
  from federation.departments d
  join managed_schema n on n.target = d.department_id and n.oid = any ($2::oid[])
 where d.status <> 'ACTIVE'
