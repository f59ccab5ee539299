import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, rollback, rollbackControlPlane, status, type Settings } from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { withProvisioner } from '../../support/department.js';
import { addLibrary, ALPHA, lendingSettings } from '../../support/lending.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

describe.each([14, 18] as const)('a shared pack on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(major);
  });
  afterAll(async () => {
    await server.stop();
  });

  describe.each([
    ['a superuser', (database: TestDatabase) => Promise.resolve(database)],
    ['a CREATEROLE provisioner', withProvisioner],
  ])('applied by %s', (_who, connectAs) => {
    let database: TestDatabase;
    let settings: Settings;
    beforeAll(async () => {
      database = await createTestDatabase(server, `lending ${major}`);
      settings = lendingSettings(await connectAs(database));
    });
    afterAll(async () => {
      await database.drop();
    });

    it('applies, goes back to the first catalogue, and comes to the same catalogue again', async () => {
      const before = await snapshot(database);
      const result = await apply({ settings });
      expect(result).toMatchObject({ target: 'pack:lending', departmentId: undefined, schema: 'lending' });
      const applied = await snapshot(database);
      expect((await apply({ settings })).scripts.map(({ state }) => state)).toEqual(
        Array.from({ length: 4 }, () => 'already-applied'),
      );
      expect((await status({ settings })).packs).toMatchObject([
        { pack: 'lending', status: 'INSTALLED', identity: 'role', tenants: 0, version: 4, pending: 0 },
      ]);

      await rollback({ settings, goal: { kind: 'to', number: 0 } });
      await rollbackControlPlane({ settings, allowDataLoss: true });
      expect(diffCatalogues(before, await snapshot(database))).toEqual([]);

      await apply({ settings });
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
      await rollback({ settings, goal: { kind: 'all' } });
      expect((await status({ settings })).packs).toEqual([]);
      await apply({ settings });
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
    });

    it('rolls single scripts back and applies them again without a trace', async () => {
      const applied = await snapshot(database);
      for (const steps of [1, 2, 3]) {
        await rollback({ settings, goal: { kind: 'steps', steps } });
        expect(diffCatalogues(applied, await snapshot(database))).not.toEqual([]);
        await apply({ settings });
        expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
      }
    });

    it('does not go while a tenant is registered, not by SQL either', async () => {
      await addLibrary(database, ALPHA, 'alpha');
      await expect(rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true })).rejects.toMatchObject({
        code: 'E_USAGE',
        message: 'pack "lending" still serves 1 tenant',
        hint: expect.stringContaining('fedgen tenant remove --pack lending --tenant-id <id> --yes') as string,
      });
      await withClient(database.url, async (client) => {
        const remove = `delete from federation.packs`;
        await expect(client.query(remove)).rejects.toMatchObject({ code: '23503' });
        await client.query('delete from federation.tenants');
      });
      await rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true });
    });
  });
});
