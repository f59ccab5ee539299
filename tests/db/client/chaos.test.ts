import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTenant } from '../../../src/client.js';
import { makeUniqueFolder, removeFolder, temporaryFolder } from '../../../src/dev/folders.js';
import { startServer, type EmbeddedServer } from '../../../src/dev/launch.js';
import { findServerUser } from '../../../src/dev/server-user.js';
import { rush, type Journal } from '../../support/chaos.js';
import { poll } from '../../support/poll.js';
import { testBinaries } from '../../support/postgres.js';
import { makeShopWorld, POOL_SIZE, WAYS, type ShopWorld } from '../../support/tenant-pool.js';

const PARALLEL = 64;
const ROUND_MS = 1_500;
/** Errors that a request may end with while servers are killed; others are faults of the client. */
const EXPECTED = [
  'ok',
  '22012', // division by zero
  '25P02', // a statement after one that failed
  '42501', // another tenant's row
  'RangeError',
  'E_DB_LOST',
  'E_DB_UNREACHABLE',
  'E_INTERRUPTED',
  'E_TIMEOUT',
];
/** Those that show that the trouble was really there. */
const CERTAIN = EXPECTED.filter((code) => code !== 'E_DB_UNREACHABLE');
const TENANTS = ['T001', 'T002', 'T003'];

/** A server of this file's own, whatever serves the other tests: it is killed and started again on its port. */
let folder: string;
let server: EmbeddedServer;
const start = async (port?: number): Promise<void> => {
  server = await startServer({
    env: process.env,
    binaries: testBinaries(18),
    auth: 'trust',
    fast: true,
    // What was committed before a crash must be there after it.
    settings: { max_connections: 200, synchronous_commit: true },
    dir: path.join(folder, 'server'),
    ...(port !== undefined && { port }),
  });
};

beforeAll(async () => {
  const user = await findServerUser(process.env);
  folder = await makeUniqueFolder(path.join(await temporaryFolder(process.env, user), 'fedgen-chaos-'), user);
  await start();
});
afterAll(async () => {
  await server.stop();
  await removeFolder(folder);
});

describe.each(WAYS)('64 requests at once on a pool of 8, %s', (way) => {
  let world: ShopWorld;
  beforeAll(async () => {
    const { host, port, user, database } = server;
    world = await makeShopWorld(
      { host, port, user, database, password: '', stop: () => server.stop() },
      'chaos',
      {
        way,
      },
    );
  });
  afterAll(async () => {
    await world.end();
  });

  const terminate = (): Promise<unknown[]> =>
    world.asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 order by random() limit 3`,
      [`${world.database.rolePrefix}app`],
    );
  /** A session kills itself as nobody should: the server ends all of them, recovers and goes on. */
  const crash = async (): Promise<void> => {
    const killing = world.asSuperuser(`copy (select) to program 'kill -9 $PPID'`);
    await expect(killing).rejects.toThrow('terminated unexpectedly');
    await answers();
  };
  const restart = async (): Promise<void> => {
    const { port } = server;
    await server.stop();
    await start(port);
    await answers();
  };
  const answers = (): Promise<unknown> =>
    poll('the server to answer', () => world.asSuperuser('select 1').catch(() => undefined));

  it('never show another tenant’s row, and the pool survives', async () => {
    const journal: Journal = { outcomes: new Map(), leaks: [], orders: new Map() };
    const { pool, as } = world;
    let isOver = false;
    const requests = rush({ pool, as, tenants: TENANTS, journal }, PARALLEL, () => isOver);
    try {
      for (const harm of [terminate, crash, terminate, restart, terminate]) {
        await sleep(ROUND_MS);
        await harm();
      }
      await sleep(ROUND_MS);
    } finally {
      isOver = true;
      await requests;
    }

    expect(journal.leaks).toEqual([]);
    const outcomes = [...journal.outcomes.keys()];
    expect(outcomes.filter((code) => !EXPECTED.includes(code))).toEqual([]);
    expect(CERTAIN.filter((code) => !outcomes.includes(code))).toEqual([]);
    expect([pool.waitingCount, pool.totalCount <= POOL_SIZE]).toEqual([0, true]);
    await poll('the pool to be idle', () =>
      Promise.resolve(pool.idleCount === pool.totalCount ? true : undefined),
    );
    const after = Array.from({ length: PARALLEL }, (_, at) =>
      withTenant(pool, as(TENANTS[at % 3] ?? ''), (client) => client.query('select 1')),
    );
    expect((await Promise.allSettled(after)).filter(({ status }) => status === 'rejected')).toEqual([]);

    const stored = await world.asSuperuser<{ order_id: string; tenant_id: string }>(
      `select order_id, tenant_id from shop.orders where order_id like 'w%' or order_id = 'evil'`,
    );
    const tenantOf = new Map(stored.map((row) => [row.order_id, row.tenant_id]));
    const wrong = [...journal.orders].filter(([order, { tenantId, kept }]) => {
      const found = tenantOf.get(order);
      return kept === true
        ? found !== tenantId
        : kept === false
          ? found !== undefined
          : found !== undefined && found !== tenantId;
    });
    expect(wrong).toEqual([]);
    expect(tenantOf.has('evil')).toBe(false);
    expect(stored.length).toBeGreaterThan(PARALLEL);
  });
});
