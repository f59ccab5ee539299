import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apply,
  rollback,
  rollbackControlPlane,
  status,
  validate,
  type Settings,
} from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings, withProvisioner } from '../../support/department.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';

const DEPARTMENTS = [
  { departmentId: 'hr', department: 'Human Resources' },
  { departmentId: 'sales', department: "Sales & O'Brien" },
] as const;

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

async function applyAll(settings: Settings): Promise<void> {
  for (const department of DEPARTMENTS) await apply({ ...department, settings });
}

/** What fails; warnings say what a provisioner cannot show, and what PostgreSQL 14 lets everybody do in schema public. */
async function failuresOf(settings: Settings, departmentId: string): Promise<string[]> {
  const report = await validate({ departmentId, settings });
  return report.targets
    .flatMap(({ checks }) => checks)
    .flatMap((check) =>
      check.findings
        .filter(({ severity }) => severity === 'error')
        .map((each) => `${check.code} ${each.object}: ${each.message}`),
    );
}

describe.each(MAJORS)('pack federation on PostgreSQL %i', (major) => {
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
      database = await createTestDatabase(server, `life ${major}`);
      settings = testSettings(await connectAs(database));
    });
    afterAll(async () => {
      await database.drop();
    });

    it('applies, validates, goes back to the first catalogue, and comes to the same catalogue again', async () => {
      const before = await snapshot(database);
      await applyAll(settings);
      const applied = await snapshot(database);
      for (const { departmentId } of DEPARTMENTS)
        expect(await failuresOf(settings, departmentId)).toEqual([]);
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);

      for (const { departmentId } of DEPARTMENTS) {
        await rollback({ departmentId, settings, goal: { kind: 'to', number: 0 } });
      }
      await rollbackControlPlane({ settings, allowDataLoss: true });
      expect(diffCatalogues(before, await snapshot(database))).toEqual([]);

      await applyAll(settings);
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
    });

    it('rolls some scripts back and applies them again without a trace', async () => {
      const applied = await snapshot(database);
      // The newest script only fills in data, so a single step leaves the catalogue as it is.
      for (const steps of [2, 5, 8, 10]) {
        await rollback({ departmentId: 'hr', settings, goal: { kind: 'steps', steps } });
        expect(diffCatalogues(applied, await snapshot(database))).not.toEqual([]);
        await apply({ ...DEPARTMENTS[0], settings });
        expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
      }
    });

    it('removes a department at once with --all and leaves the other one whole', async () => {
      await rollback({ departmentId: 'hr', settings, goal: { kind: 'all' } });
      const names = (await status({ settings })).departments.map((each) => each.departmentId);
      expect(names).toEqual(['sales']);
      expect(await failuresOf(settings, 'sales')).toEqual([]);
      await rollback({ departmentId: 'sales', settings, goal: { kind: 'all' } });
      await rollbackControlPlane({ settings, allowDataLoss: true });
    });
  });
});
