import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apply,
  rollback,
  rollbackControlPlane,
  status,
  validate,
  type Settings,
} from '../../../src/index.js';
import { activitySettings } from '../../support/activity.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { withProvisioner } from '../../support/department.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';

/** What is said of these servers, whatever the pack. */
const SERVERS_OWN = ['server_version', 'public_privileges'];

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

describe.each(MAJORS)('pack activity on PostgreSQL %i', (major) => {
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
      database = await createTestDatabase(server, `activity ${major}`);
      settings = activitySettings(await connectAs(database));
    });
    afterAll(async () => {
      await database.drop();
    });

    it('applies, goes back to the first catalogue, and comes to the same catalogue again', async () => {
      const before = await snapshot(database);
      await apply({ settings });
      const applied = await snapshot(database);
      await rollback({ settings, goal: { kind: 'to', number: 0 } });
      await rollbackControlPlane({ settings, allowDataLoss: true });
      expect(diffCatalogues(before, await snapshot(database))).toEqual([]);
      await apply({ settings });
      expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
      expect((await status({ settings })).packs).toMatchObject([
        { pack: 'activity', status: 'INSTALLED', pending: 0 },
      ]);
    });

    it('rolls scripts back one by one and applies them again without a trace', async () => {
      const applied = await snapshot(database);
      for (const steps of [1, 2, 3, 5, 8, 10]) {
        await rollback({ settings, goal: { kind: 'steps', steps } });
        expect(diffCatalogues(applied, await snapshot(database))).not.toEqual([]);
        await apply({ settings });
        expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
      }
    });

    it('is found to be as declared, and nothing in it can be reached', async () => {
      const report = await validate({ settings, skip: SERVERS_OWN });
      const checks = [...report.checks, ...report.targets.flatMap((target) => target.checks)];
      const findings = checks.flatMap((check) =>
        check.findings
          .filter(({ severity }) => severity !== 'note')
          .map(({ object, message }) => [check.code, object, message]),
      );
      expect(findings).toEqual([]);
      expect(report.passed).toBe(true);
    });

    it('is rolled back as a whole', async () => {
      await rollback({ settings, goal: { kind: 'all' } });
      expect((await status({ settings })).packs).toEqual([]);
    });
  });
});
