import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, listTenants, removeTenant } from '../../../src/index.js';
import { PACKS_WITH_SLUGS, SHARED_PACKS } from '../../support/built-in-packs.js';
import { withClient } from '../../support/database.js';
import { createPackWorld, type PackWorld } from '../../support/pack-world.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { roleOfTenant } from '../../support/shared-pack.js';

describe.each([14, 18] as const)('a tenant that is removed on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(major);
  });
  afterAll(async () => {
    await server.stop();
  });

  describe.each(SHARED_PACKS)('from pack $pack.name', ({ pack, rows }) => {
    let world: PackWorld;
    const { alpha, beta } = pack.tenants;
    beforeAll(async () => {
      world = await createPackWorld(server, pack, rows);
    });
    afterAll(() => world.close());
    const roles = (): Promise<unknown> =>
      withClient(world.database.url, async (client) => {
        const names = [
          roleOfTenant(world.database, pack, 'alpha'),
          roleOfTenant(world.database, pack, 'beta'),
        ];
        const found = await client.query<{ rolname: string }>(
          'select rolname from pg_roles where rolname = any ($1)',
          [names],
        );
        return found.rows.map(({ rolname }) => names.indexOf(rolname));
      });

    it('takes its rows and its role along, and no row of another', async () => {
      const { settings } = world;
      const before = await world.rowsOf('beta');
      expect(await world.rowsOf('alpha')).not.toBe('');
      await expect(removeTenant({ settings, tenantId: alpha })).rejects.toMatchObject({
        code: 'E_DATA_LOSS',
      });
      await removeTenant({ settings, tenantId: alpha, allowDataLoss: true });
      expect(await world.rowsOf('alpha')).toBe('');
      expect(await world.rowsOf('beta')).toBe(before);
      expect(await roles()).toEqual([1]);
      expect((await listTenants({ settings })).map(({ tenantId }) => tenantId)).toEqual([beta]);
    });

    it('may come again, with nothing of what it had', async () => {
      await addTenant({ settings: world.settings, tenantId: alpha, name: 'alpha again' });
      expect((await roles()) as number[]).toHaveLength(2);
      const tables = world.tables.filter(({ hasTenant, name }) => hasTenant && name !== 'tenants');
      for (const { name } of tables) {
        const left = `select count(*) from ${pack.schema}.${name} where tenant_id = '${alpha}'`;
        expect([name, await world.run('superuser', left)]).toEqual([name, '0']);
      }
    });
  });

  describe.each(PACKS_WITH_SLUGS)('by the platform’s SQL from pack $pack.name', ({ pack, rows }) => {
    let world: PackWorld;
    beforeAll(async () => {
      world = await createPackWorld(server, pack, rows);
    });
    afterAll(() => world.close());

    it('takes all that refers to it along, its slug too, and no row of another', async () => {
      const before = await world.rowsOf('beta');
      const remove = `delete from ${pack.schema}.tenants`;
      const acting = `set local app.current_tenant_id = '${pack.tenants.alpha}'; ${remove}`;
      expect(await world.run('adm', remove)).toBe('DELETE 0');
      expect(await world.run('adm', acting, 'commit')).toBe('DELETE 1');
      expect(await world.rowsOf('alpha')).toBe('');
      expect(await world.rowsOf('beta')).toBe(before);
      const slugs = `select string_agg(tenant::text, ',') from ${pack.schema}.tenant_slugs`;
      expect(await world.run('superuser', slugs)).toBe(pack.tenants.beta);
    });
  });
});
