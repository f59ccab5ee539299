import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addTenant, apply, seed, validate, type Settings } from '../../../src/index.js';
import { CSUITE } from '../../support/built-in-packs.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { withProvisioner } from '../../support/department.js';
import { ALPHA, BETA, lendingSettings } from '../../support/lending.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { addTenants, packSettings } from '../../support/shared-pack.js';
import { shopSettings } from '../../support/shop.js';
import { NOT_PROVEN_WITHOUT_SUPERUSER, reportedFindings } from './reported.js';

const PACKS = {
  lending: {
    settings: lendingSettings,
    tables: 6,
    fill: async (settings: Settings, database: TestDatabase): Promise<void> => {
      await addTenant({ settings, tenantId: ALPHA, name: 'Alpha' });
      await addTenant({ settings, tenantId: BETA, name: 'Beta' });
      // Without any genre; the one of the attacks is nobody's.
      await withClient(database.url, (client) =>
        client.query(
          `insert into lending.notices (library_id, body) values (null, 'to all'), ('${ALPHA}', 'to alpha')`,
        ),
      );
    },
  },
  shop: {
    settings: shopSettings,
    tables: 8,
    fill: async (settings: Settings): Promise<unknown> => seed({ settings }),
  },
  csuite: {
    settings: (database: TestDatabase, overrides: Partial<Settings>): Settings =>
      packSettings(CSUITE, database, overrides),
    tables: 12,
    fill: (settings: Settings): Promise<void> => addTenants(settings, CSUITE),
  },
};

const CASES = (['lending', 'shop', 'csuite'] as const).flatMap((pack) =>
  (['role', 'signed', 'variable'] as const).map((identity) => [pack, identity] as const),
);

describe.each([14, 16, undefined] as const)('on PostgreSQL %s', (major) => {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = major === undefined ? undefined : await startTestServer(major);
  });
  afterAll(async () => {
    await server?.stop();
  });

  describe.each(CASES)('pack %s with identity %s', (pack, identity) => {
    let database: TestDatabase;
    let asProvisioner: Settings;
    let asSuperuser: Settings;
    beforeAll(async () => {
      database = await createTestDatabase(server ?? inject('testServer'), `${pack} ${identity}`);
      const variables = { [pack]: { identity } };
      asSuperuser = PACKS[pack].settings(database, { variables });
      asProvisioner = PACKS[pack].settings(await withProvisioner(database), { variables });
      await apply({ settings: asProvisioner });
      await PACKS[pack].fill(asProvisioner, database);
    });
    afterAll(() => database.drop());

    it('is found right by all layers, with every table attacked', async () => {
      const report = await validate({ settings: asSuperuser });
      expect(reportedFindings(report)).toEqual([]);
      const planted =
        report.targets[0]?.checks.find(({ code }) => code === 'unprobed_tables')?.evidence ?? [];
      expect(planted.join()).toContain(`${PACKS[pack].tables} tables with a row of another tenant`);
      expect(report.targets[0]?.matrix.some(({ victim }) => victim === 'another tenant')).toBe(true);
    });

    it('is found right by its provisioner, who says what is not proven', async () => {
      const heard: unknown[] = [];
      const onEvent = (event: { readonly type: string }): void => void heard.push(event.type);
      const found = reportedFindings(await validate({ settings: asProvisioner, onEvent }));
      expect(new Set(heard)).toEqual(new Set(['connected']));
      const others = found.filter((each) => !NOT_PROVEN_WITHOUT_SUPERUSER.test(each));
      expect(others).toEqual([]);
      expect(found.length).toBeGreaterThan(others.length);
    });
  });
});
