import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  apply,
  FedgenError,
  rollback,
  rollbackControlPlane,
  validate,
  type Settings,
} from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const HR = { departmentId: 'hr', department: 'HR' } as const;
const OWNER = 'federation_owner';
const GATEWAY = 'cross_dept_query_role';

/** A role that stands already, and why it is not taken. `other` is a harmless role. */
const UNSAFE: readonly (readonly [role: string, sql: string, reason: string])[] = [
  [OWNER, `create role ${OWNER} superuser`, 'is a superuser'],
  [OWNER, `create role ${OWNER} bypassrls`, 'has BYPASSRLS'],
  [OWNER, `create role ${OWNER} createrole`, 'has CREATEROLE'],
  [OWNER, `create role ${OWNER} createdb`, 'has CREATEDB'],
  [OWNER, `create role ${OWNER} replication`, 'has REPLICATION'],
  [OWNER, `create role ${OWNER} login`, 'can log in'],
  [OWNER, `create role ${OWNER} noinherit`, 'is NOINHERIT'],
  [OWNER, `create role ${OWNER}; grant ${OWNER} to other`, 'has a member other than this provisioner'],
  [OWNER, `create role ${OWNER} in role other`, 'is a member of another role'],
  ['federation_tenant', 'create role federation_tenant login', 'can log in'],
  ['federation_tenant', 'create role federation_tenant in role other', 'is a member of another role'],
  ['federation_admin_role', 'create role federation_admin_role bypassrls', 'has BYPASSRLS'],
  ['federation_admin_role', 'create role federation_admin_role in role other', 'is a member of another role'],
  [GATEWAY, `create role ${GATEWAY} inherit`, 'is not NOINHERIT'],
  [
    GATEWAY,
    `create role ${GATEWAY} noinherit in role other`,
    'is a member of a role that is not a tenant role',
  ],
];

describe.each([14, 18] as const)('roles of the control plane on PostgreSQL %i', (major) => {
  let server: TestServer;
  let database: TestDatabase;
  let settings: Settings;
  beforeAll(async () => {
    server = await startTestServer(major);
    database = await createTestDatabase(server, `roles ${major}`);
    settings = testSettings(database);
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
  });

  const named = (sql: string): string =>
    sql.replace(/\b(federation_\w+|cross_dept_query_role|other|provisioner)\b/g, `${database.rolePrefix}$1`);
  const run = (...statements: string[]): Promise<void> =>
    withClient(database.url, async (client) => {
      for (const sql of statements) await client.query(named(sql));
    });
  const snapshot = (): Promise<string[]> => withClient(database.url, (client) => snapshotCatalogue(client));
  const removeAll = async (by: Settings): Promise<void> => {
    await rollback({ ...HR, settings: by, goal: { kind: 'all' } });
    await rollbackControlPlane({ settings: by, allowDataLoss: true });
  };

  it.each(UNSAFE)('refuse a %s made by "%s", saying that it %s', async (role, sql, reason) => {
    await run('create role other', ...sql.split('; '));
    const before = await snapshot();
    await expect(apply({ ...HR, settings })).rejects.toMatchObject({
      code: 'E_APPLY_FAILED',
      message: expect.stringContaining(
        `role "${database.rolePrefix}${role}" already exists and ${reason}`,
      ) as string,
      details: { sqlState: '42710' },
    });
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
    await run(`drop role ${role}`, 'drop role other');
  });

  it('take a harmless role that stands already, and leave it when they go', async () => {
    await run('create role federation_tenant');
    const before = await snapshot();
    await apply({ ...HR, settings });
    expect((await validate({ ...HR, settings })).passed).toBe(true);
    await removeAll(settings);
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
    await run('drop role federation_tenant');
  });

  describe('for a provisioner with CREATEROLE, and CREATE on the database', () => {
    let provisioner: Settings;
    beforeEach(async () => {
      await run('drop role if exists provisioner', 'create role provisioner login createrole');
      provisioner = testSettings({ ...database, url: provisionerUrl() });
    });
    const provisionerUrl = (): string => {
      const url = new URL(database.url);
      url.username = named('provisioner');
      return url.href;
    };
    const allow = (): Promise<void> =>
      run(`grant create on database ${pg.escapeIdentifier(database.name)} to provisioner`);
    const forbid = (): Promise<void> =>
      run(`revoke create on database ${pg.escapeIdentifier(database.name)} from provisioner`);

    it('stand, hold, and go without a trace', async () => {
      await allow();
      const before = await snapshot();
      await apply({ ...HR, settings: provisioner });
      expect((await validate({ ...HR, settings: provisioner })).passed).toBe(true);
      await removeAll(provisioner);
      expect(diffCatalogues(before, await snapshot())).toEqual([]);
      await forbid();
    });

    it('are refused as a lack of privileges without CREATE, and leave nothing', async () => {
      const before = await snapshot();
      await expect(apply({ ...HR, settings: provisioner })).rejects.toMatchObject({
        code: 'E_PRIVILEGE',
        message: expect.stringContaining('permission denied for database') as string,
      });
      expect(diffCatalogues(before, await snapshot())).toEqual([]);
    });

    it('give it no right to read, and no more than SET ROLE where the version can tell', async () => {
      await allow();
      await apply({ ...HR, settings: provisioner });
      await withClient(database.url, (client) =>
        client.query(named(`insert into hr_tenant.contacts (contact_id) values ('x')`)),
      );
      const read = await withClient(provisionerUrl(), async (client) =>
        client.query('select count(*)::int as n from hr_tenant.contacts'),
      ).then(
        ({ rows }) => rows as unknown,
        (error: unknown) => (error as pg.DatabaseError).code,
      );
      // On 14 and 15 a membership inherits; FORCE still hides every row.
      expect(read).toEqual(major < 16 ? [{ n: 0 }] : '42501');
      await rollback({ ...HR, settings: provisioner, goal: { kind: 'all' }, allowDataLoss: true });
      await rollbackControlPlane({ settings: provisioner, allowDataLoss: true });
      await forbid();
    });

    it('are refused where the version asks for ADMIN OPTION, if somebody else has made them', async () => {
      await allow();
      await run('create role federation_tenant');
      const reason = 'was not created by this provisioner, who lacks ADMIN OPTION on it';
      const outcome = await apply({ ...HR, settings: provisioner }).then(
        () => 'applied',
        (error: unknown) =>
          error instanceof FedgenError && error.message.includes(reason) ? 'refused' : error,
      );
      expect(outcome).toBe(major < 16 ? 'applied' : 'refused');
      if (outcome === 'applied') await removeAll(provisioner);
      await run('drop role federation_tenant');
      await forbid();
    });
  });
});
