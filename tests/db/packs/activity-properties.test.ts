import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ask, createActivityWorld, order, submit, type ActivityWorld } from '../../support/activity.js';

let world: ActivityWorld;
beforeAll(async () => {
  world = await createActivityWorld(inject('testServer'), 'mcp properties');
}, 60_000);
afterAll(() => world.close());

/** Forgets everything that was ingested, as nobody but a superuser can. */
const forget = (): Promise<unknown> =>
  world.superuser.query(`set session_replication_role = replica;
    delete from landing.raw_events where _source_lane in ('DIRECT', 'TEST_DATA');
    delete from activity.events where _source_lane in ('DIRECT', 'TEST_DATA');
    set session_replication_role = origin`);

/** Few ids, so that there are duplicates, conflicts, orphans, late parents, chains and cycles. */
const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const good = fc
  .record({
    id: fc.option(id),
    parent: fc.option(id, { freq: 2 }),
    source: fc.constantFrom('shop', 'auth'),
    amount: fc.integer({ min: 0, max: 1 }),
    day: fc.integer({ min: 1, max: 3 }),
  })
  .map((e) => ({
    ...(e.id !== null && { event_id: e.id }),
    ...(e.parent !== null && { depends_on_event_id: e.parent }),
    action: 'order.placed',
    source: e.source,
    occurred_at: `2024-01-0${e.day}T10:00:00Z`,
    attributes: { amount: e.amount },
  }));
const bad = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    1,
    [],
    'text',
    {},
    { action: 'order.placed' },
    { occurred_at: '2024-01-01T00:00:00Z' },
    { action: 'Order.Placed', occurred_at: '2024-01-01T00:00:00Z' },
    { action: 'order', occurred_at: '2024-01-01T00:00:00Z' },
    { action: 'system.permission.granted', source: 'system', occurred_at: '2024-01-01T00:00:00Z' },
    { action: 'order.placed', source: 'MCP', occurred_at: '2024-01-01T00:00:00Z' },
    { action: 'order.placed', occurred_at: 'yesterday' },
    { action: 'order.placed', occurred_at: '2024-02-31T00:00:00Z' },
    { action: 'order.placed', occurred_at: '2999-01-01T00:00:00Z' },
    { action: 'order.placed', occurred_at: '2024-01-01T00:00:00Z', attributes: 3 },
    { action: 'order.placed', occurred_at: '2024-01-01T00:00:00Z', event_id: 7 },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const lines = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: good.map((e) => JSON.stringify(e)) },
    { weight: 1, arbitrary: bad.map((e) => JSON.stringify(e)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '{',
        'nonsense',
        '{"a":"\\u0000"}',
        '{"action":"x"',
        '[1,',
        '{"n":1e999999}',
      ),
    },
  ),
  { maxLength: 30 },
);

interface Accounting {
  readonly raw: string;
  readonly events: string;
  readonly pending: string;
  readonly balanced: boolean;
}

const accounting = async (): Promise<Accounting> =>
  (await world.admin.query<Accounting>('select * from mcp.accounting()')).rows[0] as Accounting;

/** Takes lines in as one file, or one by one where a line is JSON. */
async function take(batch: readonly string[]): Promise<void> {
  await world.admin.query('begin; select mcp.open_ingest()');
  for (const line of batch)
    await world.admin.query('insert into pg_temp.incoming (line) values ($1)', [line]);
  await world.admin.query('select * from mcp.close_ingest(); commit');
}

describe('any stream of events', () => {
  beforeEach(forget);

  it('is accounted for to the last line, whatever order and batches it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 30 }), async (stream, size) => {
        await forget();
        const before = await accounting();
        for (let at = 0; at < stream.length; at += size) await take(stream.slice(at, at + size));
        const after = await accounting();
        expect(after.balanced).toBe(true);
        expect(Number(after.raw) - Number(before.raw)).toBe(stream.length);
        const ids = await world.superuser.query<{ orphans: string }>(
          `select count(*) as orphans from landing.raw_events r join activity.events e on e.event_id = r.payload ->> 'depends_on_event_id' where r.outcome = 'pending'`,
        );
        expect(ids.rows[0]?.orphans).toBe('0');
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('comes to the same events in any order of its batches, but for which of two contents came first', async () => {
    const keys = async (): Promise<unknown> =>
      (
        await world.superuser.query(
          `select event_id, source from activity.events where _source_lane = 'DIRECT' order by 1, 2`,
        )
      ).rows;
    await fc.assert(
      fc.asyncProperty(
        fc.array(good, { maxLength: 15 }),
        fc.infiniteStream(fc.nat()),
        async (events, random) => {
          const stream = events
            .filter((event) => !('depends_on_event_id' in event))
            .map((event) => JSON.stringify(event));
          await forget();
          await take(stream);
          const first = await keys();
          await forget();
          const shuffled = stream
            .map((line) => [random.next().value as number, line] as const)
            .sort(([a], [b]) => a - b);
          for (const [, line] of shuffled) await take([line]);
          expect(await keys()).toEqual(first);
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);
});

type Step = readonly ['grant', number] | readonly ['expiring', number] | readonly ['revoke'];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constant('grant' as const), fc.integer({ min: 0, max: 5 })),
  fc.tuple(fc.constant('expiring' as const), fc.integer({ min: 1, max: 5 })),
  fc.tuple(fc.constant('revoke' as const)),
);

describe('any history of permissions', () => {
  let user: string;
  let client: pg.Client;
  beforeAll(async () => {
    await forget();
    await world.ingest(...['1', '2', '3', '4', '5', '6'].map((n) => order(`h${n}`)));
    user = await world.addUser('subject');
    client = await world.connect(user);
  });

  it('shows rows exactly while the latest event permits, and replays to the same at every instant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const seen: { at: string; status: string; max_rows: number | null }[] = [];
        for (const [kind, rows = 0] of steps) {
          const expiresAt = kind === 'expiring' ? new Date(Date.now() + 40) : null;
          if (kind === 'revoke')
            await world.admin.query(`select mcp.revoke_user_permission($1, 'x')`, [user]);
          else await world.grant(user, { maxRows: rows, budgetS: 100_000, expiresAt });
          if (expiresAt) await world.superuser.query('select pg_sleep(0.06)');
          const answer = await ask(client, { actions: ['order.placed'], timeout_s: 1 });
          const permitted = kind === 'grant';
          expect(answer.rows).toHaveLength(permitted ? rows : 0);
          expect(answer.verdict.status).toBe(permitted ? 'accepted' : 'rejected');
          const now = await world.admin.query<{ at: string; status: string; max_rows: number | null }>(
            `select clock_timestamp()::text as at, status, max_rows from mcp.current_user_permissions where username = $1`,
            [user],
          );
          seen.push(...now.rows);
        }
        for (const { at, status, max_rows } of seen) {
          const replayed = await world.admin.query(
            'select status, max_rows from mcp.permissions_at($1) where username = $2',
            [at, user],
          );
          expect(replayed.rows).toEqual([{ status, max_rows }]);
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it('knows nobody before the first grant', async () => {
    const { rows } = await world.admin.query(
      `select from mcp.permissions_at('2000-01-01') where username = $1`,
      [user],
    );
    expect(rows).toEqual([]);
    const p = world.database.rolePrefix;
    await world.superuser.query(`create role ${p}nobody login; grant ${p}mcp_user to ${p}nobody`);
    const nobody = await world.connect(`${p}nobody`);
    expect(await submit(nobody, { actions: ['order.placed'] })).toMatchObject({
      error: 'you have no permission',
    });
  });

  it('lets a revocation win a tie', async () => {
    const [granted, revoked] = ['system.permission.granted', 'system.permission.revoked'].map(
      (action) =>
        `select mcp.emit('tie_' || gen_random_uuid(), '${action}', 'a', 'user', 'tied', '{"max_rows": 1}', '2030-01-01', 'ADMIN')`,
    );
    for (const order of [
      [granted, revoked],
      [revoked, granted],
    ]) {
      await world.superuser.query('begin');
      for (const sql of order) await world.superuser.query(sql ?? '');
      const { rows } = await world.superuser.query(
        `select (mcp.permission_at('tied', 'infinity')).action as action`,
      );
      await world.superuser.query('rollback');
      expect(rows).toEqual([{ action: 'system.permission.revoked' }]);
    }
  });
});

describe('50 parallel queries of one user', () => {
  it('respect one budget and one row limit', async () => {
    await forget();
    await world.ingest(...Array.from({ length: 20 }, (_, n) => order(`p${n}`)));
    const user = await world.addUser('crowd', { budgetS: 60, maxRows: 7 });
    const clients = await Promise.all(Array.from({ length: 50 }, () => world.connect(user)));
    const verdicts = await Promise.all(
      clients.map((client) => submit(client, { actions: ['order.placed'], limit: 7, timeout_s: 5 })),
    );
    const accepted = verdicts.filter(({ status }) => status === 'accepted');
    expect(accepted).toHaveLength(12);
    expect(verdicts.filter(({ kind }) => kind === 'Rate limit')).toHaveLength(38);
    expect(new Set(accepted.map(({ query_id }) => query_id)).size).toBe(12);
    const rows = await Promise.all(
      verdicts.map(async (verdict, at) => {
        const client = clients[at];
        if (verdict.query_id === undefined || !client) return 0;
        return (await client.query('select * from mcp.result_scan($1)', [verdict.query_id])).rowCount ?? 0;
      }),
    );
    expect(new Set(rows)).toEqual(new Set([0, 7]));
    expect(await submit(clients[0] as pg.Client, { actions: ['order.placed'], limit: 8 })).toMatchObject({
      kind: 'Row limit',
    });
    const { rows: used } = await world.admin.query(
      `select seconds_used <= 60 as within, queries_executed from mcp.user_runtime_last_24h where "user" = $1`,
      [user],
    );
    expect(used).toEqual([{ within: true, queries_executed: '12' }]);
  }, 60_000);

  it('run each accepted query once, however many fetch it', async () => {
    const user = await world.addUser('fetchers');
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.connect(user)));
    const verdict = await submit(clients[0] as pg.Client, { actions: ['order.placed'], limit: 1 });
    const outcomes = await Promise.allSettled(
      clients.map((client) => client.query('select * from mcp.result_scan($1)', [verdict.query_id])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
