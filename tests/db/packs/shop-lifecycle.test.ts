import { expect, it } from 'vitest';
import { apply, listTenants, removeTenant, rollback, seed } from '../../../src/index.js';
import {
  describeAppliedByEach,
  describeOnVersions,
  expectBackAndAgain,
  expectStepsBackAndAgain,
  snapshotOf,
} from '../../support/lifecycle.js';
import { withClient, type TestDatabase } from '../../support/database.js';
import { SHOP_TABLES, shopSettings } from '../../support/shop.js';

/** Every row of every table, without what the server stamps. */
async function rowsOf(database: TestDatabase): Promise<Record<string, unknown[]>> {
  const facts: Record<string, unknown[]> = {};
  await withClient(database.url, async (client) => {
    for (const table of SHOP_TABLES) {
      const { rows } = await client.query<{ row: unknown }>(
        `select to_jsonb(t) - '{created_at,updated_at}'::text[] as row from shop.${table} t order by t.tenant_id, 1`,
      );
      facts[table] = rows.map(({ row }) => row);
    }
  });
  return facts;
}

describeOnVersions('pack shop', (server, major) => {
  describeAppliedByEach({ server, name: `shop ${major}`, settingsOf: shopSettings }, (life) => {
    it('applies, goes back to the first catalogue, and comes to the same catalogue again', async () => {
      const { database, settings } = life;
      const before = await snapshotOf(database);
      await apply({ settings });
      const applied = await snapshotOf(database);
      await expectBackAndAgain(life, before, applied);
    });

    it('rolls single scripts back and applies them again without a trace', async () => {
      await expectStepsBackAndAgain(life, [1, 2, 3, 4, 5]);
    });

    it('is seeded once, with three brands, however often it is asked', async () => {
      const { database, settings } = life;
      const result = await seed({ settings });
      expect(result.tenants.map(({ tenantId, added }) => [tenantId, added])).toEqual([
        ['T001', true],
        ['T002', true],
        ['T003', true],
      ]);
      const seeded = await rowsOf(database);
      expect(seeded).toMatchObject({ tenants: { length: 3 }, role_metric_visibility: { length: 48 } });
      const again = await seed({ settings });
      expect(again.tenants.map(({ added }) => added)).toEqual([false, false, false]);
      expect(await rowsOf(database)).toEqual(seeded);
    });

    it('brings back what was lost of the seed, and keeps what was changed', async () => {
      const { database, settings } = life;
      await withClient(database.url, async (client) => {
        await client.query(`delete from shop.role_metric_visibility where tenant_id = 'T003'`);
        await client.query(`update shop.tenants set industry = 'Toys' where tenant_id = 'T002'`);
      });
      const { tenants } = await seed({ settings });
      expect(tenants[2]?.counts).toEqual({ tenants: 1, role_metric_visibility: 16 });
      const { tenants: rows } = await rowsOf(database);
      expect(rows).toMatchObject([
        { industry: 'Retail' },
        { industry: 'Toys' },
        { industry: 'Home & Garden' },
      ]);
    });

    it('loses its brands one by one, and then goes without a trace', async () => {
      const { database, settings } = life;
      for (const tenantId of ['T001', 'T002', 'T003']) {
        await removeTenant({ settings, tenantId, allowDataLoss: true });
      }
      expect(await listTenants({ settings })).toEqual([]);
      expect(Object.values(await rowsOf(database)).flat()).toEqual([]);
      await rollback({ settings, goal: { kind: 'all' } });
    });
  });
});
