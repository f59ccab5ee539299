import { and, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { date, integer, pgSchema, primaryKey, varchar } from 'drizzle-orm/pg-core';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTenant, type TenantClient } from '../../../src/client.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { makeShopWorld, WAYS, type ShopWorld } from '../../support/tenant-pool.js';

// The recipe of docs/client.md.
const orders = pgSchema('shop').table(
  'orders',
  {
    tenantId: varchar('tenant_id', { length: 10 }).notNull(),
    orderId: varchar('order_id', { length: 20 }).notNull(),
    orderDate: date('order_date').notNull(),
    itemsCount: integer('items_count'),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.orderId] })],
);
// Drizzle asks for a client of pg, and uses its query() alone.
const drizzleOf = (client: TenantClient) => drizzle(client as unknown as PoolClient);
const scoped = (client: TenantClient) => {
  const db = drizzleOf(client);
  const own = eq(orders.tenantId, client.tenantId);
  return {
    orders: () => db.select().from(orders).where(own),
    insert: (row: Omit<typeof orders.$inferInsert, 'tenantId'>) =>
      db.insert(orders).values({ ...row, tenantId: client.tenantId }),
    remove: (orderId: string) => db.delete(orders).where(and(own, eq(orders.orderId, orderId))),
  };
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(18);
});
afterAll(async () => {
  await server.stop();
});

describe.each(WAYS)('Drizzle over withTenant %s', (way) => {
  let world: ShopWorld;
  beforeAll(async () => {
    world = await makeShopWorld(server, 'drizzle', { way });
  });
  afterAll(async () => {
    await world.end();
  });
  const use = <T>(tenantId: string, fn: (client: TenantClient) => Promise<T>): Promise<T> =>
    withTenant(world.pool, world.as(tenantId), fn);

  it('reads and writes as the tenant', async () => {
    await use('T001', (client) => scoped(client).insert({ orderId: 'D1', orderDate: '2024-03-01' }));
    const seen = await use('T001', (client) => scoped(client).orders());
    expect(seen.map(({ tenantId, orderId }) => [tenantId, orderId]).sort()).toEqual([
      ['T001', 'D1'],
      ['T001', 'O001'],
      ['T001', 'O002'],
    ]);
    const all = await use('T002', (client) => drizzleOf(client).select().from(orders));
    expect(all.map(({ tenantId }) => tenantId)).toEqual(['T002']);
    await use('T001', (client) => scoped(client).remove('D1'));
    expect(await world.asSuperuser(`select from shop.orders where order_id = 'D1'`)).toEqual([]);
  });

  it('cannot insert another tenant’s row, nor leave the transaction', async () => {
    const row = { tenantId: 'T002', orderId: 'evil', orderDate: '2024-03-01' };
    const foreign = use('T001', (client) => drizzleOf(client).insert(orders).values(row));
    await expect(foreign).rejects.toMatchObject({ cause: { code: '42501' } });
    await use('T002', (client) =>
      drizzleOf(client)
        .insert(orders)
        .values({ ...row, orderId: 'own' }),
    );
    const leaving = use('T001', (client) => drizzleOf(client).execute(sql`commit`));
    const left = await leaving.catch((error: unknown) => error);
    expect(left).toMatchObject({ cause: { code: 'E_STATEMENT_REFUSED' } });
  });

  it('keeps nothing of what fails', async () => {
    const undone = use('T001', async (client) => {
      await scoped(client).insert({ orderId: 'undone', orderDate: '2024-03-01' });
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await world.asSuperuser(`select from shop.orders where order_id = 'undone'`)).toEqual([]);
  });
});
