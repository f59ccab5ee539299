import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createActivityWorld, submit, type ActivityWorld } from '../../support/activity.js';

/** What the README of the original shows, in its order; docs/packs/activity.md says where the rest of it is. */
let world: ActivityWorld;
let john: string;
let client: pg.Client;
beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp readme');
  john = await world.addUser('john_analyst', { actions: ['order.placed', 'user.signup'] });
  client = await world.connect(john);
}, 60_000);
afterAll(() => world.close());

const rowsOf = async (sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await world.admin.query<Record<string, unknown>>(sql, [...values])).rows;

const BUSINESS_EVENT = {
  event_id: 'ord_123',
  action: 'order.placed',
  occurred_at: '2024-01-15T10:30:00Z',
  actor_id: 'customer_42',
  source: 'ecommerce',
  object: { type: 'order', id: 'ORD_00001' },
  attributes: { amount: 99.99, items: 3 },
};

describe('the principles', () => {
  it('two tables only', async () => {
    const { rows } = await world.superuser.query(
      `select c.oid::regclass::text as name from pg_class c where c.relkind in ('r', 'p', 'm', 'f')
         and c.relnamespace in ('landing'::regnamespace, 'activity'::regnamespace, 'mcp'::regnamespace) order by 1`,
    );
    expect(rows).toEqual([{ name: 'activity.events' }, { name: 'landing.raw_events' }]);
  });
});

describe('the event flow', () => {
  it('takes the business event as it is shown', async () => {
    expect(await world.ingest(BUSINESS_EVENT)).toEqual(['event']);
    expect(
      await rowsOf(
        `select event_id, action, occurred_at, actor_id, source, object_type, object_id, attributes from activity.events where event_id = 'ord_123'`,
      ),
    ).toEqual([
      {
        event_id: 'ord_123',
        action: 'order.placed',
        occurred_at: new Date('2024-01-15T10:30:00Z'),
        actor_id: 'customer_42',
        source: 'ecommerce',
        object_type: 'order',
        object_id: 'ORD_00001',
        attributes: { amount: 99.99, items: 3 },
      },
    ]);
  });

  it('takes the permission event from the procedure alone', async () => {
    const attributes = {
      allowed_actions: ['order.placed', 'user.signup'],
      max_rows: 50_000,
      daily_runtime_budget_s: 300,
    };
    const event = {
      event_id: 'sys_456',
      action: 'system.permission.granted',
      occurred_at: '2024-01-15T09:00:00Z',
      actor_id: 'admin',
      source: 'system',
      object: { type: 'user', id: john },
      attributes,
    };
    expect(await world.ingest(event)).toEqual(['rejected reserved_namespace']);
    expect(
      await rowsOf(
        `select action, source, object_type, attributes from activity.events where action = 'system.permission.granted' and object_id = $1 order by sequence desc limit 1`,
        [john],
      ),
    ).toMatchObject([
      { action: 'system.permission.granted', source: 'system', object_type: 'user', attributes },
    ]);
  });
});

describe('the queries', () => {
  it('who has what permissions', async () => {
    const rows = await rowsOf(`select * from mcp.current_user_permissions where status = 'ACTIVE'`);
    expect(rows).toMatchObject([
      { username: john, max_rows: 50_000, daily_runtime_budget_s: 300, status: 'ACTIVE' },
    ]);
  });

  it('the use of the runtime budget, and the health of the system', async () => {
    const verdict = await submit(client, { actions: ['order.placed'] });
    await client.query('select * from mcp.result_scan($1)', [verdict.query_id]);
    await submit(client, { actions: ['payment.refunded'] });
    expect(await rowsOf('select * from mcp.user_runtime_last_24h order by seconds_used desc')).toMatchObject([
      { user: john, queries_executed: '1' },
    ]);
    const health = await rowsOf(
      `select sum(total_queries) as total, sum(successful_queries) as successful, sum(rejected_queries) as rejected
         from mcp.system_health_hourly where hour >= date_trunc('hour', now()) - interval '24 hours'`,
    );
    expect(health).toEqual([{ total: '2', successful: '1', rejected: '1' }]);
    const activity = await rowsOf(
      `select action from mcp.query_activity_last_24h where "user" = $1 order by occurred_at`,
      [john],
    );
    expect(activity.map(({ action }) => action)).toEqual(['mcp.query.executed', 'mcp.query.rejected']);
  });
});

describe('the maintenance', () => {
  it('creates a user, grants and revokes with the calls that are shown', async () => {
    const user = `${world.database.rolePrefix}new_user`;
    await rowsOf(
      `select mcp.create_mcp_user($1, 'user@company.com', 'Department', array['order.placed'], 10000, 120)`,
      [user],
    );
    await rowsOf(
      `select mcp.grant_user_permission($1, array['order.placed', 'user.signup'], 10000, 120, false, now() + interval '1 year')`,
      [user],
    );
    expect(
      await rowsOf('select days_until_expiry from mcp.active_permissions where username = $1', [user]),
    ).toEqual([
      { days_until_expiry: expect.toSatisfy((days: number) => days === 364 || days === 365) as unknown },
    ]);
    await rowsOf(`select mcp.revoke_user_permission($1, 'Policy violation')`, [user]);
    const changes = await rowsOf(
      `select change_type, reason from mcp.permission_changes_last_30d where user_affected = $1 order by occurred_at`,
      [user],
    );
    expect(changes).toEqual([
      { change_type: 'GRANTED', reason: null },
      { change_type: 'GRANTED', reason: null },
      { change_type: 'REVOKED', reason: 'Policy violation' },
    ]);
  });
});

describe('the troubleshooting', () => {
  it('finds the user, why a query was rejected, and where a missing event is', async () => {
    expect(await rowsOf('select rolcanlogin from pg_roles where rolname = $1', [john])).toEqual([
      { rolcanlogin: true },
    ]);
    expect(
      await rowsOf('select rejection_reason from mcp.query_rejections_last_7d where "user" = $1', [john]),
    ).toEqual([{ rejection_reason: 'you may not ask for payment.refunded' }]);
    await world.ingest({ ...BUSINESS_EVENT, event_id: 'late', depends_on_event_id: 'not yet' });
    expect(await rowsOf('select pending, rejected, balanced from mcp.accounting()')).toEqual([
      { pending: '1', rejected: '1', balanced: true },
    ]);
  });
});
