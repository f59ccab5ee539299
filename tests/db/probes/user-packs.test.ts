import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, validate, type Settings } from '../../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { testSettings, withProvisioner } from '../../support/department.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { NOT_PROVEN_WITHOUT_SUPERUSER, reportedFindings } from './reported.js';

const PACK_DIR = fileURLToPath(new URL('../../fixtures/packs', import.meta.url));
/** Packs and the number of tables in which rows must be planted. */
const PACKS = { clinic: 6, metering: 5, bookkeeping: 6, museum: 4 } as const;

describe.each([14, 16, undefined] as const)('on PostgreSQL %s', (major) => {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = major === undefined ? undefined : await startTestServer(major);
  });
  afterAll(async () => {
    await server?.stop();
  });

  describe.each(['clinic', 'metering', 'bookkeeping', 'museum'] as const)('pack %s', (pack) => {
    let database: TestDatabase;
    let asProvisioner: Settings;
    let asSuperuser: Settings;
    beforeAll(async () => {
      database = await createTestDatabase(server ?? inject('testServer'), `user ${pack}`);
      const options = {
        pack,
        packDirs: [PACK_DIR],
        variables:
          major === 14 ? { bookkeeping: { invoker_views: false }, museum: { invoker_views: false } } : {},
      };
      asSuperuser = testSettings(database, options);
      asProvisioner = testSettings(await withProvisioner(database), options);
      for (const departmentId of ['north', 'south'])
        await apply({ departmentId, department: departmentId, settings: asProvisioner });
    });
    afterAll(() => database.drop());

    it('is attacked in every table, and holds', async () => {
      const report = await validate({ departmentId: 'north', settings: asSuperuser });
      expect(reportedFindings(report)).toEqual([]);
      const planted =
        report.targets[0]?.checks.find(({ code }) => code === 'unprobed_tables')?.evidence ?? [];
      // No constraint had to go, and no row had to serve as a model.
      expect(planted.map((text) => text.replace(/ \(.*/, ''))).toEqual([
        `${PACKS[pack]} tables with a row of another department`,
        `${PACKS[pack]} tables with a row of north`,
      ]);
    });

    it('is attacked by its provisioner, who says what is not proven', async () => {
      const found = reportedFindings(await validate({ departmentId: 'north', settings: asProvisioner }));
      expect(found.filter((each) => !NOT_PROVEN_WITHOUT_SUPERUSER.test(each))).toEqual([]);
      expect(found).toHaveLength(3);
    });
  });
});
