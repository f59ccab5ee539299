-- would destroy hr_tenant.a: 1 row
-- would destroy hr_tenant.b: 1204 rows
-- rollback of 0003_create_core_execution
drop table a;
drop table b;

-- rollback of 0002_register_department
delete from x;

