import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { validate } from '../../../src/index.js';
import { ask, createActivityWorld, order, submit, type ActivityWorld } from '../../support/activity.js';

const ANALYST = ['order.placed', 'order.shipped', 'user.signup', 'user.activated', 'payment.processed'];
const EXECUTIVE = [
  ...ANALYST,
  'order.delivered',
  'order.cancelled',
  'user.upgraded',
  'user.churned',
  'payment.failed',
  'payment.refunded',
];

/** The users of the original: name, actions, rows, seconds. */
const USERS = [
  ['sarah_marketing', ['order.placed', 'user.signup', 'user.activated'], 10_000, 60],
  ['john_analyst', ANALYST, 50_000, 300],
  ['intern_viewer', ['order.placed'], 1000, 30],
  ['exec_dashboard', EXECUTIVE, 100_000, 600],
] as const;

/** The sample events of the original, the 300 shipments that depend on orders that do not exist among them. */
const SAMPLE = [
  ['order.placed', 500, 'ecommerce'],
  ['user.signup', 200, 'auth'],
  ['user.activated', 150, 'auth'],
  ['order.shipped', 300, 'fulfillment'],
  ['payment.processed', 400, 'payments'],
] as const;

let world: ActivityWorld;
const clients = new Map<string, pg.Client>();
beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp seed');
  await world.admin.query('begin; select mcp.open_ingest()');
  for (const [action, count, source] of SAMPLE) {
    for (let n = 0; n < count; n += 1) {
      const depends = action === 'order.shipped' ? { depends_on_event_id: `missing_${n}` } : {};
      const event = order(`${action}_${n}`, { action, source, ...depends });
      await world.admin.query('insert into pg_temp.incoming (line) values ($1)', [JSON.stringify(event)]);
    }
  }
  await world.admin.query(`select * from mcp.close_ingest('TEST_DATA'); commit`);
  for (const [name, actions, maxRows, budgetS] of USERS)
    clients.set(name, await world.connect(await world.addUser(name, { actions, maxRows, budgetS })));
}, 120_000);
afterAll(() => world.close());

const clientOf = (name: string): pg.Client => {
  const client = clients.get(name);
  if (!client) throw new Error(`no client of ${name}`);
  return client;
};

/** What these checks find, notes apart. */
async function findings(only: readonly string[]): Promise<string[]> {
  const report = await validate({ settings: world.settings, only });
  return [...report.checks, ...report.targets.flatMap(({ checks }) => checks)].flatMap(({ findings: all }) =>
    all.filter(({ severity }) => severity !== 'note').map(({ key, message }) => `${key}: ${message}`),
  );
}

describe('the test setup of the original', () => {
  it('accounts for its 1,550 events, and loses none of the orphans', async () => {
    const { rows } = await world.admin.query(
      'select events - (select count(*) from activity.events where source in ($1, $2)) as business, pending, rejected, balanced from mcp.accounting()',
      ['system', 'mcp'],
    );
    expect(rows).toEqual([{ business: '1250', pending: '300', rejected: '0', balanced: true }]);
  });

  it.each(USERS)(
    '%s gets rows, and is refused what the original’s access tests try',
    async (name, actions, maxRows) => {
      const client = clientOf(name);
      const allowed = await ask(client, { actions, limit: 10, window: 'last_7d' });
      expect(allowed.rows).toHaveLength(10);
      expect(Object.keys(allowed.rows[0] ?? {})).toEqual([
        'event_id',
        'occurred_at',
        'actor_id',
        'action',
        'object_type',
        'object_id',
        'attributes',
      ]);
      expect(await submit(client, { actions, limit: maxRows + 1 })).toMatchObject({
        status: 'rejected',
        kind: 'Row limit',
      });
      if (name !== 'exec_dashboard')
        expect(await submit(client, { actions: ['payment.refunded'] })).toMatchObject({
          status: 'rejected',
          kind: 'Permission denied',
        });
      await expect(client.query('select * from activity.events')).rejects.toThrow(/permission denied/);
      expect(await submit(client, { actions, window: 'last_year' })).toMatchObject({
        status: 'rejected',
        kind: 'Other',
      });
    },
  );

  it.each([
    [{ actions: [] }],
    [{ actions: 'order.placed' }],
    [{}],
    [[]],
    ['order.placed'],
    [{ actions: ['order.placed'], limit: -1 }],
    [{ actions: ['order.placed'], limit: 1.5 }],
    [{ actions: ['order.placed'], limit: '5' }],
    [{ actions: [1] }],
    [{ actions: ['order.placed'], sql: 'select 1' }],
    [{ actions: ['order.placed'], filters: { attributes: 'x' } }],
    [{ actions: ['order.placed'], aggregate: { group_by: 'attributes' } }],
    [{ actions: ['order.placed'], timeout_s: 0 }],
  ])('refuses the plan %j', async (plan) => {
    expect(await submit(clientOf('john_analyst'), plan)).toMatchObject({ status: 'rejected', kind: 'Other' });
  });

  it('honours zero', async () => {
    const user = await world.addUser('nought', { maxRows: 0 });
    const client = await world.connect(user);
    expect(await ask(client, { actions: ['order.placed'] })).toMatchObject({
      verdict: { status: 'accepted', limit: 0 },
      rows: [],
    });
    await world.grant(user, { budgetS: 0 });
    expect(await submit(client, { actions: ['order.placed'] })).toMatchObject({ kind: 'Rate limit' });
    await expect(
      world.admin.query(`select mcp.grant_user_permission($1, '{a.b}', null, 1, false, null)`, [user]),
    ).rejects.toThrow(/max_rows/);
  });

  it('filters, counts and sums', async () => {
    const client = clientOf('john_analyst');
    const one = await ask(client, { actions: ['order.placed'], filters: { object_id: 'order.placed_7' } });
    expect(one.rows).toMatchObject([{ event_id: 'order.placed_7' }]);
    const groups = await ask(client, {
      actions: ['order.placed', 'user.signup'],
      aggregate: { group_by: 'action', sum: 'items' },
    });
    expect(groups.rows.map(({ attributes }) => attributes)).toEqual([
      { group: 'order.placed', count: 500, sum: 1500 },
      { group: 'user.signup', count: 200, sum: 600 },
    ]);
  });

  it('exports only where that is permitted, and records it', async () => {
    const plan = { actions: ['order.placed'], limit: 2 };
    expect(await submit(clientOf('john_analyst'), plan, 'export_query_plan')).toMatchObject({
      error: 'you may not export',
    });
    const user = await world.addUser('exporter', { canExport: true });
    expect((await ask(await world.connect(user), plan, 'export_query_plan')).rows).toHaveLength(2);
    const { rows } = await world.superuser.query(
      `select attributes ->> 'rows_returned' as n from activity.events where action = 'mcp.export.completed' and actor_id = $1`,
      [user],
    );
    expect(rows).toEqual([{ n: '2' }]);
  });

  it('suspends and readmits a user', async () => {
    const user = await world.addUser('guest');
    const client = await world.connect(user);
    await world.admin.query(`select mcp.disable_mcp_user($1, 'left')`, [user]);
    expect(await submit(client, { actions: ['order.placed'] })).toMatchObject({
      error: 'your permission was revoked',
    });
    await expect(world.connect(user)).rejects.toThrow(/not permitted to log in/);
    await world.admin.query(`select mcp.enable_mcp_user($1, '{order.placed}')`, [user]);
    expect((await submit(await world.connect(user), { actions: ['order.placed'] })).status).toBe('accepted');
    await expect(world.admin.query(`select mcp.disable_mcp_user('postgres', 'x')`)).rejects.toThrow(
      /no user/,
    );
  });

  it('makes a new user change its password first', async () => {
    const user = `${world.database.rolePrefix}fresh`;
    await world.admin.query(`select mcp.create_mcp_user($1, 'f@x', 'D', '{order.placed}')`, [user]);
    const client = await world.connect(user);
    expect((await submit(client, { actions: ['order.placed'] })).error).toMatch(/change your password/);
    await client.query(`select mcp.change_password('long enough now')`);
    expect((await submit(client, { actions: ['order.placed'] })).status).toBe('accepted');
  });

  it('fills every view and every dashboard', async () => {
    const { rows } = await world.superuser.query<{ name: string }>(
      `select viewname as name from pg_views where schemaname = 'mcp' order by 1`,
    );
    expect(rows).toHaveLength(16);
    for (const { name } of rows) {
      const { rowCount } = await world.admin.query(`select * from mcp.${name}`);
      expect(rowCount, name).toBeGreaterThan(0);
    }
    const budget = await world.admin.query(
      `select budget_status from mcp.runtime_budget_usage where username like '%nought'`,
    );
    expect(budget.rows).toEqual([{ budget_status: 'EXHAUSTED' }]);
  });

  it('is validated with all of it, and a loosened grant is found', async () => {
    const only = ['callers', 'callers_only', 'memberships', 'owners', 'grants', 'row_security', 'drift'];
    expect(await findings(only)).toEqual([]);
    const p = world.database.rolePrefix;
    await world.superuser.query(`grant execute on function mcp.ingest_event(jsonb, text) to ${p}mcp_user`);
    const report = await validate({ settings: world.settings, only: ['callers', 'callers_only'] });
    await world.superuser.query(`revoke execute on function mcp.ingest_event(jsonb, text) from ${p}mcp_user`);
    const broken = report.targets.flatMap(({ checks }) =>
      checks.filter(({ findings }) => findings.length > 0).map(({ code }) => code),
    );
    expect(broken).toEqual(['callers', 'callers_only']);
    expect(await findings(only)).toEqual([]);
  }, 60_000);
});

describe('with refresh: scheduled', () => {
  it('events wait for mcp.refresh(), permissions do not', async () => {
    const scheduled = await createActivityWorld(inject('testServer'), 'mcp later', { refresh: 'scheduled' });
    try {
      expect(
        await scheduled.ingest(order('w1'), order('w1'), {
          action: 'a.b',
          occurred_at: '2024-02-31T00:00:00Z',
        }),
      ).toEqual(['pending queued', 'pending queued', 'pending queued']);
      const client = await scheduled.connect(await scheduled.addUser('waiter'));
      expect((await ask(client, { actions: ['order.placed'] })).rows).toEqual([]);
      await scheduled.admin.query('select mcp.refresh()');
      expect((await ask(client, { actions: ['order.placed'] })).rows).toHaveLength(1);
      const { rows } = await scheduled.admin.query(
        'select duplicates, pending, rejected, balanced from mcp.accounting()',
      );
      expect(rows).toEqual([{ duplicates: '1', pending: '0', rejected: '1', balanced: true }]);
    } finally {
      await scheduled.close();
    }
  }, 60_000);
});
