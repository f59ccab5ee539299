import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, apply, seed, type Settings } from '../../../src/index.js';
import { runOnce } from '../../support/attack.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { loginUrl } from '../../support/rows.js';
import { testSettings } from '../../support/department.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';
import { brandUrl, SHOP_TABLES, shopSettings } from '../../support/shop.js';

const DENIED = '42501';
/** Rows that the tenant put for @ can have. */
const INSERTS: Readonly<Record<string, string>> = {
  users: `(tenant_id, user_id, email, cognito_user_id, role) values ('@', 'U9', 'new@example.com', 'c9', 'Admin')`,
  orders: `(tenant_id, order_id, order_date, gross_revenue) values ('@', 'O9', '2024-01-01', 5)`,
  fulfillment: `(tenant_id, order_id) values ('@', 'O001')`,
  marketing_campaigns: `(tenant_id, campaign_id, date) values ('@', 'C9', '2024-01-01')`,
  role_metric_visibility: `(tenant_id, role, metric_name) values ('@', 'Admin', 'new')`,
  governance_rules: `(tenant_id, user_id, dimension, "values") values ('@', 'U001', 'team', '{a}')`,
  audit_logs: `(tenant_id, action, resource_type) values ('@', 'a', 'r')`,
};
const WRITABLE = Object.keys(INSERTS);
const CHANGEABLE = WRITABLE.filter((table) => table !== 'audit_logs');

/** References by T001 to what only T002 has, and by T002 to the same: T002's users and orders that T001 lacks. */
const LINKS: readonly (readonly [string, string])[] = [
  ['fulfillment', `(order_id) values ('ONLY2')`],
  ['governance_rules', `(user_id, dimension, "values") values ('ONLY2', 'team', '{a}')`],
  ['audit_logs', `(user_id, action, resource_type) values ('ONLY2', 'a', 'r')`],
];
const ONLY_T002 = `
  insert into shop.users (user_id, email, cognito_user_id, role) values ('ONLY2', 'only@t002', 'only-t002', 'Admin');
  insert into shop.orders (order_id, order_date) values ('ONLY2', '2024-01-01');
  insert into shop.marketing_campaigns (campaign_id, date) values ('ONLY2', '2024-01-01');
  insert into shop.governance_rules (user_id, dimension, "values") values ('ONLY2', 'region', '{EU}');
  insert into shop.audit_logs (user_id, action, resource_type) values ('ONLY2', 'only-t002', 'r')`;

describe.each(MAJORS)('a hostile brand of pack shop on PostgreSQL %i', (major) => {
  let server: TestServer;
  let database: TestDatabase;
  let settings: Settings;
  const clients: Record<string, pg.Client> = {};
  const run = async (who: string, sql: string): Promise<string> => {
    const client = clients[who];
    if (!client) throw new Error(`nobody is ${who}`);
    const { word, heard } = await runOnce(client, sql, 'rollback');
    return who === 'T001' && /only-t002|only@t002/.test(heard) ? 'leaked' : word;
  };

  beforeAll(async () => {
    server = await startTestServer(major);
    database = await createTestDatabase(server, `shop attacks ${major}`);
    settings = shopSettings(database);
    await apply({ settings });
    await seed({ settings });
    for (const id of ['T001', 'T002'])
      clients[id] = new pg.Client({ connectionString: brandUrl(database, id) });
    clients['superuser'] = new pg.Client({ connectionString: database.url });
    for (const client of Object.values(clients)) await client.connect();
    await clients['T002']?.query(ONLY_T002);
    await clients['T001']?.query(`insert into shop.audit_logs (action, resource_type) values ('a', 'r')`);
  });
  afterAll(async () => {
    for (const client of Object.values(clients)) await client.end();
    await database.drop();
    await server.stop();
  });

  it.each(SHOP_TABLES)('reads no foreign row of %s', async (table) => {
    const foreign = `select count(*) from shop.${table} where tenant_id <> 'T001'`;
    expect(Number(await run('superuser', foreign))).toBeGreaterThan(0);
    expect(await run('T001', foreign)).toBe('0');
    expect(Number(await run('T001', `select count(*) from shop.${table}`))).toBeGreaterThan(0);
  });

  it.each(WRITABLE)('adds no row to %s in another’s name', async (table) => {
    const insert = (id: string): string =>
      `insert into shop.${table} ${(INSERTS[table] ?? '').replace('@', id)}`;
    expect(await run('T002', insert('T002'))).toBe('INSERT 1');
    expect(await run('T001', insert('T001'))).toBe('INSERT 1');
    expect(await run('T001', insert('T002'))).toBe(DENIED);
  });

  it.each(CHANGEABLE)('neither changes nor deletes a foreign row of %s', async (table) => {
    const own = await run('superuser', `select count(*) from shop.${table} where tenant_id = 'T001'`);
    expect(await run('T001', `update shop.${table} set created_at = now()`)).toBe(`UPDATE ${own}`);
    expect(await run('T001', `update shop.${table} set tenant_id = 'T002'`)).toBe(DENIED);
    const all = await run('superuser', `update shop.${table} set created_at = now()`);
    expect(all).not.toBe(`UPDATE ${own}`);
    const counts = (where: string): string => `select count(*) from shop.${table} where tenant_id ${where}`;
    const before = await run('superuser', counts(`<> 'T001'`));
    const children = table === 'orders' ? 'delete from shop.fulfillment;' : '';
    const logs = `set local app.current_user_id = '';`;
    expect(await run('T001', `${logs}${children} delete from shop.${table}`)).toMatch(/^DELETE \d+$/);
    expect(await run('superuser', counts(`<> 'T001'`))).toBe(before);
  });

  it('changes no evidence and no registration, its own neither', async () => {
    for (const sql of [
      'update shop.audit_logs set action = action',
      'delete from shop.audit_logs',
      'truncate shop.audit_logs',
      `update shop.tenants set plan_tier = 'Enterprise'`,
      'delete from shop.tenants',
      `insert into shop.tenants (tenant_id, tenant_name) values ('T009', 'x')`,
    ]) {
      expect([sql, await run('T001', sql)]).toEqual([sql, DENIED]);
    }
    expect(await run('superuser', 'update shop.audit_logs set action = action')).toBe(DENIED);
    expect(await run('superuser', `update shop.tenants set plan_tier = 'x'`)).toBe('UPDATE 3');
  });

  it.each(LINKS)('links no row of %s to what is another’s: %s', async (table, values) => {
    expect(await run('T002', `insert into shop.${table} ${values}`)).toBe('INSERT 1');
    expect(await run('T001', `insert into shop.${table} ${values}`)).toBe('23503');
  });

  it('learns of no foreign key value from conflicts', async () => {
    const user = (email: string, cognito: string): string =>
      `insert into shop.users (user_id, email, cognito_user_id, role) values ('U8', '${email}', '${cognito}', 'Admin')`;
    expect(await run('T002', user('x@y', 'only-t002'))).toBe('23505');
    expect(await run('T001', user('only@' + 't002', 'only' + '-t002'))).toBe('INSERT 1');
    expect(
      await run(
        'T001',
        `insert into shop.users (tenant_id, user_id, email, cognito_user_id, role)
         values ('T002', 'ONLY2', 'x@y', 'c', 'Admin')
         on conflict (tenant_id, user_id) do update set region = 'x' where users.email::int = 0`,
      ),
    ).toBe(DENIED);
  });

  it('has the tenant first in every index, key and reference', async () => {
    const { rows } = await withClient(database.url, (client) =>
      client.query(`
        select i.indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indrelid
          join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'shop'::regnamespace and i.indkey[0] <> a.attnum
        union all
        select f.conname from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attname = 'tenant_id'
        where f.connamespace = 'shop'::regnamespace and f.contype = 'f' and f.conkey[1] <> a.attnum`),
    );
    expect(rows).toEqual([]);
  });

  it('is not the department of the same id, nor the tenant of another pack', async () => {
    const departments = testSettings(database);
    await apply({ settings: departments, departmentId: 'hr', department: 'HR' });
    await addTenant({ settings, tenantId: 'hr', name: 'A brand called hr' });
    const who = `select concat_ws(',', coalesce(federation.current_tenant(), '-'), coalesce(federation.current_tenant('shop'), '-'),
      coalesce(federation.current_tenant('federation'), '-')) as who`;
    const ask = (url: string): Promise<unknown[]> =>
      withClient(url, async (client) => (await client.query<{ who: string }>(who)).rows);
    expect(await ask(loginUrl(database, 'hr'))).toEqual([{ who: 'hr,-,-' }]);
    expect(await ask(brandUrl(database, 'hr'))).toEqual([{ who: '-,hr,-' }]);
    const read = (url: string, sql: string): Promise<unknown> =>
      withClient(url, (client) => client.query(sql));
    await expect(read(loginUrl(database, 'hr'), 'select from shop.orders')).rejects.toMatchObject({
      code: DENIED,
    });
    await expect(read(brandUrl(database, 'hr'), 'select from hr_tenant.contacts')).rejects.toMatchObject({
      code: DENIED,
    });
  });
});
