import { afterAll, beforeAll, describe, expect } from 'vitest';
import { apply, rollback, rollbackControlPlane, status, type Settings } from '../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from './catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from './database.js';
import { withProvisioner } from './department.js';
import { MAJORS, startTestServer, type TestServer } from './postgres.js';

type Major = (typeof MAJORS)[number];

/** Where a pack is applied and taken back; filled before the first test. */
export interface Life {
  database: TestDatabase;
  settings: Settings;
}

export const snapshotOf = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

/** Tests on a server of their own of each version. */
export function describeOnVersions(
  what: string,
  tests: (server: () => TestServer, major: Major) => void,
  majors: readonly Major[] = MAJORS,
): void {
  describe.each(majors)(`${what} on PostgreSQL %i`, (major) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer(major);
    });
    afterAll(async () => {
      await server.stop();
    });
    tests(() => server, major);
  });
}

/** Tests in a database of their own, for a superuser and for a provisioner without those powers. */
export function describeAppliedByEach(
  world: {
    readonly server: () => TestServer;
    /** Of the databases. */
    readonly name: string;
    readonly settingsOf: (database: TestDatabase) => Settings;
  },
  tests: (life: Life) => void,
): void {
  describe.each([
    ['a superuser', (database: TestDatabase) => Promise.resolve(database)],
    ['a CREATEROLE provisioner', withProvisioner],
  ])('applied by %s', (_who, connectAs) => {
    const life = {} as Life;
    beforeAll(async () => {
      life.database = await createTestDatabase(world.server(), world.name);
      life.settings = world.settingsOf(await connectAs(life.database));
    });
    afterAll(async () => {
      await life.database.drop();
    });
    tests(life);
  });
}

/** Expects the catalogue to be that of a snapshot. */
export const expectCatalogue = async ({ database }: Life, wanted: readonly string[]): Promise<void> =>
  expect(diffCatalogues(wanted, await snapshotOf(database))).toEqual([]);

/** Expects the catalogue `before` when all of a pack is taken back, and `applied` when it is applied again. */
export async function expectBackAndAgain(
  life: Life,
  before: readonly string[],
  applied: readonly string[],
): Promise<void> {
  const { settings } = life;
  await rollback({ settings, goal: { kind: 'to', number: 0 } });
  await rollbackControlPlane({ settings, allowDataLoss: true });
  await expectCatalogue(life, before);
  await apply({ settings });
  await expectCatalogue(life, applied);
}

/** Expects the same of a pack that goes at once. */
export async function expectGoneAndAgain(life: Life, applied: readonly string[]): Promise<void> {
  const { settings } = life;
  await rollback({ settings, goal: { kind: 'all' } });
  expect((await status({ settings })).packs).toEqual([]);
  await apply({ settings });
  await expectCatalogue(life, applied);
}

/** Expects each number of scripts, taken back, to change the catalogue, and applied again to leave no trace. */
export async function expectStepsBackAndAgain(
  life: Life,
  counts: readonly number[],
  department: { readonly departmentId?: string; readonly department?: string } = {},
): Promise<void> {
  const { database, settings } = life;
  const { departmentId } = department;
  const applied = await snapshotOf(database);
  for (const steps of counts) {
    await rollback({ ...(departmentId && { departmentId }), settings, goal: { kind: 'steps', steps } });
    expect(diffCatalogues(applied, await snapshotOf(database))).not.toEqual([]);
    await apply({ ...department, settings });
    await expectCatalogue(life, applied);
  }
}
