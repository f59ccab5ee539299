import { sql, type Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTenantDb, type TenantDb, type TenantTools } from '../../../src/client/kysely.js';
import { shopPack, type ShopDatabase } from '../../golden/code/shop.types.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { SHOP_TABLES } from '../../support/shop.js';
import { makeShopWorld, WAYS, type ShopWorld } from '../../support/tenant-pool.js';
import { failure } from '../../unit/config/workspace.js';

type Use<T> = (db: Kysely<ShopDatabase>, tools: TenantTools<ShopDatabase>) => Promise<T>;

const NEW = { order_id: 'new', order_date: '2024-03-01' } as const;
const FOREIGN = { ...NEW, tenant_id: 'T002' };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(18);
});
afterAll(async () => {
  await server.stop();
});

describe.each(WAYS)('createTenantDb %s', (way) => {
  let world: ShopWorld;
  let shop: TenantDb<ShopDatabase>;
  const as = <T>(tenantId: string, use: Use<T>): Promise<T> => shop.withTenant({ tenantId }, use);
  const setRowSecurity = (state: 'enable' | 'disable'): Promise<unknown> =>
    world.asSuperuser(
      SHOP_TABLES.map((table) => `alter table shop.${table} ${state} row level security;`).join('\n'),
    );

  beforeAll(async () => {
    world = await makeShopWorld(server, 'kysely', { way });
    shop = createTenantDb<ShopDatabase>(world.pool, {
      pack: shopPack,
      rolePrefix: world.database.rolePrefix,
    });
  });
  afterAll(async () => {
    await world.end();
  });

  it('reads and writes with both layers, and commits', async () => {
    const made = await as('T001', (db) =>
      db.insertInto('shop.orders').values(NEW).returning(['tenant_id', 'order_id']).execute(),
    );
    expect(made).toEqual([{ tenant_id: 'T001', order_id: 'new' }]);
    const { orders, joined } = await as('T001', async (db) => ({
      orders: await db
        .selectFrom('shop.orders')
        .select(['tenant_id', 'order_id'])
        .orderBy('order_id')
        .execute(),
      joined: await db
        .selectFrom('shop.orders as o')
        .leftJoin('shop.fulfillment as f', (join) => join.onRef('f.order_id', '=', 'o.order_id'))
        .select(['o.order_id', 'f.carrier'])
        .orderBy('o.order_id')
        .execute(),
    }));
    expect(orders).toEqual(['O001', 'O002', 'new'].map((order_id) => ({ tenant_id: 'T001', order_id })));
    expect(joined).toEqual([
      { order_id: 'O001', carrier: 'UPS' },
      { order_id: 'O002', carrier: null },
      { order_id: 'new', carrier: null },
    ]);
    const gone = await as('T001', (db) =>
      db.deleteFrom('shop.orders').where('order_id', '=', 'new').executeTakeFirst(),
    );
    expect(gone.numDeletedRows).toBe(1n);
  });

  it('fills in the tenant where a query gives the rows, and in upserts', async () => {
    await as('T002', async (db) => {
      await db
        .insertInto('shop.orders')
        .columns(['order_id', 'order_date'])
        .expression(db.selectFrom('shop.orders').select([sql<string>`'copy'`.as('id'), 'order_date']))
        .execute();
      await db
        .insertInto('shop.orders')
        .values({ order_id: 'copy', order_date: '2024-01-01' })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'order_id']).doUpdateSet({ items_count: 7 }))
        .execute();
      const [copy] = await db.selectFrom('shop.orders').selectAll().where('order_id', '=', 'copy').execute();
      expect(copy).toMatchObject({ tenant_id: 'T002', items_count: 7 });
      await db.deleteFrom('shop.orders').where('order_id', '=', 'copy').execute();
    });
  });

  it('undoes what fails, in a savepoint or in all', async () => {
    const error = new Error('no');
    const undone = as('T001', async (db, { savepoint }) => {
      await db.insertInto('shop.orders').values(NEW).execute();
      const inner = savepoint(async (within) => {
        await within
          .insertInto('shop.orders')
          .values({ ...NEW, order_id: 'inner' })
          .execute();
        await sql`select 1/0`.execute(within);
      });
      await expect(inner).rejects.toMatchObject({ code: '22012' });
      expect(
        await db
          .selectFrom('shop.orders')
          .select('order_id')
          .where('order_id', 'in', ['new', 'inner'])
          .execute(),
      ).toEqual([{ order_id: 'new' }]);
      throw error;
    });
    await expect(undone).rejects.toBe(error);
    expect(await world.asSuperuser(`select from shop.orders where order_id in ('new', 'inner')`)).toEqual([]);
  });

  it('has no transactions of its own, and no streams', async () => {
    const begun = await failure(() => as('T001', (db) => db.transaction().execute(() => Promise.resolve())));
    expect(begun).toMatchObject({ code: 'E_USAGE' });
    const streamed = as('T001', async (db) => {
      for await (const row of db.selectFrom('shop.orders').selectAll().stream()) expect(row).toBeUndefined();
    });
    await expect(streamed).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  describe('the first layer alone', () => {
    const foreign = `insert into shop.orders (tenant_id, order_id, order_date) values ('T002', 'evil', '2024-03-01')`;

    it('shows own rows only, and refuses another tenant’s id', async () => {
      const { rows } = await as('T001', (_db, { client }) =>
        client.query('select distinct tenant_id from shop.orders'),
      );
      expect(rows).toEqual([{ tenant_id: 'T001' }]);
      const raw = await as('T001', (db) => sql`select distinct tenant_id from shop.orders`.execute(db));
      expect(raw.rows).toEqual([{ tenant_id: 'T001' }]);
      for (const insert of [
        () => as('T001', (_db, { client }) => client.query(foreign)),
        () => as('T001', (db) => sql.raw(foreign).execute(db)),
      ])
        await expect(insert()).rejects.toMatchObject({ code: '42501' });
    });
  });

  describe('the second layer alone', () => {
    beforeAll(() => setRowSecurity('disable'));
    afterAll(() => setRowSecurity('enable'));

    it('is what stands there: without it all rows show', async () => {
      const { rows } = await as('T001', (_db, { client }) =>
        client.query('select distinct tenant_id from shop.orders order by 1'),
      );
      expect(rows).toEqual([{ tenant_id: 'T001' }, { tenant_id: 'T002' }]);
    });

    it('shows own rows only', async () => {
      const tenants = await as('T001', (db) =>
        db
          .selectFrom('shop.orders as o')
          .fullJoin('shop.fulfillment as f', 'f.order_id', 'o.order_id')
          .select(['o.tenant_id as one', 'f.tenant_id as other'])
          .distinct()
          .orderBy('f.tenant_id')
          .execute(),
      );
      expect(tenants).toEqual([
        { one: 'T001', other: 'T001' },
        { one: 'T001', other: null },
      ]);
    });

    it('refuses another tenant’s id, and rows that change hands', async () => {
      const attempts: Use<unknown>[] = [
        (db) => db.insertInto('shop.orders').values(FOREIGN).execute(),
        (db) =>
          db
            .insertInto('shop.orders')
            .values([NEW, { ...FOREIGN, order_id: 'other' }])
            .execute(),
        (db) =>
          db
            .updateTable('shop.orders')
            .set({ tenant_id: 'T002' } as never)
            .execute(),
      ];
      for (const attempt of attempts)
        expect((await failure(() => as('T001', attempt))).code).toBe('E_STATEMENT_REFUSED');
      expect(await world.asSuperuser(`select from shop.orders where order_id in ('new', 'other')`)).toEqual(
        [],
      );
    });

    it('changes and removes own rows only', async () => {
      const changed = await as('T002', async (db) => [
        (
          await db
            .updateTable('shop.orders')
            .set({ items_count: 3 })
            .where(sql<boolean>`true or true`)
            .executeTakeFirst()
        ).numUpdatedRows,
        (await db.deleteFrom('shop.fulfillment').executeTakeFirst()).numDeletedRows,
      ]);
      expect(changed).toEqual([1n, 1n]);
      const left = await world.asSuperuser(`select tenant_id from shop.fulfillment`);
      expect(left).toEqual([{ tenant_id: 'T001' }]);
    });
  });

  it('costs the planner nothing: the sub-select is seen through', async () => {
    const plan = await as('T001', (db) =>
      db
        .selectFrom('shop.orders as o')
        .innerJoin('shop.fulfillment as f', 'f.order_id', 'o.order_id')
        .select('f.carrier')
        .where('o.order_id', '=', 'O001')
        .explain<Record<string, string>>(),
    );
    const text = plan.map((line) => Object.values(line).join()).join('\n');
    expect(text).not.toContain('Subquery Scan');
  });
});
