import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, doctor, type DoctorResult, type DoctorSection, type Settings } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { poll } from '../../support/poll.js';
import { MAJORS, startOwnServer, type TestServer } from '../../support/postgres.js';
import { shopSettings } from '../../support/shop.js';

const named = ({ sections }: DoctorResult, name: string): DoctorSection => {
  const section = sections.find((each) => each.name === name);
  if (!section) throw new Error(`there is no section ${name}`);
  return section;
};

describe.each(MAJORS)('on PostgreSQL %i', (major) => {
  let server: TestServer;
  let database: TestDatabase;
  let shop: Settings;
  const sql = (text: string): Promise<unknown> => withClient(database.url, (client) => client.query(text));

  const isUsed = (index: string): Promise<boolean> =>
    withClient(database.url, async (client) => {
      const text = 'select from pg_stat_all_indexes where indexrelid = $1::regclass and idx_scan > 0';
      return (await client.query(text, [index])).rows.length > 0;
    });

  beforeAll(async () => {
    server = await startOwnServer(major, {}, { shared_preload_libraries: 'pg_stat_statements' });
    database = await createTestDatabase(server, 'doctor');
    shop = shopSettings(database);
    await apply({ settings: shop });
    await apply({ settings: testSettings(database), departmentId: 'hr', department: 'HR' });
    await sql(
      `insert into shop.tenants (tenant_id, tenant_name) values ('T1', 'x');
       insert into shop.orders (tenant_id, order_id, order_date) select 'T1', i::text, date '2024-01-01' + i from generate_series(1, 500) i;
       analyze shop.orders;
       set enable_seqscan = off; set enable_sort = off;
       select order_date from shop.orders where tenant_id = 'T1' order by order_date limit 1`,
    );
    await poll(
      'the counts of a session that ended',
      async () => (await isUsed('shop.idx_orders_date')) || undefined,
    );
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
  });

  it('tells sizes and unused indexes of the pack, and of nothing else', async () => {
    const result = await doctor({ settings: shop });
    expect(result.schemas).toEqual(['shop']);
    const sizes = named(result, 'table_sizes');
    expect(sizes.rows).toHaveLength(8);
    expect(
      sizes.rows.every((row) => String(row['table']).startsWith('shop.') && Number(row['bytes']) > 0),
    ).toBe(true);
    const unused = named(result, 'unused_indexes').rows.map((row) => String(row['index']));
    expect(unused).toContain('shop.idx_orders_region');
    // used, and unique: neither may be dropped
    expect(unused).not.toContain('shop.idx_orders_date');
    expect(unused).not.toContain('shop.idx_users_email');
    expect(named(result, 'unused_indexes').rows[0]).toMatchObject({ 'declared by the pack': true });
  });

  it('tells those of departments, all or one', async () => {
    expect((await doctor({ settings: testSettings(database) })).schemas).toEqual(['hr_tenant']);
    const result = await doctor({ settings: testSettings(database), departmentId: 'hr' });
    expect(named(result, 'table_sizes').rows).toHaveLength(24);
    const none = doctor({ settings: testSettings(database), departmentId: 'nobody' });
    await expect(none).rejects.toMatchObject({ code: 'E_TARGET_UNKNOWN' });
    const shared = doctor({ settings: shop, departmentId: 'hr' });
    await expect(shared).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('tells how to have slow statements, and has them then, whatever schema the extension is in', async () => {
    const without = named(await doctor({ settings: shop }), 'slow_statements');
    expect(without.unavailable?.reason).toContain('pg_stat_statements is not installed');
    expect(without.unavailable?.remedy).toContain('create extension pg_stat_statements');
    await sql(`create schema "Odd ""one"; create extension pg_stat_statements schema "Odd ""one"`);
    await sql(`select count(*) as slow_one from generate_series(1, 300000)`);
    const { rows, unavailable, notes } = named(await doctor({ settings: shop }), 'slow_statements');
    expect(unavailable).toBeUndefined();
    expect(notes).toEqual([]);
    expect(rows.map((row) => row['statement'])).toContainEqual(expect.stringContaining('slow_one'));
  });

  it('answers any role that may connect, and says what it could not see', async () => {
    const role = `${database.rolePrefix}looker`;
    await sql(`create role ${role} login; grant usage on schema "Odd ""one" to ${role}`);
    const settings = { ...shop, database: { ...shop.database, user: role } } as Settings;
    await withClient(database.url, async () => {
      const result = await doctor({ settings });
      expect(named(result, 'table_sizes').rows).toHaveLength(8);
      expect(named(result, 'slow_statements').notes).toEqual([expect.stringContaining('pg_read_all_stats')]);
      expect(named(result, 'slow_statements').rows.map((row) => row['statement'])).not.toContainEqual(
        expect.stringContaining('slow_one'),
      );
      const connections = named(result, 'connections');
      expect(connections.rows.map((row) => row['state'])).toContain('hidden');
      expect(connections.notes).toEqual([expect.stringContaining('pg_read_all_stats')]);
    });
    await sql(`revoke usage on schema "Odd ""one" from ${role}; grant pg_read_all_stats to ${role}`);
    const seeing = await doctor({ settings });
    expect(named(seeing, 'connections').notes).toEqual([]);
    expect(named(seeing, 'slow_statements').unavailable?.reason).toContain('permission denied');
    expect(named(seeing, 'table_sizes').rows).toHaveLength(8);
  });

  it('does not wait for a table that somebody has locked', async () => {
    await withClient(database.url, async (client) => {
      await client.query('begin; lock table shop.orders in access exclusive mode');
      const result = await doctor({ settings: shop });
      expect(named(result, 'table_sizes').unavailable?.reason).toContain('lock timeout');
      expect(named(result, 'connections').rows).not.toEqual([]);
      await client.query('rollback');
    });
  });
});
