import { afterAll, beforeAll, describe } from 'vitest';
import type { Settings } from '../../src/index.js';
import { snapshotCatalogue } from './catalogue.js';
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
