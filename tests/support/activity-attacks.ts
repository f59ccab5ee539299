/** SQLSTATE of a missing privilege. */
export const DENIED = '42501';
const PERMISSION = `'{order.placed}', 1000000, 1000000, true, null`;

/** Who tries. */
export type Actor = 'mallory' | 'admin' | 'superuser';
/** A statement and the answer that it gets. */
interface Attempt {
  readonly as: Actor;
  readonly sql: string;
  readonly answer: string;
}

/** What a user tries, the refusal that it gets, and the same done by who may: "@" is the prefix of the test's roles. */
export const ATTACKS: readonly (readonly [string, Omit<Attempt, 'as'>, Attempt])[] = [
  [
    'read the raw events',
    { sql: 'select payload from landing.raw_events', answer: DENIED },
    { as: 'superuser', sql: 'select count(*) > 0 from landing.raw_events', answer: 'true' },
  ],
  [
    'read the events',
    { sql: 'select event_id from activity.events', answer: DENIED },
    { as: 'admin', sql: 'select count(*) > 0 from activity.events', answer: 'true' },
  ],
  [
    'read the events by COPY',
    { sql: 'copy activity.events to stdout', answer: DENIED },
    {
      as: 'superuser',
      sql: `select has_table_privilege('@mcp_service', 'activity.events', 'select')`,
      answer: 'true',
    },
  ],
  [
    'learn another user’s permission from the view',
    { sql: 'select * from mcp.current_user_permissions', answer: DENIED },
    {
      as: 'admin',
      sql: `select max_rows from mcp.current_user_permissions where username = '@victim'`,
      answer: '777',
    },
  ],
  [
    'learn who had access when',
    { sql: 'select * from mcp.permissions_at()', answer: DENIED },
    {
      as: 'admin',
      sql: `select max_rows from mcp.permissions_at() where username = '@victim'`,
      answer: '777',
    },
  ],
  [
    'ask for the permission that decides',
    { sql: `select mcp.permission_at('@victim', now())`, answer: DENIED },
    {
      as: 'superuser',
      sql: `select (mcp.permission_at('@victim', now())).attributes ->> 'max_rows'`,
      answer: '777',
    },
  ],
  [
    'see what others have spent',
    { sql: `select mcp.runtime_used_ms('@victim', now())`, answer: DENIED },
    { as: 'superuser', sql: `select mcp.runtime_used_ms('@victim', now())`, answer: '0' },
  ],
  [
    'raise its own limits',
    { sql: `select mcp.grant_user_permission('@mallory', ${PERMISSION})`, answer: DENIED },
    {
      as: 'admin',
      sql: `select mcp.grant_user_permission('@mallory', ${PERMISSION})`,
      answer: 'Permission granted to @mallory',
    },
  ],
  [
    'revoke another’s',
    { sql: `select mcp.revoke_user_permission('@victim', 'x')`, answer: DENIED },
    {
      as: 'admin',
      sql: `select mcp.revoke_user_permission('@victim', 'x')`,
      answer: 'Permission revoked from @victim',
    },
  ],
  [
    'forge a system event by the emitting function',
    {
      sql: `select mcp.emit('e1', 'system.permission.granted', 'a', 'user', '@mallory', '{}', now(), 'ADMIN')`,
      answer: DENIED,
    },
    {
      as: 'superuser',
      sql: `select mcp.emit('e1', 'system.permission.granted', 'a', 'user', '@mallory', '{}', now(), 'ADMIN')`,
      answer: 'true',
    },
  ],
  [
    'forge one through the record of accounts',
    { sql: `select mcp.record_account('system.user.password_changed', '@victim', '{}')`, answer: DENIED },
    {
      as: 'superuser',
      sql: `select mcp.record_account('system.user.password_changed', '@victim', '{}')`,
      answer: '',
    },
  ],
  [
    'write a raw event',
    { sql: `insert into landing.raw_events (payload, outcome) values ('{}', 'event')`, answer: DENIED },
    {
      as: 'superuser',
      sql: `insert into landing.raw_events (payload, outcome) values ('{}', 'event')`,
      answer: 'INSERT 1',
    },
  ],
  [
    'ingest one',
    { sql: `select * from mcp.ingest_event('{}')`, answer: DENIED },
    { as: 'admin', sql: `select outcome from mcp.ingest_event('{}')`, answer: 'rejected' },
  ],
  [
    'make itself a user',
    { sql: `select mcp.create_mcp_user('@evil', 'e', 'd', '{order.placed}')`, answer: DENIED },
    {
      as: 'admin',
      sql: `select length(mcp.create_mcp_user('@evil', 'e', 'd', '{order.placed}'))`,
      answer: '32',
    },
  ],
  [
    'become the service',
    { sql: 'set role @mcp_service', answer: DENIED },
    { as: 'superuser', sql: 'set local role @mcp_service', answer: 'SET 0' },
  ],
  [
    'become the role that makes logins',
    { sql: 'set role @mcp_accounts', answer: DENIED },
    { as: 'superuser', sql: 'set local role @mcp_accounts', answer: 'SET 0' },
  ],
  [
    'become an administrator',
    { sql: 'set role @mcp_admin', answer: DENIED },
    { as: 'admin', sql: 'set local role @mcp_admin', answer: 'SET 0' },
  ],
  [
    'hold up those who bring events',
    { sql: 'lock table landing.turn in access share mode', answer: DENIED },
    { as: 'superuser', sql: 'lock table landing.turn in access share mode', answer: 'LOCK 0' },
  ],
  [
    'hold up everybody',
    { sql: 'lock table activity.events in access exclusive mode', answer: DENIED },
    { as: 'superuser', sql: 'lock table activity.events in access exclusive mode', answer: 'LOCK 0' },
  ],
  [
    'count the raw events by their sequence',
    { sql: 'select last_value > 0 from landing.raw_events_raw_id_seq', answer: DENIED },
    { as: 'superuser', sql: 'select last_value > 0 from landing.raw_events_raw_id_seq', answer: 'true' },
  ],
  [
    'use up the numbers of raw events',
    { sql: `select setval('landing.raw_events_raw_id_seq', 9000000000000000000)`, answer: DENIED },
    {
      as: 'superuser',
      sql: `select has_sequence_privilege('landing.raw_events_raw_id_seq', 'update')`,
      answer: 'true',
    },
  ],
  [
    'look at another’s statement',
    {
      sql: `select count(*) from pg_stat_activity where usename = '@victim' and query <> '<insufficient privilege>'`,
      answer: '0',
    },
    {
      as: 'superuser',
      sql: `select count(*) from pg_stat_activity where usename = '@victim' and query <> '<insufficient privilege>'`,
      answer: '1',
    },
  ],
  [
    'read the statistics of the events',
    { sql: `select count(*) > 0 from pg_stats where schemaname = 'activity'`, answer: 'false' },
    {
      as: 'superuser',
      sql: `analyze activity.events; select count(*) > 0 from pg_stats where schemaname = 'activity'`,
      answer: 'true',
    },
  ],
  [
    'keep a procedure of its own beside the others',
    { sql: `create function mcp.mine() returns integer language sql as 'select 1'`, answer: DENIED },
    {
      as: 'superuser',
      sql: `create function mcp.mine() returns integer language sql as 'select 1'`,
      answer: 'CREATE 0',
    },
  ],
  [
    'end the time of others',
    { sql: `select mcp.time_is_over()`, answer: DENIED },
    { as: 'superuser', sql: `select mcp.time_is_over()`, answer: 'FG001' },
  ],
  [
    'replace a procedure',
    {
      sql: `create or replace function mcp.execute_query_plan(plan jsonb) returns jsonb language sql as 'select null::jsonb'`,
      answer: DENIED,
    },
    {
      as: 'superuser',
      sql: `create or replace function mcp.execute_query_plan(plan jsonb) returns jsonb language sql as 'select null::jsonb'`,
      answer: 'CREATE 0',
    },
  ],
  [
    'drop a procedure',
    { sql: 'drop function mcp.result_scan(text)', answer: DENIED },
    { as: 'superuser', sql: 'drop function mcp.result_scan(text)', answer: 'DROP 0' },
  ],
  [
    'change the evidence as its owner',
    { sql: 'delete from activity.events', answer: DENIED },
    {
      as: 'superuser',
      sql: `select count(*) from pg_trigger where tgname = 'events_append_only'`,
      answer: '1',
    },
  ],
];
