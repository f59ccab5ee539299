-- The procedures, in Snowflake Scripting. They are owned by MCP_SERVICE_ROLE and run with its rights. Permissions and budgets are read
-- from the landing table: they hold at once, whatever the lag of the dynamic table.
use role MCP_SERVICE_ROLE;
use database "CLAUDE_BI";

create or replace procedure MCP.EXECUTE_QUERY_PLAN(PLAN variant)
returns table (EVENT_ID varchar, OCCURRED_AT timestamp_tz, ACTOR_ID varchar, ACTION varchar, OBJECT_TYPE varchar, OBJECT_ID varchar, ATTRIBUTES variant)
language sql
execute as owner
as
$$
declare
  asking varchar := current_user();
  query_id varchar := uuid_string();
  started timestamp_tz := current_timestamp();
  granted variant;
  reason varchar;
  max_rows integer;
  used_s float;
  row_limit integer;
  days integer;
  answer resultset;
begin
  -- The latest event decides; a revocation wins ties. User names are upper case on both sides.
  select any_value(PAYLOAD) into :granted from (
    select PAYLOAD from LANDING.RAW_EVENTS
     where _SOURCE_LANE = 'ADMIN' and PAYLOAD:object:id::varchar = :asking
       and PAYLOAD:action::varchar in ('system.permission.granted', 'system.permission.revoked')
     order by PAYLOAD:occurred_at::timestamp_tz desc, iff(PAYLOAD:action::varchar = 'system.permission.revoked', 1, 0) desc
     limit 1);
  max_rows := granted:attributes:max_rows::integer;
  days := case coalesce(plan:window::varchar, 'last_30d') when 'last_7d' then 7 when 'last_30d' then 30 when 'last_90d' then 90 end;
  row_limit := coalesce(plan:limit::integer, least(100, max_rows));
  reason := case
    when granted is null then 'you have no permission'
    when granted:action = 'system.permission.revoked' then 'your permission was revoked'
    when granted:attributes:expires_at::timestamp_tz <= current_timestamp() then 'your permission has expired'
    when typeof(plan) is distinct from 'OBJECT' or array_size(array_except(object_keys(plan), array_construct('actions', 'window', 'limit'))) > 0
      then 'a plan has actions, window and limit, and nothing else'
    when typeof(plan:actions) is distinct from 'ARRAY' or array_size(plan:actions) = 0 then 'actions must be a list'
    when array_size(array_except(plan:actions, granted:attributes:allowed_actions)) > 0 then 'you may not ask for these actions'
    when days is null then 'window must be last_7d, last_30d or last_90d'
    when row_limit < 0 or row_limit > max_rows then 'limit exceeds your rows'
  end;
  if (reason is null) then
    -- The reservation comes before the sum: of two calls at once, each counts the other.
    insert into LANDING.RAW_EVENTS (PAYLOAD, _SOURCE_LANE)
      select object_construct('event_id', 'mcp_' || :query_id, 'action', 'mcp.query.accepted', 'occurred_at', :started, 'actor_id', :asking,
                              'source', 'mcp', 'attributes', object_construct('query_id', :query_id, 'reserved_ms', 10000)), 'MCP';
    select coalesce(sum(cost), 0) / 1000 into :used_s from (
      select coalesce(max(PAYLOAD:attributes:execution_time_ms::float), max(PAYLOAD:attributes:reserved_ms::float)) as cost
        from LANDING.RAW_EVENTS
       where _SOURCE_LANE = 'MCP' and PAYLOAD:actor_id::varchar = :asking and PAYLOAD:action::varchar in ('mcp.query.accepted', 'mcp.query.executed')
         and _RECV_AT > dateadd('day', -1, current_timestamp())
       group by PAYLOAD:attributes:query_id::varchar);
    if (used_s > granted:attributes:daily_runtime_budget_s::float) then
      reason := 'your runtime budget of today is used up';
      insert into LANDING.RAW_EVENTS (PAYLOAD, _SOURCE_LANE)
        select object_construct('event_id', 'mcp_' || :query_id || ':executed', 'action', 'mcp.query.executed', 'occurred_at', current_timestamp(),
                                'actor_id', :asking, 'source', 'mcp', 'attributes', object_construct('query_id', :query_id, 'execution_time_ms', 0)), 'MCP';
    end if;
  end if;
  if (reason is not null) then
    insert into LANDING.RAW_EVENTS (PAYLOAD, _SOURCE_LANE)
      select object_construct('event_id', 'mcp_' || :query_id || ':rejected', 'action', 'mcp.query.rejected', 'occurred_at', current_timestamp(),
                              'actor_id', :asking, 'source', 'mcp', 'attributes', object_construct('plan', :plan, 'error', :reason)), 'MCP';
    -- Statements are committed one by one: what was recorded stays, and the caller hears why.
    answer := (select 'mcp_' || :query_id || ':rejected' as EVENT_ID, current_timestamp()::timestamp_tz as OCCURRED_AT, :asking as ACTOR_ID,
                      'mcp.query.rejected' as ACTION, null::varchar as OBJECT_TYPE, null::varchar as OBJECT_ID,
                      object_construct('error', :reason)::variant as ATTRIBUTES);
    return table(answer);
  end if;
  answer := (select EVENT_ID, OCCURRED_AT, ACTOR_ID, ACTION, OBJECT_TYPE, OBJECT_ID, ATTRIBUTES
               from ACTIVITY.EVENTS
              where array_contains(ACTION::variant, :plan:actions) and OCCURRED_AT >= dateadd('day', - :days, current_timestamp())
              order by OCCURRED_AT desc limit :row_limit);
  insert into LANDING.RAW_EVENTS (PAYLOAD, _SOURCE_LANE)
    select object_construct('event_id', 'mcp_' || :query_id || ':executed', 'action', 'mcp.query.executed', 'occurred_at', current_timestamp(),
                            'actor_id', :asking, 'source', 'mcp', 'attributes', object_construct('query_id', :query_id, 'plan', :plan,
                            'rows_requested', :row_limit, 'window', :days, 'execution_time_ms', datediff('millisecond', :started, current_timestamp()))), 'MCP';
  return table(answer);
end
$$;

grant usage on procedure MCP.EXECUTE_QUERY_PLAN(variant) to role MCP_USER_ROLE;
