import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, seed } from '../../../src/index.js';
import { runOnce } from '../../support/attack.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { brandUrl, shopSettings } from '../../support/shop.js';

describe.each([14, 15, 18] as const)('what a user of a brand sees on PostgreSQL %i', (major) => {
  let server: TestServer;
  let database: TestDatabase;
  let brand: pg.Client;
  let other: pg.Client;
  beforeAll(async () => {
    server = await startTestServer(major);
    database = await createTestDatabase(server, `shop users ${major}`);
    const settings = shopSettings(database);
    await apply({ settings });
    await seed({ settings });
    brand = new pg.Client({ connectionString: brandUrl(database, 'T001') });
    other = new pg.Client({ connectionString: brandUrl(database, 'T002') });
    await Promise.all([brand.connect(), other.connect()]);
  });
  afterAll(async () => {
    await Promise.all([brand.end(), other.end()]);
    await database.drop();
    await server.stop();
  });

  const as = async (user: string, sql: string, client = brand): Promise<string> =>
    (await runOnce(client, `set local app.current_user_id = '${user}'; ${sql}`, 'rollback')).word;
  const ORDERS = `select coalesce(string_agg(concat_ws('/', order_id, region, coalesce(gross_revenue::text, '-'),
    coalesce(discount_amount::text, '-'), coalesce(net_revenue::text, '-')), ' ' order by order_id), 'none') from shop.visible_orders`;
  const SHIPPED = `select coalesce(string_agg(concat_ws('/', order_id, coalesce(fulfillment_status, '-'), coalesce(sla_met::text, '-')), ' '), 'none')
    from shop.visible_fulfillment`;
  const CAMPAIGNS = `select coalesce(string_agg(concat_ws('/', campaign_id, coalesce(spend::text, '-'), coalesce(conversions::text, '-'),
    coalesce(cac::text, '-')), ' '), 'none') from shop.visible_campaigns`;

  it.each([
    ['', ORDERS, 'O001/EU/120.00/20.00/100.00 O002/US/80.00/0.00/80.00'],
    ['U001', ORDERS, 'O001/EU/120.00/-/100.00 O002/US/80.00/-/80.00'],
    ['U002', ORDERS, 'O001/EU/120.00/20.00/100.00'],
    ['U404', ORDERS, 'none'],
    ['', SHIPPED, 'O001/Delivered/true'],
    ['U001', SHIPPED, 'O001/Delivered/-'],
    ['U002', SHIPPED, 'O001/-/-'],
    ['U404', SHIPPED, 'none'],
    ['', CAMPAIGNS, 'C001/50.00/5/10.00'],
    ['U001', CAMPAIGNS, 'C001/50.00/-/-'],
    ['U002', CAMPAIGNS, 'C001/-/-/-'],
    ['U404', CAMPAIGNS, 'none'],
  ])('user "%s": %s', async (user, sql, seen) => {
    expect(await as(user, sql)).toBe(seen);
  });

  it('is nothing for a user of another brand, whose id means somebody else here', async () => {
    expect(await as('U002', ORDERS, other)).toBe('none');
    expect(await as('U001', ORDERS, other)).toBe('O001/EU/999.00/-/999.00');
  });

  it('binds writes as well, also those that read nothing', async () => {
    expect(await as('', 'update shop.orders set channel = null')).toBe('UPDATE 2');
    expect(await as('U002', 'update shop.orders set channel = null')).toBe('UPDATE 1');
    expect(await as('U002', 'delete from shop.orders')).toBe('DELETE 1');
    const insert = (region: string): string =>
      `insert into shop.orders (order_id, order_date, region) values ('O9', '2024-01-01', '${region}')`;
    expect(await as('U002', insert('EU'))).toBe('INSERT 1');
    expect(await as('U002', insert('US'))).toBe('42501');
    expect(await as('U404', 'delete from shop.fulfillment')).toBe('DELETE 0');
  });

  it('follows the rules and the role at once', async () => {
    const rules = `update shop.role_metric_visibility set is_visible = false where role = 'Finance' and metric_name = 'net_revenue';
      insert into shop.governance_rules (user_id, dimension, "values") values ('U002', 'store', '{S9}');`;
    expect(await as('U002', `${rules} ${ORDERS}`)).toBe('none');
    const inactive = `update shop.users set status = 'Inactive' where user_id = 'U001';`;
    expect(await as('U001', `${inactive} ${ORDERS}`)).toBe('none');
  });

  it.each([
    [`insert into shop.orders (order_id, order_date, gross_revenue) values ('X', now(), -5)`, '23514'],
    [
      `insert into shop.orders (order_id, order_date, gross_revenue, discount_amount) values ('X', now(), 50, 100)`,
      '23514',
    ],
    [`insert into shop.orders (order_id, order_date, net_revenue) values ('X', now(), 999)`, '428C9'],
    [`insert into shop.orders (order_id, order_date, currency) values ('X', now(), 'usd')`, '23514'],
    [
      `insert into shop.marketing_campaigns (campaign_id, date, clicks, impressions) values ('X', now(), 2, 1)`,
      '23514',
    ],
    [
      `insert into shop.fulfillment (order_id, promised_delivery_date, actual_delivery_date, sla_met)
      values ('O001', '2024-01-01', '2024-01-02', true)`,
      '23514',
    ],
    [
      `insert into shop.users (user_id, email, cognito_user_id, role) values ('X', 'ADMIN@example.com', 'x', 'Admin')`,
      '23505',
    ],
    [
      `insert into shop.users (user_id, email, cognito_user_id, role) values ('X', 'x@y', 'x', 'Boss')`,
      '23514',
    ],
    [
      `insert into shop.governance_rules (user_id, dimension, "values") values ('U001', 'planet', '{x}')`,
      '23514',
    ],
    [
      `insert into shop.governance_rules (user_id, dimension, "values") values ('U002', 'region', '{x}')`,
      '23505',
    ],
  ])('%s is refused', async (sql, code) => {
    expect(await as('', sql)).toBe(code);
  });

  it('has the indexes, triggers and keys of the specification', async () => {
    const names = await withClient(database.url, async (client) => {
      const { rows } = await client.query<{ indexes: string[]; triggers: string[]; keys: number }>(`select
        array(select c.relname::text from pg_class c where c.relnamespace = 'shop'::regnamespace and c.relname like 'idx_%' order by 1) as indexes,
        array(select t.tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
               where c.relnamespace = 'shop'::regnamespace and t.tgname like 'update_%' order by 1) as triggers,
        (select count(*)::int from pg_constraint where connamespace = 'shop'::regnamespace and contype = 'f') as keys`);
      return rows[0];
    });
    expect(names?.indexes).toHaveLength(22);
    expect(names?.triggers).toEqual([
      'update_campaigns_updated_at',
      'update_fulfillment_updated_at',
      'update_governance_updated_at',
      'update_orders_updated_at',
      'update_role_visibility_updated_at',
      'update_tenants_updated_at',
      'update_users_updated_at',
    ]);
    expect(names?.keys).toBe(10);
  });
});
