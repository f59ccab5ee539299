import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Settings } from '../../src/index.js';
import { withClient, type TestDatabase } from './database.js';
import { testSettings } from './department.js';

/** The folder of the small shared pack. */
export const PACKS = fileURLToPath(new URL('fixtures/packs/', import.meta.url));

/** Two libraries: alpha attacks, beta is attacked. */
export const ALPHA = 'aaaaaaaa-0000-4000-8000-000000000001';
export const BETA = 'bbbbbbbb-0000-4000-8000-000000000002';

/** Settings under which the pack "lending" is the chosen one. */
export const lendingSettings = (database: TestDatabase, overrides: Partial<Settings> = {}): Settings =>
  testSettings(database, { pack: 'lending', packDirs: [PACKS], ...overrides });

/** Logs in to the test's database as a role. */
export function urlAs(database: TestDatabase, role: string): string {
  const url = new URL(database.url);
  url.username = role;
  return url.href;
}

/** The same for a role whose name is given without the prefix. */
export const urlOf = (database: TestDatabase, role: string): string =>
  urlAs(database, `${database.rolePrefix}${role}`);

/** Registers a library by hand, as "fedgen tenant add" does for real. */
export async function addLibrary(database: TestDatabase, id: string, slug: string): Promise<void> {
  const role = pg.escapeIdentifier(`${database.rolePrefix}lending_${slug}_role`);
  const group = pg.escapeIdentifier(`${database.rolePrefix}lending_tenant`);
  await withClient(database.url, async (client) => {
    await client.query(`create role ${role} login; grant ${group} to ${role}`);
    await client.query(
      `insert into federation.tenants (role_name, tenant_id, pack, tenant_name) values ($1, $2, 'lending', $3)`,
      [`${database.rolePrefix}lending_${slug}_role`, id, slug],
    );
    await client.query('insert into lending.libraries (library_id, name) values ($1, $2)', [id, slug]);
  });
}
