-- Before the objects, because the service owns them. The administrator does not inherit the service.
use role SECURITYADMIN;
-- Owns tables and procedures; granted to nobody.
create role if not exists MCP_SERVICE_ROLE;
-- May call EXECUTE_QUERY_PLAN.
create role if not exists MCP_USER_ROLE;
-- Manages users and permissions.
create role if not exists MCP_ADMIN_ROLE;
use role ACCOUNTADMIN;
use database "CLAUDE_BI";
grant usage on database "CLAUDE_BI" to role MCP_SERVICE_ROLE;
grant usage on database "CLAUDE_BI" to role MCP_USER_ROLE;
grant usage on database "CLAUDE_BI" to role MCP_ADMIN_ROLE;
grant usage on schema MCP to role MCP_USER_ROLE;
grant usage on schema MCP to role MCP_ADMIN_ROLE;
grant usage on schema LANDING to role MCP_SERVICE_ROLE;
grant create table on schema LANDING to role MCP_SERVICE_ROLE;
grant usage on schema ACTIVITY to role MCP_SERVICE_ROLE;
grant create dynamic table on schema ACTIVITY to role MCP_SERVICE_ROLE;
grant usage on schema MCP to role MCP_SERVICE_ROLE;
grant create procedure on schema MCP to role MCP_SERVICE_ROLE;
grant create view on schema MCP to role MCP_SERVICE_ROLE;
grant usage on warehouse DT_XS_WH to role MCP_SERVICE_ROLE;
grant usage on warehouse MCP_XS_WH to role MCP_SERVICE_ROLE;
grant usage on warehouse MCP_XS_WH to role MCP_USER_ROLE;
grant usage on warehouse MCP_XS_WH to role MCP_ADMIN_ROLE;
-- For the length of the deployment; 08_checks.sql takes it back.
grant role MCP_SERVICE_ROLE to role SYSADMIN;
