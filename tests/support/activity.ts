import pg from 'pg';
import type { Settings } from '../../src/index.js';
import type { TestDatabase } from './database.js';
import { testSettings } from './department.js';
import { urlAs } from './lending.js';

/** Settings under which the pack "activity" is the chosen one. */
export const activitySettings = (database: TestDatabase, overrides: Partial<Settings> = {}): Settings =>
  testSettings(database, { pack: 'activity', ...overrides });

/** Connects as a role whose name is given without the prefix. */
export async function connectAs(database: TestDatabase, role: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlAs(database, `${database.rolePrefix}${role}`) });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
