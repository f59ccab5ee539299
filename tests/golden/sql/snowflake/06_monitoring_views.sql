-- The monitoring views of the original. They read with the rights of the service, and only administrators may read them.
use role MCP_SERVICE_ROLE;
use database "CLAUDE_BI";

create or replace secure view MCP.CURRENT_USER_PERMISSIONS as
select PAYLOAD:object:id::varchar as USERNAME, PAYLOAD:actor_id::varchar as GRANTED_BY, PAYLOAD:occurred_at::timestamp_tz as GRANTED_AT,
       PAYLOAD:attributes:allowed_actions as ALLOWED_ACTIONS, PAYLOAD:attributes:max_rows::integer as MAX_ROWS,
       PAYLOAD:attributes:daily_runtime_budget_s::integer as DAILY_RUNTIME_BUDGET_S, PAYLOAD:attributes:can_export::boolean as CAN_EXPORT,
       PAYLOAD:attributes:expires_at::timestamp_tz as EXPIRES_AT,
       case when PAYLOAD:action::varchar = 'system.permission.revoked' then 'REVOKED'
            when PAYLOAD:attributes:expires_at::timestamp_tz <= current_timestamp() then 'EXPIRED' else 'ACTIVE' end as STATUS,
       PAYLOAD:attributes:reason::varchar as REVOCATION_REASON
from LANDING.RAW_EVENTS
where _SOURCE_LANE = 'ADMIN' and PAYLOAD:action::varchar in ('system.permission.granted', 'system.permission.revoked')
qualify row_number() over (partition by PAYLOAD:object:id::varchar
  order by PAYLOAD:occurred_at::timestamp_tz desc, iff(PAYLOAD:action::varchar = 'system.permission.revoked', 1, 0) desc) = 1;

create or replace secure view MCP.QUERY_ACTIVITY_LAST_24H as
select ACTOR_ID as "USER", OCCURRED_AT, ATTRIBUTES:window::varchar as QUERY_WINDOW, ATTRIBUTES:rows_requested::integer as ROWS_REQUESTED,
       ATTRIBUTES:execution_time_ms::float as EXECUTION_TIME_MS, ATTRIBUTES:plan as QUERY_PLAN, ATTRIBUTES:query_id::varchar as QUERY_ID, ACTION
from ACTIVITY.EVENTS
where ACTION in ('mcp.query.executed', 'mcp.query.rejected') and OCCURRED_AT > dateadd('hour', -24, current_timestamp());

create or replace secure view MCP.USER_RUNTIME_LAST_24H as
select ACTOR_ID as "USER", count(*) as QUERIES_EXECUTED, sum(ATTRIBUTES:execution_time_ms::float) / 1000 as SECONDS_USED,
       max(ATTRIBUTES:execution_time_ms::float) / 1000 as MAX_QUERY_SECONDS, avg(ATTRIBUTES:execution_time_ms::float) / 1000 as AVG_QUERY_SECONDS
from ACTIVITY.EVENTS
where ACTION = 'mcp.query.executed' and OCCURRED_AT > dateadd('day', -1, current_timestamp())
group by ACTOR_ID;

create or replace secure view MCP.PERMISSION_CHANGES_LAST_30D as
select OCCURRED_AT, ACTOR_ID as CHANGED_BY, ACTION, OBJECT_ID as USER_AFFECTED,
       case ACTION when 'system.permission.granted' then 'GRANTED' when 'system.permission.revoked' then 'REVOKED' else 'UNKNOWN' end as CHANGE_TYPE,
       ATTRIBUTES:allowed_actions as ALLOWED_ACTIONS, ATTRIBUTES:max_rows::integer as MAX_ROWS,
       ATTRIBUTES:daily_runtime_budget_s::integer as RUNTIME_BUDGET_S, ATTRIBUTES:expires_at::timestamp_tz as EXPIRES_AT, ATTRIBUTES:reason::varchar as REASON
from ACTIVITY.EVENTS
where ACTION like 'system.permission.%' and OCCURRED_AT > dateadd('day', -30, current_timestamp());

create or replace secure view MCP.QUERY_REJECTIONS_LAST_7D as
select OCCURRED_AT, ACTOR_ID as "USER", ATTRIBUTES:error::varchar as REJECTION_REASON, ATTRIBUTES:plan as ATTEMPTED_PLAN
from ACTIVITY.EVENTS
where ACTION = 'mcp.query.rejected' and OCCURRED_AT > dateadd('day', -7, current_timestamp());

create or replace secure view MCP.SYSTEM_HEALTH_HOURLY as
select date_trunc('hour', OCCURRED_AT) as HOUR, count(*) as TOTAL_QUERIES, count(distinct ACTOR_ID) as UNIQUE_USERS,
       count_if(ACTION = 'mcp.query.executed') as SUCCESSFUL_QUERIES, count_if(ACTION = 'mcp.query.rejected') as REJECTED_QUERIES,
       avg(ATTRIBUTES:execution_time_ms::float) as AVG_EXECUTION_MS, max(ATTRIBUTES:execution_time_ms::float) as MAX_EXECUTION_MS
from ACTIVITY.EVENTS
where ACTION in ('mcp.query.executed', 'mcp.query.rejected') and OCCURRED_AT > dateadd('day', -7, current_timestamp())
group by 1;

grant select on view MCP.CURRENT_USER_PERMISSIONS to role MCP_ADMIN_ROLE;
grant select on view MCP.QUERY_ACTIVITY_LAST_24H to role MCP_ADMIN_ROLE;
grant select on view MCP.USER_RUNTIME_LAST_24H to role MCP_ADMIN_ROLE;
grant select on view MCP.PERMISSION_CHANGES_LAST_30D to role MCP_ADMIN_ROLE;
grant select on view MCP.QUERY_REJECTIONS_LAST_7D to role MCP_ADMIN_ROLE;
grant select on view MCP.SYSTEM_HEALTH_HOURLY to role MCP_ADMIN_ROLE;
