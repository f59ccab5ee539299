import { afterEach, describe, expect, inject, it } from 'vitest';
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
import { testSettings } from '../../support/department.js';
import { loginUrl } from '../../support/rows.js';

const IDS = ['finance', 'hr', 'it', 'legal', 'ops', 'sales'] as const;

const databases: TestDatabase[] = [];
afterEach(async () => {
  // The second may use roles of the first.
  for (const database of databases.splice(0).reverse()) await database.drop();
});
async function newDatabase(label: string): Promise<TestDatabase> {
  const database = await createTestDatabase(inject('testServer'), label);
  databases.push(database);
  return database;
}

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));
const put = (settings: Settings, departmentId: string): Promise<unknown> =>
  apply({ departmentId, department: departmentId, settings });
const remove = (settings: Settings, departmentId: string): Promise<unknown> =>
  rollback({ departmentId, settings, goal: { kind: 'all' } });
const passes = async (settings: Settings, departmentId: string): Promise<boolean> =>
  (await validate({ departmentId, settings })).passed;
const rolesOf = async (prefix: string): Promise<string[]> =>
  withClient(databases[0]?.url ?? '', async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select substr(rolname, length($1) + 1) as name from pg_roles where starts_with(rolname, $1) order by 1',
      [prefix],
    );
    return rows.map(({ name }) => name);
  });
const SHARED_ROLES = [
  'cross_dept_query_role',
  'federation_admin_role',
  'federation_owner',
  'federation_tenant',
];

describe('several departments at once', () => {
  it('come to an empty database, permit each other, go again, and leave nothing', async () => {
    const database = await newDatabase('parallel');
    const settings = testSettings(database);
    const empty = await snapshot(database);
    await Promise.all(IDS.map((id) => put(settings, id)));
    const departments = (await status({ settings })).departments;
    expect(departments.map((each) => [each.departmentId, each.status, each.pending])).toEqual(
      IDS.map((id) => [id, 'ACTIVE', 0]),
    );
    for (const id of ['finance', 'sales']) expect(await passes(settings, id)).toBe(true);

    // In a ring and crosswise, so that removals want the same rows in different orders.
    const pairs = IDS.flatMap((source, at) =>
      [1, 2, 5].map((step) => [source, IDS[(at + step) % IDS.length]]),
    );
    await Promise.all(
      pairs.map((pair) =>
        withClient(database.url, (client) =>
          client.query(`select federation.grant_cross_dept($1, $2, 'read', '*', 'boss')`, pair),
        ),
      ),
    );
    const permitted = await withClient(database.url, (client) =>
      client.query<{ n: number }>(`select count(*)::int as n from pg_namespace n, aclexplode(n.nspacl) a
        join federation.tenants t on t.role_name = a.grantee::regrole::name
        where n.nspname like '%\\_tenant' and n.nspname <> t.department_id || '_tenant'`),
    );
    expect(permitted.rows).toEqual([{ n: pairs.length }]);

    await Promise.all(IDS.map((id) => remove(settings, id)));
    expect((await status({ settings })).departments).toEqual([]);
    await rollbackControlPlane({ settings, allowDataLoss: true });
    expect(diffCatalogues(empty, await snapshot(database))).toEqual([]);
  });

  it('come and go at the same time', async () => {
    const database = await newDatabase('mixed');
    const settings = testSettings(database);
    for (const id of ['hr', 'it']) await put(settings, id);
    const before = await snapshot(database);
    await Promise.all([
      put(settings, 'legal'),
      remove(settings, 'hr'),
      put(settings, 'sales'),
      remove(settings, 'it'),
    ]);
    expect((await status({ settings })).departments.map((each) => each.departmentId)).toEqual([
      'legal',
      'sales',
    ]);
    expect(await passes(settings, 'legal')).toBe(true);
    await Promise.all([
      put(settings, 'hr'),
      remove(settings, 'legal'),
      put(settings, 'it'),
      remove(settings, 'sales'),
    ]);
    expect(diffCatalogues(before, await snapshot(database))).toEqual([]);
  });

  it('are one, when the same department is applied twice at once', async () => {
    const database = await newDatabase('twice');
    const settings = testSettings(database);
    await Promise.all([put(settings, 'hr'), put(settings, 'hr'), put(settings, 'hr')]);
    expect((await status({ settings })).departments.map((each) => [each.departmentId, each.pending])).toEqual(
      [['hr', 0]],
    );
    expect(await passes(settings, 'hr')).toBe(true);
  });
});

describe('two databases of one cluster', () => {
  it('with prefixes of their own know nothing of each other', async () => {
    const [first, second] = [await newDatabase('first'), await newDatabase('second')];
    const [one, two] = [testSettings(first), testSettings(second)];
    const emptyFirst = await snapshot(first);
    await Promise.all([put(one, 'hr'), put(two, 'hr')]);
    expect([await passes(one, 'hr'), await passes(two, 'hr')]).toEqual([true, true]);
    const secondApplied = await snapshot(second);

    // Anybody may connect unless the database says otherwise (docs/isolation.md); there is nothing to be had.
    const guest = new URL(loginUrl(first, 'hr'));
    guest.pathname = new URL(second.url).pathname;
    await withClient(guest.href, async (client) => {
      for (const sql of ['select federation.current_tenant()', 'select * from hr_tenant.contacts'])
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    });
    const own = await withClient(loginUrl(second, 'hr'), (client) =>
      client.query('select federation.current_tenant() as tenant'),
    );
    expect(own.rows).toEqual([{ tenant: 'hr' }]);

    await remove(one, 'hr');
    await rollbackControlPlane({ settings: one, allowDataLoss: true });
    expect(diffCatalogues(emptyFirst, await snapshot(first))).toEqual([]);
    expect(diffCatalogues(secondApplied, await snapshot(second))).toEqual([]);
    expect(await passes(two, 'hr')).toBe(true);
  });

  it('with the same prefix share four roles, which go with the last', async () => {
    const [first, second] = [await newDatabase('first'), await newDatabase('second')];
    const one = testSettings(first);
    const two = testSettings(second, { rolePrefix: first.rolePrefix });
    await put(one, 'hr');
    await put(two, 'sales');
    expect(await rolesOf(first.rolePrefix)).toEqual([...SHARED_ROLES, 'hr_role', 'sales_role']);
    // Each database sees roles in its groups that it knows nothing of.
    const strangersTo = async (settings: Settings, departmentId: string): Promise<string[]> => {
      const report = await validate({ departmentId, settings });
      return [report.checks, ...report.targets.map(({ checks }) => checks)]
        .flatMap((checks) => checks.flatMap(({ findings }) => findings))
        .filter(({ severity }) => severity === 'error')
        .map(({ object }) => object.replaceAll(first.rolePrefix, ''))
        .sort();
    };
    const memberships = (role: string): string[] => [
      `membership of cross_dept_query_role in ${role}`,
      `membership of ${role} in federation_tenant`,
    ];
    expect(await strangersTo(one, 'hr')).toEqual(memberships('sales_role'));
    expect(await strangersTo(two, 'sales')).toEqual(memberships('hr_role'));

    // A member of the shared group may ask who it is, and is nobody there.
    const guest = new URL(loginUrl(first, 'hr'));
    guest.pathname = new URL(second.url).pathname;
    await withClient(guest.href, async (client) => {
      const who = await client.query('select federation.current_tenant() as tenant');
      expect(who.rows).toEqual([{ tenant: null }]);
      await expect(client.query('select * from sales_tenant.contacts')).rejects.toMatchObject({
        code: '42501',
      });
    });

    // Roles belong to the cluster: a department of the same name has its role already.
    await expect(put(two, 'hr')).rejects.toMatchObject({
      code: 'E_APPLY_FAILED',
      message: expect.stringContaining(`role "${first.rolePrefix}hr_role" already exists`) as string,
    });

    await remove(one, 'hr');
    await rollbackControlPlane({ settings: one, allowDataLoss: true });
    expect(await rolesOf(first.rolePrefix)).toEqual([...SHARED_ROLES, 'sales_role']);
    expect(await strangersTo(two, 'sales')).toEqual([]);
    await remove(two, 'sales');
    await rollbackControlPlane({ settings: two, allowDataLoss: true });
    expect(await rolesOf(first.rolePrefix)).toEqual([]);
  });
});
