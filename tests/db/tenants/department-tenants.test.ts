import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  addTenant,
  apply,
  listTenants,
  removeTenant,
  resumeTenant,
  showTenant,
  suspendTenant,
  validate,
  type Settings,
} from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings, withProvisioner } from '../../support/department.js';
import { loginUrl } from '../../support/rows.js';

const HR = { tenantId: 'hr', name: 'Human Resources' } as const;

describe.each([
  ['a superuser', (database: TestDatabase) => Promise.resolve(database)],
  ['a CREATEROLE provisioner', withProvisioner],
])('departments as tenants, kept by %s', (_who, connectAs) => {
  let database: TestDatabase;
  let settings: Settings;
  const snapshot = (): Promise<string[]> => withClient(database.url, (client) => snapshotCatalogue(client));
  const contacts = (): Promise<unknown> =>
    withClient(loginUrl(database, 'hr'), (client) => client.query('select from hr_tenant.contacts'));

  beforeAll(async () => {
    database = await createTestDatabase(inject('testServer'), 'departments');
    settings = testSettings(await connectAs(database));
    await apply({ settings, departmentId: 'sales', department: 'Sales' });
  });
  afterAll(() => database.drop());

  it('are added by applying their pack, once', async () => {
    const added = await addTenant({ settings, ...HR });
    expect(added).toMatchObject({
      added: true,
      tenant: { ...HR, status: 'active', role: `${database.rolePrefix}hr_role` },
    });
    expect(await addTenant({ settings, ...HR })).toMatchObject({ added: false });
    expect((await listTenants({ settings })).map(({ tenantId }) => tenantId)).toEqual(['hr', 'sales']);
    expect((await validate({ settings, departmentId: 'hr' })).passed).toBe(true);
  });

  it('do not take the flag of shared packs', async () => {
    await expect(addTenant({ settings, ...HR, login: false })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('are locked out with their sessions, and let in again', async () => {
    const client = new pg.Client({ connectionString: loginUrl(database, 'hr') });
    const ended = new Promise<string>((resolve) => client.on('error', (error) => resolve(error.message)));
    await client.connect();
    expect(await suspendTenant({ settings, tenantId: 'hr' })).toMatchObject({
      changed: true,
      tenant: { status: 'suspended', login: false },
      sessions: { ended: 1, left: [] },
    });
    expect(await ended).toContain('terminating connection');
    await expect(contacts()).rejects.toMatchObject({ code: '28000' });
    expect(await resumeTenant({ settings, tenantId: 'hr' })).toMatchObject({ tenant: { login: true } });
    await expect(contacts()).resolves.toBeDefined();
  });

  it('are removed by rolling everything back, after a word about their rows', async () => {
    await withClient(loginUrl(database, 'hr'), (client) =>
      client.query(`insert into hr_tenant.contacts (contact_id) values ('c')`),
    );
    await expect(removeTenant({ settings, tenantId: 'hr' })).rejects.toMatchObject({
      code: 'E_DATA_LOSS',
      message: expect.stringContaining('hr_tenant.contacts: 1 row') as string,
    });
    expect(await showTenant({ settings, tenantId: 'hr' })).toMatchObject({
      tenant: { status: 'active' },
      rows: [],
    });
    const before = await snapshot();
    expect(await removeTenant({ settings, tenantId: 'hr', allowDataLoss: true })).toMatchObject({
      removed: true,
      losses: [{ object: 'hr_tenant.contacts', rows: 1 }],
    });
    expect(await removeTenant({ settings, tenantId: 'hr' })).toMatchObject({ removed: false });
    expect(diffCatalogues(before, await snapshot()).filter((fact) => /^[+]|sales_/.test(fact))).toEqual([]);
    await expect(showTenant({ settings, tenantId: 'hr' })).rejects.toMatchObject({
      code: 'E_TARGET_UNKNOWN',
    });
  });
});
