-- Permissions. Making logins is left to the administrator's own rights: CREATE USER in an owner's-rights procedure would need
-- an owner that may make users, and a password that a procedure returns stands in the query history.
use role MCP_SERVICE_ROLE;
use database "CLAUDE_BI";

create or replace procedure MCP.GRANT_USER_PERMISSION(USERNAME varchar, ALLOWED_ACTIONS array, MAX_ROWS number, DAILY_RUNTIME_BUDGET_S number, CAN_EXPORT boolean, EXPIRES_AT timestamp_tz)
returns varchar
language sql
execute as owner
as
$$
declare
  invalid exception (-20001, 'username, allowed_actions, max_rows, daily_runtime_budget_s and can_export must be given, and be no less than zero');
  reserved exception (-20002, 'the actions of system, mcp and quality cannot be asked for');
begin
  if (username is null or array_size(allowed_actions) is null or array_size(allowed_actions) = 0 or max_rows is null or max_rows < 0
      or daily_runtime_budget_s is null or daily_runtime_budget_s < 0 or can_export is null) then
    raise invalid;
  end if;
  if (regexp_like(array_to_string(allowed_actions, ' '), '(.* )?(system|mcp|quality)[.].*', 'i')) then
    raise reserved;
  end if;
  insert into LANDING.RAW_EVENTS (PAYLOAD, _SOURCE_LANE)
    select object_construct('event_id', 'sys_' || uuid_string(), 'action', 'system.permission.granted', 'occurred_at', current_timestamp(),
             'actor_id', current_user(), 'source', 'system', 'object', object_construct('type', 'user', 'id', upper(:username)),
             'attributes', object_construct('allowed_actions', :allowed_actions, 'max_rows', :max_rows, 'daily_runtime_budget_s', :daily_runtime_budget_s,
                                            'can_export', :can_export, 'expires_at', :expires_at, 'granted_by', current_user())), 'ADMIN';
  return 'Permission granted to ' || upper(username);
end
$$;

create or replace procedure MCP.REVOKE_USER_PERMISSION(USERNAME varchar, REASON varchar)
returns varchar
language sql
execute as owner
as
$$
declare
  unknown exception (-20003, 'this user has never had a permission');
  known integer;
begin
  select count(*) into :known from LANDING.RAW_EVENTS
   where _SOURCE_LANE = 'ADMIN' and PAYLOAD:action::varchar = 'system.permission.granted' and PAYLOAD:object:id::varchar = upper(:username);
  if (known = 0) then
    raise unknown;
  end if;
  insert into LANDING.RAW_EVENTS (PAYLOAD, _SOURCE_LANE)
    select object_construct('event_id', 'sys_' || uuid_string(), 'action', 'system.permission.revoked', 'occurred_at', current_timestamp(),
             'actor_id', current_user(), 'source', 'system', 'object', object_construct('type', 'user', 'id', upper(:username)),
             'attributes', object_construct('reason', :reason, 'revoked_by', current_user())), 'ADMIN';
  return 'Permission revoked from ' || upper(username);
end
$$;

grant usage on procedure MCP.GRANT_USER_PERMISSION(varchar, array, number, number, boolean, timestamp_tz) to role MCP_ADMIN_ROLE;
grant usage on procedure MCP.REVOKE_USER_PERMISSION(varchar, varchar) to role MCP_ADMIN_ROLE;

-- A user, by whoever may make users. The name is quoted in upper case, as CURRENT_USER() and the permission have it; the password is
-- yours to choose, and must be changed at the first login:
--   create user "JOHN_ANALYST" password = '…' must_change_password = true default_role = MCP_USER_ROLE default_warehouse = MCP_XS_WH;
--   grant role MCP_USER_ROLE to user "JOHN_ANALYST";
--   call MCP.GRANT_USER_PERMISSION('john_analyst', array_construct('order.placed'), 50000, 300, false, dateadd('year', 1, current_timestamp()));
