import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, createActivityWorld, order, type ActivityWorld } from '../../support/activity.js';

/** Tricks of an administrator, who may bring events and manage users, and nothing else. */
let world: ActivityWorld;
let mallory: string;
let client: pg.Client;
const PLAN = { actions: ['order.placed'] };

beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp forgery');
  mallory = await world.addUser('mallory', PLAN);
  client = await world.connect(mallory);
}, 60_000);
afterAll(() => world.close());

describe('whoever brings events', () => {
  const forged = [
    { action: 'system.permission.granted', source: 'system' },
    { action: 'mcp.query.executed', source: 'mcp' },
    { action: 'quality.check.passed', source: 'quality' },
    { action: 'system.permission.granted', source: 'shop' },
    { action: 'System.permission.granted', source: 'system' },
    { action: 'order.placed', source: 'system' },
    { action: 'order.placed', source: 'SyStEm' },
    { action: 'order.placed', source: 'mcp' },
    { action: ' system.permission.granted', source: 'system' },
    { action: 'system.permission.granted\n', source: 'system' },
    { action: 'ｓystem.permission.granted', source: 'system' },
    { action: ['system.permission.granted'], source: 'system' },
    { action: 'order.placed', source: ['system'] },
    { action: 'order.placed', source: 'system', depends_on_event_id: 'o1' },
  ].map((event) => ({
    ...order('forged', { ...event, object: { type: 'user', id: 'victim' } }),
    attributes: {
      allowed_actions: ['user.signup'],
      max_rows: 1_000_000,
      daily_runtime_budget_s: 1_000_000,
      number: 999_999,
    },
  }));
  const reserved = async (of: ActivityWorld): Promise<unknown> =>
    (
      await of.superuser.query(
        `select count(*) as n from activity.events where lower(source) in ('system', 'mcp', 'quality') or action ~ '^(system|mcp|quality)\\.'`,
      )
    ).rows;
  const twins = { event_id: 'twin', note: 1, Action: 'system.x', 'attributes ': {} };

  it.each(['immediate', 'scheduled'])(
    'cannot forge an event of the procedures, refresh: %s',
    async (refresh) => {
      const of = await createActivityWorld(inject('testServer'), `mcp forge ${refresh}`, { refresh });
      try {
        const before = await reserved(of);
        await of.ingest(order('o1'), ...forged, { ...order('fine'), ...twins });
        await of.admin.query('begin; select mcp.open_ingest()');
        for (const event of forged)
          await of.admin.query('insert into pg_temp.incoming (line) values ($1)', [JSON.stringify(event)]);
        await of.admin.query(
          `insert into pg_temp.incoming (line) values ('{"action":"order.placed","action":"system.permission.granted","source":"system","occurred_at":"2024-01-01T00:00:00Z"}')`,
        );
        await of.admin.query('select * from mcp.close_ingest(); commit');
        await of.admin.query('select mcp.refresh()');
        await of.admin.query(`select mcp.expire_pending('0 s')`);
        expect(await reserved(of)).toEqual(before);
        const { rows } = await of.admin.query(
          `select events > 0 as some, rejected, pending, balanced from mcp.accounting()`,
        );
        expect(rows).toEqual([
          { some: true, rejected: String(2 * forged.length + 1), pending: '0', balanced: true },
        ]);
      } finally {
        await of.close();
      }
    },
    60_000,
  );

  it('cannot claim the lanes of the procedures, nor write but through them', async () => {
    for (const lane of ['ADMIN', 'MCP', 'admin', null]) {
      const ingest = world.admin.query('select * from mcp.ingest_event($1, $2)', [
        JSON.stringify(order('l')),
        lane,
      ]);
      await expect(ingest).rejects.toThrow(/lane/);
    }
    await world.admin.query('begin; select mcp.open_ingest()');
    await expect(world.admin.query(`select * from mcp.close_ingest('ADMIN')`)).rejects.toThrow(/lane/);
    await world.admin.query('rollback; begin; create temp table incoming (line text)');
    await expect(world.admin.query('select * from mcp.close_ingest()')).rejects.toThrow(/open_ingest/);
    await world.admin.query('rollback');
    await expect(
      world.admin.query(`insert into activity.events select * from activity.events`),
    ).rejects.toThrow(/permission denied/);
    await world.admin.query('begin; select mcp.open_ingest()');
    await expect(world.admin.query('create index on pg_temp.incoming ((length(line)))')).rejects.toThrow(
      /must be owner/,
    );
    await world.admin.query('rollback');
    expect(
      (
        await world.admin.query('select outcome from mcp.ingest_event($1, $2)', [
          JSON.stringify(order('l')),
          'TEST_DATA',
        ])
      ).rows,
    ).toEqual([{ outcome: 'event' }]);
  });

  it('loses no event that names a parent too long for any index', async () => {
    const long = Array.from({ length: 400 }, (_, n) => (n * 7919).toString(36).padStart(12, String(n))).join(
      '',
    );
    expect(await world.ingest(order('long', { depends_on_event_id: long }))).toEqual([
      'rejected depends_on_malformed',
    ]);
    expect(await world.ingest(order('child', { depends_on_event_id: 'p'.repeat(200) }))).toEqual([
      'pending waits_for_parent',
    ]);
    expect(await world.ingest(order('p'.repeat(200)))).toEqual(['event']);
    expect((await ask(client, { ...PLAN, filters: { object_id: 'child' } })).rows).toHaveLength(1);
  });

  it('cannot make the role that makes logins inherit one', async () => {
    const { rows: known } = await world.admin.query(
      `select from pg_settings where name = 'createrole_self_grant'`,
    );
    if (known.length > 0) await world.admin.query(`set createrole_self_grant = 'set, inherit'`);
    const user = `${world.database.rolePrefix}plain`;
    await world.admin.query(`select mcp.create_mcp_user($1, 'p@x', 'D', '{order.placed}')`, [user]);
    const { rows } = await world.superuser.query(
      `select count(*) as usable from pg_auth_members a
      where a.roleid = $1::regrole and (to_jsonb(a) ->> 'inherit_option' = 'true' or to_jsonb(a) ->> 'set_option' = 'true')`,
      [user],
    );
    expect(rows).toEqual([{ usable: '0' }]);
    const { rows: member } = await world.superuser.query(`select pg_has_role($1, $2, 'usage') as user`, [
      user,
      `${world.database.rolePrefix}mcp_user`,
    ]);
    expect(member).toEqual([{ user: true }]);
  });

  it('cannot break a view with a permission that never ends', async () => {
    await expect(world.grant(mallory, { expiresAt: 'infinity' as unknown as Date })).rejects.toThrow(
      /null for never/,
    );
    await world.grant(mallory, { expiresAt: null, actions: PLAN.actions });
    const { rows } = await world.admin.query(
      'select days_until_expiry from mcp.active_permissions where username = $1',
      [mallory],
    );
    expect(rows).toEqual([{ days_until_expiry: null }]);
  });

  it('names what has no parent so that no user’s events can have the same key', async () => {
    await world.ingest(order('orphan', { depends_on_event_id: 'nobody' }));
    await world.admin.query(`select mcp.expire_pending('0 s')`);
    const { rows } = await world.superuser.query(
      `select event_id ~ '^system_[a-z0-9_]+$' as taken from activity.events where action = 'system.dependency.missing'`,
    );
    expect(rows).toEqual([{ taken: false }]);
  });
});
