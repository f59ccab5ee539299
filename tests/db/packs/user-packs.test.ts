import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, rollback, rollbackControlPlane, type Settings } from '../../../src/index.js';
import { prove } from '../../mutation/prover.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings, withProvisioner } from '../../support/department.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const PACKS = ['clinic', 'metering', 'bookkeeping', 'museum'] as const;
const PACK_DIR = fileURLToPath(new URL('../../fixtures/packs', import.meta.url));
const DEPARTMENTS = ['north', 'south'] as const;

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

async function applyAll(settings: Settings): Promise<void> {
  for (const departmentId of DEPARTMENTS) await apply({ departmentId, department: departmentId, settings });
}

/** What contract, catalogue and drift have to say of a pack that is written safely: notes, and what the server is. */
async function findings(settings: Settings): Promise<string[]> {
  const verdicts = await prove({ settings, departmentIds: DEPARTMENTS, probe: false });
  return [...verdicts].flatMap(([id, found]) =>
    found
      .filter(({ severity, code }) => severity !== 'note' && code !== 'server_version')
      .filter(({ message }) => message !== 'PUBLIC may create objects in it')
      .map((verdict) => `${id} ${verdict.code} ${verdict.object}: ${verdict.message}`),
  );
}

describe.each([14, 18] as const)('packs of users on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(major);
  });
  afterAll(async () => {
    await server.stop();
  });

  describe.each(PACKS)('%s', (pack) => {
    let database: TestDatabase;
    let settings: Settings;
    beforeAll(async () => {
      database = await createTestDatabase(server, `${pack} ${major}`);
      settings = testSettings(await withProvisioner(database), {
        pack,
        packDirs: [PACK_DIR],
        variables:
          major < 15 ? { bookkeeping: { invoker_views: false }, museum: { invoker_views: false } } : {},
      });
    });
    afterAll(async () => {
      await database.drop();
    });

    it('applies, is found right, goes back without a trace, and comes again', async () => {
      const before = await snapshot(database);
      await applyAll(settings);
      const applied = await snapshot(database);
      const asSuperuser = testSettings(database, {
        pack,
        packDirs: [PACK_DIR],
        variables: settings.variables,
      });
      expect(await findings(asSuperuser)).toEqual([]);
      expect(await findings(settings)).toEqual([]);
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);

      for (const departmentId of DEPARTMENTS)
        await rollback({ departmentId, settings, goal: { kind: 'to', number: 0 } });
      await rollbackControlPlane({ settings, allowDataLoss: true });
      expect(diffCatalogues(before, await snapshot(database))).toEqual([]);

      await applyAll(settings);
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
    });
  });
});
