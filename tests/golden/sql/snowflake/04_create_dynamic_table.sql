-- Clean, deduplicated events. Ids are those given, or a hash of the content, so that a refresh can be incremental and the
-- same event keeps its id. Reserved namespaces come from the procedures' lanes only, in any letter case.
use role MCP_SERVICE_ROLE;
use database "CLAUDE_BI";
create dynamic table if not exists ACTIVITY.EVENTS
  target_lag = '1 minute'
  warehouse = DT_XS_WH
as
select
  coalesce(r.PAYLOAD:event_id::varchar, 'sys_' || sha2(to_json(r.PAYLOAD), 256)) as EVENT_ID,
  try_to_timestamp_tz(r.PAYLOAD:occurred_at::varchar) as OCCURRED_AT,
  r.PAYLOAD:actor_id::varchar as ACTOR_ID,
  r.PAYLOAD:action::varchar as ACTION,
  r.PAYLOAD:object:type::varchar as OBJECT_TYPE,
  r.PAYLOAD:object:id::varchar as OBJECT_ID,
  coalesce(r.PAYLOAD:source::varchar, '') as SOURCE,
  coalesce(r.PAYLOAD:schema_version::varchar, '2.1.0') as SCHEMA_VERSION,
  r.PAYLOAD:attributes as ATTRIBUTES,
  r.PAYLOAD:depends_on_event_id::varchar as DEPENDS_ON_EVENT_ID,
  r._SOURCE_LANE as _SOURCE_LANE,
  r._RECV_AT as _RECV_AT
from LANDING.RAW_EVENTS r
where r.PAYLOAD:action is not null
  and try_to_timestamp_tz(r.PAYLOAD:occurred_at::varchar) is not null
  and length(to_json(r.PAYLOAD)) < 1000000
  and (r._SOURCE_LANE in ('MCP', 'ADMIN')
       or not (lower(r.PAYLOAD:action::varchar) regexp '(system|mcp|quality)[.].*'
               or lower(coalesce(r.PAYLOAD:source::varchar, '')) in ('system', 'mcp', 'quality')))
qualify row_number() over (
  partition by coalesce(r.PAYLOAD:event_id::varchar, 'sys_' || sha2(to_json(r.PAYLOAD), 256)), coalesce(r.PAYLOAD:source::varchar, '')
  order by r._RECV_AT) = 1;
