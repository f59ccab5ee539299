import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, rollback, rollbackControlPlane, status, type Settings } from '../../../src/index.js';
import { SHARED_PACKS } from '../../support/built-in-packs.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { withProvisioner } from '../../support/department.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';
import { addTenants, findingsOf, packSettings } from '../../support/shared-pack.js';

const SCRIPTS = 6;

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

describe.each(MAJORS)('on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(major);
  });
  afterAll(async () => {
    await server.stop();
  });

  describe.each(SHARED_PACKS)('pack $pack.name', ({ pack }) => {
    describe.each([
      ['a superuser', (database: TestDatabase) => Promise.resolve(database)],
      ['a CREATEROLE provisioner', withProvisioner],
    ])('applied by %s', (_who, connectAs) => {
      let database: TestDatabase;
      let settings: Settings;
      beforeAll(async () => {
        database = await createTestDatabase(server, `${pack.name} life ${major}`);
        settings = packSettings(pack, await connectAs(database));
      });
      afterAll(async () => {
        await database.drop();
      });

      it('applies, validates, goes back to the first catalogue, and comes to the same catalogue again', async () => {
        const before = await snapshot(database);
        await apply({ settings });
        const applied = await snapshot(database);
        expect(await findingsOf(settings)).toEqual([]);
        expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
        expect((await apply({ settings })).scripts.map(({ state }) => state)).toEqual(
          Array.from({ length: SCRIPTS }, () => 'already-applied'),
        );
        expect((await status({ settings })).packs).toMatchObject([
          {
            pack: pack.name,
            status: 'INSTALLED',
            identity: 'role',
            tenants: 0,
            version: SCRIPTS,
            pending: 0,
          },
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
        for (const steps of [1, 2, 4]) {
          await rollback({ settings, goal: { kind: 'steps', steps } });
          expect(diffCatalogues(applied, await snapshot(database))).not.toEqual([]);
          await apply({ settings });
          expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
        }
      });

      it('has nothing to be found with tenants in it either', async () => {
        await addTenants(settings, pack);
        expect(await findingsOf(settings)).toEqual([]);
      });
    });
  });
});
