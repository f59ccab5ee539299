import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, FedgenError, rollback, status, type RunEvent } from '../../../src/index.js';
import {
  ask,
  clickHouseSettings,
  startClickHouse,
  systemTables,
  type Asking,
  type TestClickHouse,
} from '../../support/clickhouse.js';

let server: TestClickHouse;
let admin: Asking;
beforeAll(async () => {
  server = await startClickHouse();
  admin = ask(server);
});
afterAll(async () => {
  await admin.client.close();
  await server.stop();
});

const SCRIPTS = ['0001_create_database', '0002_create_tables', '0003_create_access'];
const EVENT = `insert into bi_analytics.dashboard_events (event_id, tenant_id, timestamp) values (generateUUIDv4(), generateUUIDv4(), now())`;

describe('a pack for ClickHouse', () => {
  it('cannot be rolled back before it is applied, and nothing is made for it', async () => {
    const refused = rollback({ settings: clickHouseSettings(server), goal: { kind: 'all' } });
    await expect(refused).rejects.toMatchObject({ code: 'E_TARGET_UNKNOWN' });
    expect(await admin.rows(`select name from system.databases where name = 'federation'`)).toEqual([]);
  });

  it('is applied, rolled back without a trace, and applied again', async () => {
    const settings = clickHouseSettings(server);
    const before = await systemTables(admin);
    const events: RunEvent[] = [];
    const result = await apply({ settings, onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({
      target: 'pack:bi-analytics',
      schema: 'bi_analytics',
      role: 'bi_analytics_tenant',
    });
    expect(result.scripts.map(({ script, state }) => [script, state])).toEqual(
      SCRIPTS.map((script) => [script, 'applied']),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'connected',
        product: expect.stringMatching(/^ClickHouse \d/) as string,
      }),
    );
    const standing = await systemTables(admin);
    expect(standing.length).toBeGreaterThan(before.length + 30);

    const again = await apply({ settings });
    expect(again).toMatchObject({ runId: undefined });
    expect(again.scripts.every(({ state }) => state === 'already-applied')).toBe(true);
    expect(await systemTables(admin)).toEqual(standing);

    const gone = await rollback({ settings, goal: { kind: 'all' } });
    expect(gone.scripts.map(({ script, state }) => [script, state])).toEqual(
      SCRIPTS.toReversed().map((script) => [script, 'rolled-back']),
    );
    expect(await systemTables(admin)).toEqual(before);
    expect((await status({ settings })).packs).toEqual([]);

    await apply({ settings });
    expect(await systemTables(admin)).toEqual(standing);
    const { packs } = await status({ settings });
    expect(packs).toMatchObject([
      { pack: 'bi-analytics', status: 'INSTALLED', version: 3, pending: 0, tenants: 0 },
    ]);
  });

  it('tells what an apply and a rollback would do, and does nothing', async () => {
    const settings = clickHouseSettings(server);
    await rollback({ settings, goal: { kind: 'to', number: 2 } });
    const before = await systemTables(admin);
    const { pending } = await apply({ settings, dryRun: true });
    expect(pending).toMatchObject([
      { script: '0003_create_access', sql: expect.stringContaining('fedgen_floor') as string },
    ]);
    const { steps, scripts } = await rollback({ settings, goal: { kind: 'to', number: 0 }, dryRun: true });
    expect(steps.map(({ label }) => label)).toEqual(['0002_create_tables', '0001_create_database']);
    expect(scripts.every(({ state }) => state === 'not-run')).toBe(true);
    expect(await systemTables(admin)).toEqual(before);
    await apply({ settings });
  });

  it('destroys rows only when told to', async () => {
    const settings = clickHouseSettings(server);
    await admin.run(EVENT);
    const refused = await rollback({ settings, goal: { kind: 'all' } }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FedgenError);
    expect(refused).toMatchObject({
      code: 'E_DATA_LOSS',
      details: { losses: [{ object: 'bi_analytics.dashboard_events', rows: 1 }] },
    });
    expect(await admin.rows('select toUInt32(count()) from bi_analytics.dashboard_events')).toEqual([[1]]);
    await rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true });
    await apply({ settings });
  });

  it('keeps one row where a batch is sent twice', async () => {
    const columns = 'event_id, tenant_id, dashboard_id, timestamp';
    const row = (id: string, time: string): string =>
      `('${id}', '0000000b-0000-4000-8000-000000000001', '0000000c-0000-4000-8000-000000000001', '${time}')`;
    const first = row('0000000a-0000-4000-8000-000000000001', '2026-11-01 10:00:00');
    const insert = (...rows: string[]): string =>
      `insert into bi_analytics.dashboard_events (${columns}) values ${rows.join(', ')}`;
    const count = (final: string): Promise<unknown[][]> =>
      admin.rows(
        `select toUInt32(count()) from bi_analytics.dashboard_events ${final} where timestamp < '2026-11-02'`,
      );
    await admin.run(insert(first), insert(first));
    expect(await count('')).toEqual([[1]]);
    // The same event in another batch: gone once the two are merged, and for queries with FINAL at once.
    await admin.run(insert(first, row('0000000a-0000-4000-8000-000000000002', '2026-11-01 11:00:00')));
    expect(await count('')).toEqual([[3]]);
    expect(await count('final')).toEqual([[2]]);
    await admin.run('truncate table bi_analytics.dashboard_events');
  });

  it('is worked on by one at a time', async () => {
    const settings = clickHouseSettings(server, { lockWaitMs: 0 });
    await admin.run(
      `insert into federation.locks (target, claim, holder, is_held) values ('pack:bi-analytics', '0000000a-0000-4000-8000-000000000001', 'somebody', 1)`,
    );
    const refused = await apply({ settings }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'E_DB_LOCKED',
      message: expect.stringContaining('somebody') as string,
    });
    // Given back, it counts no more; nor does one that nobody has renewed for a minute.
    await admin.run(
      `insert into federation.locks (target, claim, holder, is_held) values ('pack:bi-analytics', '0000000a-0000-4000-8000-000000000001', 'somebody', 0)`,
      `insert into federation.locks (target, claim, holder, is_held, at) select 'pack:bi-analytics', generateUUIDv4(), 'a dead one', 1, now64(3) - toIntervalMinute(2)`,
    );
    await expect(apply({ settings })).resolves.toMatchObject({ runId: undefined });
  });

  it('is refused by commands that know PostgreSQL alone', async () => {
    const { planFleet } = await import('../../../src/index.js');
    await expect(planFleet({ settings: clickHouseSettings(server), all: true })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
  });
});

describe('a server that does not answer', () => {
  it('is told by where it is', async () => {
    const settings = clickHouseSettings({ ...server, url: 'http://127.0.0.1:9' });
    await expect(apply({ settings })).rejects.toMatchObject({
      code: 'E_DB_UNREACHABLE',
      message: 'cannot connect to ClickHouse at 127.0.0.1:9: nothing listens there',
    });
  });

  it('is told when it does not know the user', async () => {
    const url = new URL(server.url);
    url.username = 'nobody';
    const settings = clickHouseSettings({ ...server, url: url.href });
    await expect(apply({ settings })).rejects.toMatchObject({ code: 'E_DB_AUTH' });
  });
});
