-- The service is nobody's from here on; then what stands is shown. Each query says what it must return.
use role ACCOUNTADMIN;
revoke role MCP_SERVICE_ROLE from role SYSADMIN;
use database "CLAUDE_BI";
-- 2: landing table and dynamic table.
select count(*) from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA in ('LANDING', 'ACTIVITY') and TABLE_NAME in ('RAW_EVENTS', 'EVENTS');
-- 3, all owned by MCP_SERVICE_ROLE.
select count(*) from INFORMATION_SCHEMA.PROCEDURES where PROCEDURE_SCHEMA = 'MCP' and PROCEDURE_OWNER = 'MCP_SERVICE_ROLE';
-- 6.
select count(*) from INFORMATION_SCHEMA.VIEWS where TABLE_SCHEMA = 'MCP';
-- None: users hold no privilege on a table.
select * from INFORMATION_SCHEMA.OBJECT_PRIVILEGES where GRANTEE = 'MCP_USER_ROLE' and OBJECT_TYPE in ('TABLE', 'VIEW');
