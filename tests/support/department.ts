import pg from 'pg';
import { defaultSettings, makeDatabase, type Settings } from '../../src/index.js';
import { parseDatabaseUrl } from '../../src/config/settings.js';
import { withClient, type TestDatabase } from './database.js';

/** Settings for a test's own database, with its role prefix. */
export function testSettings(database: TestDatabase, overrides: Partial<Settings> = {}): Settings {
  return defaultSettings({
    database: makeDatabase(
      { ...parseDatabaseUrl(database.url), host: new URL(database.url).hostname },
      'the test',
    ),
    rolePrefix: database.rolePrefix,
    ...overrides,
  });
}

/** A database whose owner is a role that may make roles and databases, and nothing else. */
export async function withProvisioner(database: TestDatabase): Promise<TestDatabase> {
  const name = `${database.rolePrefix}provisioner`;
  await withClient(database.url, async (client) => {
    await client.query(`create role ${pg.escapeIdentifier(name)} login createrole createdb`);
    await client.query(
      `alter database ${pg.escapeIdentifier(database.name)} owner to ${pg.escapeIdentifier(name)}`,
    );
  });
  const url = new URL(database.url);
  url.username = name;
  return { ...database, url: url.href };
}
