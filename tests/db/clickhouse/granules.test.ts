import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply } from '../../../src/index.js';
import {
  ask,
  clickHouseSettings,
  startClickHouse,
  type Asking,
  type TestClickHouse,
} from '../../support/clickhouse.js';

// How fast rows come in is measured by bench/clickhouse.mjs: what is read does not depend on the machine.
const ROWS = 1_000_000;
const TENANTS = 8;
const DAYS = 60;
const uuid = (prefix: string, number: string): string =>
  `toUUID(concat('${prefix}-0000-4000-8000-', leftPad(toString(${number}), 12, '0')))`;
const EVENTS = `select generateUUIDv4() as event_id, ${uuid('dddddddd', 'cityHash64(number, 1) % 40')} as dashboard_id,
  ${uuid('eeeeeeee', 'cityHash64(number, 2) % 500')} as user_id, ${uuid('aaaaaaaa', `cityHash64(number, 3) % ${TENANTS}`)} as tenant_id,
  toDateTime('2026-08-01 00:00:00', 'UTC') + toIntervalSecond(cityHash64(number, 8) % (${DAYS} * 86400)) as timestamp
  from numbers(${ROWS})`;
/** As the original writes it. */
const ORIGINAL = `create table bi_analytics.original (event_id UUID, dashboard_id UUID, user_id UUID, tenant_id UUID,
  event_type String, event_data String, timestamp DateTime, date Date materialized toDate(timestamp))
  engine = MergeTree() partition by toYYYYMM(date) order by (tenant_id, dashboard_id, user_id, timestamp)`;

let server: TestClickHouse;
let admin: Asking;
beforeAll(async () => {
  server = await startClickHouse();
  admin = ask(server);
  await apply({ settings: clickHouseSettings(server), variables: { sort: 'day' } });
  await admin.run(ORIGINAL);
  for (const table of ['original', 'dashboard_events']) {
    const columns = 'event_id, dashboard_id, user_id, tenant_id, timestamp';
    await admin.run(
      `insert into bi_analytics.${table} (${columns}) select ${columns} from (${EVENTS}) settings optimize_on_insert = 0`,
      `optimize table bi_analytics.${table} final`,
    );
  }
});
afterAll(async () => {
  await admin.client.close();
  await server.stop();
});

it.each([
  ['date', `date >= '2026-08-10' and date < '2026-08-24'`],
  ['timestamp', `timestamp >= '2026-08-10 00:00:00' and timestamp < '2026-08-24 00:00:00'`],
])(
  'of a million events a query of a tenant over a period by %s reads its granules only',
  async (_by, period) => {
    const query = (table: string): string =>
      `select toUInt32(count()), uniq(user_id) from bi_analytics.${table}
      where tenant_id = 'aaaaaaaa-0000-4000-8000-000000000003' and ${period}`;
    const [counted] = (await admin.rows(query('dashboard_events'))) as [number, number][];
    const touched = counted?.[0] ?? 0;
    expect(touched).toBeGreaterThan(25_000);
    const read = await admin.readRows(query('dashboard_events'));
    expect(read / touched).toBeLessThanOrEqual(1.2);
    expect(read).toBeLessThan((await admin.readRows(query('original'))) / 2);
  },
);
