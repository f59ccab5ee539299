import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, createActivityWorld, order, scan, submit, type ActivityWorld } from '../../support/activity.js';
import { poll } from '../../support/poll.js';

/** What a user does to the others and to the server, rather than to the data. */
let world: ActivityWorld;
let mallory: string;
let client: pg.Client;
beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp siege');
  mallory = await world.addUser('mallory', { actions: ['order.placed'], maxRows: 10, budgetS: 600 });
  client = await world.connect(mallory);
  await world.ingest(order('o1'));
}, 60_000);
afterAll(() => world.close());

const one = async <T>(sql: string, values: readonly unknown[] = []): Promise<T> => {
  const { rows } = await world.superuser.query<{ value: T }>(`select (${sql}) as value`, [...values]);
  return rows[0]?.value as T;
};

describe('a user with an open transaction', () => {
  /** Long enough for a loaded machine, and short of a test's own limit. */
  const HURRY = `set statement_timeout = '5s'`;

  it('cannot keep its revocation waiting', async () => {
    const user = await world.addUser('clinging');
    const clinging = await world.connect(user);
    await clinging.query(`begin; select mcp.change_password('another password')`);
    await submit(clinging, { actions: ['order.placed'] });
    await world.admin.query(HURRY);
    const { rows } = await world.admin.query('select mcp.revoke_user_permission($1, $2) as done', [
      user,
      'x',
    ]);
    expect(rows).toEqual([{ done: `Permission revoked from ${user}` }]);
    expect(await submit(clinging, { actions: ['order.placed'] })).toMatchObject({
      error: 'your permission was revoked',
    });
    await clinging.query('commit');
    const changed = `select count(*) from activity.events where action = 'system.user.password_changed' and object_id = $1`;
    expect(await one(changed, [user])).toBe('2');
  });

  it('cannot keep its permission through a suspension', async () => {
    const user = await world.addUser('squatter');
    const squatter = await world.connect(user);
    await squatter.query(`begin; alter role ${user} password 'another password'`);
    await world.admin.query(HURRY);
    const disable = async (): Promise<unknown> =>
      (await world.admin.query(`select mcp.disable_mcp_user($1, 'left') as done`, [user])).rows;
    expect(await disable()).toEqual([{ done: `Permission revoked from ${user}, who can still log in` }]);
    expect(await submit(squatter, { actions: ['order.placed'] })).toMatchObject({
      error: 'your permission was revoked',
    });
    await squatter.query('rollback');
    expect(await disable()).toEqual([{ done: `User ${user} disabled` }]);
    await expect(world.connect(user)).rejects.toThrow(/not permitted to log in/);
  });

  it('keeps nobody else waiting: not for queries, not for events', async () => {
    const other = await world.connect(await world.addUser('bystander'));
    await client.query(`begin; select pg_advisory_lock(hashtextextended('fedgen activity ingest', 0))`);
    await submit(client, { actions: ['order.placed'] });
    await other.query(HURRY);
    await world.admin.query(HURRY);
    expect(await world.ingest(order('o2'))).toEqual(['event']);
    expect((await ask(other, { actions: ['order.placed'], limit: 1 })).rows).toHaveLength(1);
    await client.query('rollback; select pg_advisory_unlock_all()');
    const lock = client.query('begin; lock table landing.turn in share mode');
    await expect(lock).rejects.toThrow(/permission denied/);
    await client.query('rollback');
    // The lock that the writers do take.
    await world.superuser.query('begin; lock table landing.turn in share mode');
    await world.admin.query(`set lock_timeout = '50ms'`);
    await expect(world.ingest(order('o3'))).rejects.toThrow(/lock timeout/);
    await world.superuser.query('rollback');
    await world.admin.query('reset lock_timeout');
    expect(await world.ingest(order('o3'))).toEqual(['event']);
  });
});

describe('the disk', () => {
  const recorded = (user: string, more = ''): Promise<string> =>
    one(`select count(*) from activity.events where actor_id = $1 ${more}`, [user]);

  it('is not filled with plans: what is longer than any plan need be is refused, and not kept', async () => {
    const filters = (length: number): object => ({
      actions: ['order.placed'],
      filters: { object_id: 'x'.repeat(length) },
    });
    expect(await submit(client, filters(20_000))).toMatchObject({
      status: 'rejected',
      error: 'the plan is longer than 10000 characters',
    });
    expect(await submit(client, { actions: ['x'.repeat(100_000)] })).toMatchObject({ status: 'rejected' });
    const longest = `select max(length(attributes::text)) < 25000 from activity.events where actor_id = $1`;
    expect(await one(longest, [mallory])).toBe(true);
    expect(await submit(client, filters(9000))).toMatchObject({ status: 'accepted' });
  });

  it('is not filled with refusals', async () => {
    const user = await world.addUser('hammer');
    const hammer = await world.connect(user);
    const before = Number(await recorded(user));
    await hammer.query(`select mcp.execute_query_plan('{"actions":["a.b"]}') from generate_series(1, 500)`);
    expect(await recorded(user, `and action = 'mcp.query.rejected'`)).toBe('100');
    // One for each minute that the 400 took.
    expect(Number(await recorded(user)) - before).toBeLessThan(110);
    expect(Number(await recorded(user, `and action = 'mcp.rate_limit.hit'`))).toBeGreaterThan(0);
  });

  it('is not filled with runs that are refused', async () => {
    const user = await world.addUser('again');
    const again = await world.connect(user);
    const verdict = await submit(again, { actions: ['order.placed'] });
    await world.admin.query(`select mcp.revoke_user_permission($1, 'x')`, [user]);
    expect(await scan(again, verdict.query_id ?? '')).toEqual([]);
    await expect(scan(again, verdict.query_id ?? '')).rejects.toThrow(/has run already/);
    await expect(scan(again, verdict.query_id ?? '')).rejects.toThrow(/has run already/);
    expect(await recorded(user, `and action = 'mcp.query.rejected'`)).toBe('1');
  });

  it('is not filled with new passwords', async () => {
    const user = await world.addUser('forgetful');
    const forgetful = await world.connect(user);
    const change = (n: number): Promise<unknown> =>
      forgetful.query(`select mcp.change_password($1)`, [`password number ${n}`]);
    for (let n = 2; n <= 10; n += 1) await change(n);
    await expect(change(11)).rejects.toThrow(/ten times an hour/);
  });
});

describe('time', () => {
  it('is over in the middle of a day of events, not at its end', async () => {
    await world.superuser.query(
      `insert into activity.events (sequence, event_id, occurred_at, action, source, schema_version, attributes, _source_lane, _recv_at)
       select -n, 'bulk_' || n, now() - interval '6 days 12 hours', 'bulk.loaded', 'shop', '2.1.0', '{}', 'DIRECT', now()
       from generate_series(1, 50000) n`,
    );
    const plan = `'{"actions": ["bulk.loaded"], "window": "last_7d", "aggregate": {"group_by": "action"}}'`;
    const find = (deadline: string): Promise<string> =>
      one(
        `select count(*) from mcp.find_events(${plan}, now(), 50000, clock_timestamp() + interval '${deadline}')`,
      );
    const count = (deadline: string): Promise<unknown> =>
      one(`mcp.count_events(${plan}, now(), clock_timestamp() + interval '${deadline}')`);
    await expect(find('3 ms')).rejects.toThrow(/reserved time is over/);
    await expect(count('3 ms')).rejects.toThrow(/reserved time is over/);
    expect(await find('1 minute')).toBe('50000');
    expect(await count('1 minute')).toEqual([{ group: 'bulk.loaded', count: 50000 }]);
  });

  it('that ran out is charged as it was spent, and the query is not run again', async () => {
    const user = await world.addUser('late');
    const late = await world.connect(user);
    const verdict = await submit(late, { actions: ['order.placed'], timeout_s: 1 });
    await poll('the end of the reserved time', () =>
      one<boolean>(
        `select clock_timestamp() > occurred_at + interval '1 second' from activity.events where event_id = $1`,
        [verdict.query_id],
      ).then((isOver) => isOver || undefined),
    );
    expect(await scan(late, verdict.query_id ?? '')).toEqual([]);
    await expect(scan(late, verdict.query_id ?? '')).rejects.toThrow(/has run already/);
    const spent = await one<string>('mcp.runtime_used_ms($1, now())', [user]);
    expect(Number(spent)).toBeGreaterThan(0);
    expect(Number(spent)).toBeLessThan(1000);
    const { rows } = await world.admin.query(
      `select rejection_reason ~ 'time is over' as late, processing_time_ms > 0 as timed from mcp.query_rejections_last_7d where "user" = $1`,
      [user],
    );
    expect(rows).toEqual([{ late: true, timed: true }]);
  });
});
