import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { addTenant, apply, listTenants, offBoardTenant, type Settings } from '../../../src/index.js';
import { formatOffBoarded } from '../../../src/report/tenant-text.js';
import { BI } from '../../support/built-in-packs.js';
import {
  ask,
  clickHouseSettings,
  startClickHouse,
  type Asking,
  type TestClickHouse,
} from '../../support/clickhouse.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { packSettings } from '../../support/shared-pack.js';

const tenantId = BI.tenants.alpha;
const packs = ['bi', 'bi-analytics'];
const plain = (text: string): string => text;
const paint = { red: plain, green: plain, yellow: plain, cyan: plain, bold: plain, dim: plain };

let database: TestDatabase;
let server: TestClickHouse;
let admin: Asking;
let settings: Settings;
beforeAll(async () => {
  [database, server] = await Promise.all([
    createTestDatabase(inject('testServer'), 'off-boarding'),
    startClickHouse(),
  ]);
  admin = ask(server);
  const { clickhouse } = clickHouseSettings(server);
  settings = packSettings(BI, database, clickhouse && { clickhouse });
  for (const pack of packs) {
    await apply({ settings, pack });
    for (const id of Object.values(BI.tenants))
      await addTenant({ settings, pack, tenantId: id, name: 'One' });
  }
  await withClient(database.url, (client) =>
    client.query('insert into bi.roles (tenant_id, name) values ($1, $2)', [tenantId, 'Analyst']),
  );
  await admin.run(
    `insert into bi_analytics.user_activity (activity_id, tenant_id, timestamp) values (generateUUIDv4(), '${tenantId}', now())`,
  );
});
afterAll(async () => {
  await admin.client.close();
  await server.stop();
  await database.drop();
});

const left = async (): Promise<string[][]> =>
  Promise.all(
    packs.map(async (pack) => (await listTenants({ settings, pack })).map((tenant) => tenant.tenantId)),
  );

it('a tenant leaves PostgreSQL and ClickHouse by one plan', async () => {
  const both = [BI.tenants.alpha, BI.tenants.beta];
  const planned = await offBoardTenant({ settings, packs, tenantId, dryRun: true });
  expect(planned.removed).toBe(false);
  expect(planned.losses).toContainEqual({ object: 'bi_analytics.user_activity', rows: 1 });
  expect(planned.losses).toContainEqual({ object: 'bi.roles', rows: 1 });
  expect(formatOffBoarded(planned, { tenantId, paint })).toMatch(
    /bi-analytics: Would remove[^]*2 rows in 2 packs/,
  );

  const refused = offBoardTenant({ settings, packs, tenantId });
  await expect(refused).rejects.toMatchObject({ code: 'E_DATA_LOSS', details: { losses: planned.losses } });
  expect(await left()).toEqual([both, both]);

  const gone = await offBoardTenant({ settings, packs, tenantId, allowDataLoss: true });
  expect(gone.packs.map(({ pack, removed }) => [pack, removed])).toEqual([
    ['bi', true],
    ['bi-analytics', true],
  ]);
  expect(await left()).toEqual([[BI.tenants.beta], [BI.tenants.beta]]);
  expect(await admin.rows('select toUInt32(count()) from bi_analytics.user_activity')).toEqual([[0]]);

  const again = await offBoardTenant({ settings, packs, tenantId, allowDataLoss: true });
  expect(again).toMatchObject({ removed: false, losses: [] });
});

it('what is left in one of them is done by the same call', async () => {
  await addTenant({ settings, pack: 'bi-analytics', tenantId, name: 'One' });
  const { packs: results } = await offBoardTenant({ settings, packs, tenantId, allowDataLoss: true });
  expect(results.map(({ removed }) => removed)).toEqual([false, true]);
  expect(await left()).toEqual([[BI.tenants.beta], [BI.tenants.beta]]);
});
