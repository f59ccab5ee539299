import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, createActivityWorld, order, scan, submit, type ActivityWorld } from '../../support/activity.js';

/** Tricks of a user with a psql session. */
let world: ActivityWorld;
let mallory: string;
let client: pg.Client;
const PLAN = { actions: ['order.placed'] };

beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp tricks');
  mallory = await world.addUser('mallory', { actions: ['order.placed'], maxRows: 10, budgetS: 600 });
  client = await world.connect(mallory);
  await world.ingest(order('o1'), order('s1', { action: 'user.signup' }));
}, 60_000);
afterAll(() => world.close());

describe('a session of its user’s making', () => {
  it.each([
    [
      'tables that are named like those of the pack',
      'create temp table events (event_id text); create temp table raw_events (payload jsonb)',
    ],
    [
      'tables that are named like those of the catalogue',
      'create temp table pg_auth_members (roleid oid); create temp table pg_roles (rolname name)',
    ],
    [
      'functions that are named like built-in ones',
      `create function pg_temp.clock_timestamp() returns timestamptz language sql as $$ select '2000-01-01'::timestamptz $$;
      create function pg_temp.jsonb_typeof(jsonb) returns text language sql as $$ select 'object' $$`,
    ],
    [
      'types that are named like built-in ones',
      `create domain pg_temp.timestamptz as text; create domain pg_temp.numeric as text`,
    ],
    [
      'operators',
      `create function pg_temp.yes(jsonb, jsonb) returns boolean language sql as 'select true'; create operator pg_temp.@> (leftarg = jsonb, rightarg = jsonb, function = pg_temp.yes)`,
    ],
    [
      'settings of dates and texts',
      `set datestyle = 'SQL, DMY'; set timezone = 'Asia/Kathmandu'; set intervalstyle = 'sql_standard'; set standard_conforming_strings = off; set bytea_output = 'escape'`,
    ],
    [
      'settings of the planner',
      'set enable_indexscan = off; set enable_bitmapscan = off; set enable_seqscan = off; set plan_cache_mode = force_generic_plan; set jit = off',
    ],
    ['identity', `set application_name = 'boss'; set app.username = 'boss'; set app.current_tenant_id = 'x'`],
  ])('gets the same answers with %s', async (_what, sql) => {
    const session = await world.connect(mallory);
    await session.query(`${sql}; set search_path = pg_temp, pg_catalog, mcp, activity`);
    const { verdict, rows } = await ask(session, PLAN);
    expect(verdict).toMatchObject({ status: 'accepted', user: mallory });
    expect(rows).toMatchObject([{ event_id: 'o1' }]);
    expect(await submit(session, { actions: ['user.signup'] })).toMatchObject({ kind: 'Permission denied' });
    await session.end();
  });

  it('gets nothing with row_security off but an error', async () => {
    await client.query('set row_security = off');
    await expect(submit(client, PLAN)).rejects.toThrow(/row-level security/);
    await client.query('reset row_security');
    expect((await submit(client, PLAN)).status).toBe('accepted');
  });

  it('gets nothing by a statement, a cursor or a function that is older than its revocation', async () => {
    const user = await world.addUser('planner');
    const session = await world.connect(user);
    await session.query('prepare run (text) as select event_id from mcp.result_scan($1)');
    await session.query(
      `prepare plan as select mcp.execute_query_plan('{"actions": ["order.placed"]}') ->> 'status' as status`,
    );
    await session.query(
      `create function pg_temp.rows(id text) returns bigint language sql stable as 'select count(*) from mcp.result_scan(id)'`,
    );
    const tickets = [];
    for (let n = 0; n < 4; n += 1) tickets.push((await submit(session, PLAN)).query_id ?? '');
    const [first, second, third, fourth] = tickets;
    const execute = async (id: string | undefined): Promise<number | null> =>
      (await session.query(`execute run ('${id}')`)).rowCount;
    expect(await execute(first)).toBe(1);
    await session.query(`begin; declare c cursor for select event_id from mcp.result_scan('${second}')`);
    await world.admin.query(`select mcp.revoke_user_permission($1, 'x')`, [user]);
    expect((await session.query('fetch all from c')).rowCount).toBe(0);
    await session.query('commit');
    expect(await execute(third)).toBe(0);
    expect((await session.query(`select pg_temp.rows('${fourth}') as rows`)).rows).toEqual([{ rows: '0' }]);
    expect((await session.query('execute plan')).rows).toEqual([{ status: 'rejected' }]);
  });

  it('pays for a query that it cancels, and has not seen it', async () => {
    const { query_id: id } = await submit(client, { ...PLAN, timeout_s: 2 });
    await client.query(`begin; set local statement_timeout = '1ms'`);
    await expect(client.query('select pg_sleep(0.1), * from mcp.result_scan($1)', [id])).rejects.toThrow(
      /timeout/,
    );
    await client.query('rollback');
    const { rows } = await world.superuser.query('select mcp.runtime_used_ms($1, now()) >= 2000 as paid', [
      mallory,
    ]);
    expect(rows).toEqual([{ paid: true }]);
    expect(await scan(client, id ?? '')).toHaveLength(1);
  });
});

describe('plans', () => {
  it.each([
    ['a limit of null', '{"actions": ["order.placed"], "limit": null}'],
    ['a limit of a thousand millions', '{"actions": ["order.placed"], "limit": 1000000000}'],
    ['a limit with a fraction of zero', '{"actions": ["order.placed"], "limit": 1.0}'],
    ['a limit below zero', '{"actions": ["order.placed"], "limit": -0.5}'],
    ['a limit that is a list', '{"actions": ["order.placed"], "limit": [1]}'],
    ['a window of null', '{"actions": ["order.placed"], "window": null}'],
    ['a window that is a list', '{"actions": ["order.placed"], "window": ["last_7d"]}'],
    ['a huge window', '{"actions": ["order.placed"], "window": "last_999999999d"}'],
    ['a window in another case', '{"actions": ["order.placed"], "window": "LAST_7D"}'],
    ['endless time', '{"actions": ["order.placed"], "timeout_s": 1e9}'],
    ['time as a text', '{"actions": ["order.placed"], "timeout_s": "10"}'],
    ['actions within actions', '{"actions": [["order.placed"]]}'],
    ['an action of null', '{"actions": [null]}'],
    ['actions as an object', '{"actions": {"0": "order.placed"}}'],
    ['an action with a wildcard', '{"actions": ["order.%"]}'],
    ['an action with a tail', `{"actions": ["order.placed'; drop table activity.events; --"]}`],
    ['an action in another case', '{"actions": ["Order.Placed"]}'],
    ['an action that is its own list', '{"actions": "order.placed"}'],
    ['a second list of actions', '{"actions": ["order.placed"], "actions": ["user.signup"]}'],
    ['one that is allowed and one that is not', '{"actions": ["order.placed", "user.signup"]}'],
    ['actions of the system', '{"actions": ["system.permission.granted"]}'],
    ['a filter that is no text', '{"actions": ["order.placed"], "filters": {"object_id": 1}}'],
    ['filters as a list', '{"actions": ["order.placed"], "filters": ["object_id"]}'],
    ['a filter of the lane', '{"actions": ["order.placed"], "filters": {"_source_lane": "ADMIN"}}'],
    [
      'groups by an expression',
      '{"actions": ["order.placed"], "aggregate": {"group_by": "action, attributes"}}',
    ],
    ['a sum of null', '{"actions": ["order.placed"], "aggregate": {"group_by": "action", "sum": null}}'],
    ['an aggregate of null', '{"actions": ["order.placed"], "aggregate": null}'],
    ['NULL', null],
    ['a JSON null', 'null'],
  ])('with %s are refused', async (_what, plan) => {
    const { rows } = await client.query<{ status: string }>(
      `select mcp.execute_query_plan($1) ->> 'status' as status`,
      [plan],
    );
    expect(rows).toEqual([{ status: 'rejected' }]);
  });

  it('hold texts and never SQL', async () => {
    const text = `x' or true --`;
    expect((await ask(client, { ...PLAN, filters: { object_id: text } })).rows).toEqual([]);
    expect((await ask(client, { ...PLAN, filters: { object_id: '%' } })).rows).toEqual([]);
    expect((await ask(client, { ...PLAN, filters: { object_id: 'o1' } })).rows).toHaveLength(1);
    const summed = await ask(client, {
      ...PLAN,
      aggregate: { group_by: 'action', sum: `items') from x; --` },
    });
    expect(summed.rows.map(({ attributes }) => attributes)).toEqual([
      { group: 'order.placed', count: 1, sum: null },
    ]);
  });

  it('may name an action twice and in escapes, and gets no row twice', async () => {
    const { rows } = await client.query<{ id: string }>(
      `select mcp.execute_query_plan('{"actions": ["order.placed", "order\\u002eplaced"]}') ->> 'query_id' as id`,
    );
    expect(await scan(client, rows[0]?.id ?? '')).toHaveLength(1);
  });
});
