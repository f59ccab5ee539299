-- fixture: federation

-- orphan: breaks completeness
-- given: set session_replication_role = replica
insert into hr_tenant.email_logs (session_id, tool_call_id, recipient_email, subject) values ('s', 'gone', 'a@example.org', 'x');

-- orphan-by-removal: breaks completeness
-- given: set session_replication_role = replica
delete from hr_tenant.tool_calls;

-- orphan-department: breaks completeness
-- given: set session_replication_role = replica
update federation.tenants set department_id = 'ghost', tenant_id = 'ghost' where role_name = 'hr_role';

-- linked-rows: harmless
insert into hr_tenant.email_logs (session_id, tool_call_id, recipient_email, subject) values ('s', 't1', 'a@example.org', 'x');
