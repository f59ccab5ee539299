-- Everything that arrives. The lane says who wrote: only the procedures write the lanes MCP and ADMIN, because nobody else
-- may write at all. What payload.source claims proves nothing.
use role MCP_SERVICE_ROLE;
use database "CLAUDE_BI";
create table if not exists LANDING.RAW_EVENTS (
  PAYLOAD variant not null,
  _SOURCE_LANE varchar not null default 'DIRECT',
  _RECV_AT timestamp_tz not null default current_timestamp()
) change_tracking = true;
