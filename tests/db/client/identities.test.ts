import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tokenSigner, withTenant, type WithTenantOptions } from '../../../src/client.js';
import { createTenantDb } from '../../../src/client/kysely.js';
import { apply, rotateTenantKey } from '../../../src/index.js';
import { federationPack, type FederationDatabase } from '../../golden/code/federation.types.js';
import { createTestDatabase, openPool, withClient } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { shopSettings } from '../../support/shop.js';
import { makeShopWorld, WAYS, type ShopWorld } from '../../support/tenant-pool.js';
import { failure } from '../../unit/config/workspace.js';

const ORDERS = 'select distinct tenant_id from shop.orders';
const EVIL = `insert into shop.orders (tenant_id, order_id, order_date) values ('T002', 'evil', '2024-03-01')`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(18);
});
afterAll(async () => {
  await server.stop();
});

describe.each(WAYS)('withTenant %s', (way) => {
  let world: ShopWorld;
  afterEach(async () => {
    await world.end();
  });

  const tenants = async (options: WithTenantOptions): Promise<string[]> => {
    const { rows } = await withTenant(world.pool, options, (client) =>
      client.query<{ tenant_id: string }>(ORDERS),
    );
    return rows.map(({ tenant_id }) => tenant_id);
  };
  const unbound = async (): Promise<number | null> => (await world.pool.query(ORDERS)).rowCount;

  it('signs a token for each transaction in the mode signed', async () => {
    world = await makeShopWorld(server, 'signed', { way, identity: 'signed' });
    const settings = shopSettings(world.database);
    const { key } = await rotateTenantKey({ settings });
    const as = (tenantId: string, token = tokenSigner({ key })): WithTenantOptions =>
      world.as(tenantId, { token });
    expect(await Promise.all(['T001', 'T002', 'T001'].map((id) => tenants(as(id))))).toEqual([
      ['T001'],
      ['T002'],
      ['T001'],
    ]);
    expect(await unbound()).toBe(0);
    await expect(withTenant(world.pool, as('T001'), (client) => client.query(EVIL))).rejects.toMatchObject({
      code: '42501',
    });
    // What SQL injection could try: there is nothing in the session that makes another tenant of it.
    const forged = withTenant(world.pool, as('T001'), (client) =>
      client
        .query(
          `with forged as (select set_config('app.current_tenant_id', 'T002', true)) select * from forged`,
        )
        .then(() => client.query(ORDERS)),
    );
    expect((await forged).rows).toEqual([]);
    const elsewhere = tokenSigner({ key });
    const replayed: WithTenantOptions['token'] = (request) =>
      elsewhere({ ...request, tenantId: 'T001', challenge: '1.2' });
    expect((await failure(() => tenants(as('T001', replayed)))).code).toBe('E_TENANT_REFUSED');
    const another: WithTenantOptions['token'] = (request) => elsewhere({ ...request, tenantId: 'T002' });
    expect((await failure(() => tenants(as('T001', another)))).code).toBe('E_TENANT_REFUSED');
    const failing = (): never => {
      throw new Error('the key service is away');
    };
    await expect(tenants(as('T001', failing))).rejects.toThrow('the key service is away');
    expect(await tenants(as('T002'))).toEqual(['T002']);
  });

  it('names the tenant in the mode variable', async () => {
    world = await makeShopWorld(server, 'variable', { way, identity: 'variable' });
    expect(await tenants(world.as('T002'))).toEqual(['T002']);
    expect(await unbound()).toBe(0);
    await expect(
      withTenant(world.pool, world.as('T001'), (client) => client.query(EVIL)),
    ).rejects.toMatchObject({ code: '42501' });
    expect(await world.asSuperuser(`select from shop.orders where order_id = 'evil'`)).toEqual([]);
    await withTenant(world.pool, world.as('T002'), (client) => client.query(EVIL));
    expect(await world.asSuperuser(`select from shop.orders where order_id = 'evil'`)).toHaveLength(1);
  });
});

describe('departments', () => {
  it('are acted for with their role, in their schema', async () => {
    const database = await createTestDatabase(server, 'departments');
    const settings = testSettings(database);
    for (const [departmentId, department] of Object.entries({ hr: 'People', legal: 'Law' }))
      await apply({ settings, departmentId, department });
    const login = `${database.rolePrefix}app`;
    await withClient(database.url, (client) =>
      client.query(
        `create role ${login} login noinherit; grant ${database.rolePrefix}cross_dept_query_role to ${login}`,
      ),
    );
    const url = new URL(database.url);
    url.username = login;
    const pool = openPool(url.href, { max: 2 });
    const as = (tenantId: string): WithTenantOptions => ({
      pack: 'federation',
      tenantId,
      rolePrefix: database.rolePrefix,
    });
    const where = `select current_schema() as schema, federation.current_tenant() as tenant,
      (select count(*)::int from notifications) as notifications`;
    try {
      for (const tenant of ['hr', 'legal', 'hr']) {
        const { rows } = await withTenant(pool, as(tenant), (client) => client.query(where));
        expect(rows).toEqual([{ schema: `${tenant}_tenant`, tenant, notifications: 0 }]);
      }
      const across = withTenant(pool, as('hr'), (client) =>
        client.query('select from legal_tenant.notifications'),
      );
      await expect(across).rejects.toMatchObject({ code: '42501' });
      const departments = createTenantDb<FederationDatabase>(pool, {
        pack: federationPack,
        rolePrefix: database.rolePrefix,
      });
      const flags = await departments.withTenant({ tenantId: 'hr' }, async (db) => {
        await db.insertInto('feature_flags').values({ feature_name: 'dark' }).execute();
        return db.selectFrom('feature_flags').select(['department', 'feature_name']).execute();
      });
      expect(flags).toEqual([{ department: 'hr', feature_name: 'dark' }]);
      const none = await departments.withTenant({ tenantId: 'legal' }, (db) =>
        db.selectFrom('feature_flags').selectAll().execute(),
      );
      expect(none).toEqual([]);
      expect((await pool.query('show search_path')).rows).toEqual([{ search_path: '"$user", public' }]);
      expect((await failure(() => withTenant(pool, as('sales'), () => 'in'))).code).toBe('E_TENANT_REFUSED');
      expect((await failure(() => withTenant(pool, as('Sales'), () => 'in'))).code).toBe('E_USAGE');
      expect(
        (await failure(() => withTenant(pool, { ...as('hr'), identity: 'variable' }, () => 'in'))).code,
      ).toBe('E_USAGE');
    } finally {
      await pool.end();
      await database.drop();
    }
  });
});
