import { chooseImpersonation } from '../../src/validate/probes/impersonate.js';
import { readLandscape } from '../../src/validate/probes/relations.js';
import { plantTenant } from '../../src/validate/probes/rows/planter.js';
import { insertLike } from '../../src/validate/probes/rows/planted-row.js';
import { withClient, type TestDatabase } from './database.js';

/** The URL under which a department's role logs in to a test database (test servers trust everybody). */
export function loginUrl(database: TestDatabase, departmentId: string): string {
  const url = new URL(database.url);
  url.username = `${database.rolePrefix}${departmentId}_role`;
  return url.href;
}

/** INSERTs of one row that each of the department's tables accepts, by table; links to other rows are left empty. */
export async function insertsFor(
  database: TestDatabase,
  departmentId: string,
): Promise<ReadonlyMap<string, string>> {
  const schema = `${departmentId}_tenant`;
  const role = `${database.rolePrefix}${departmentId}_role`;
  return withClient(database.url, async (client) => {
    await client.query('begin');
    const session = { client, serverVersion: 0, where: '', signal: undefined };
    const landscape = await readLandscape(session, [schema]);
    const { rows, missing } = await plantTenant({
      session,
      by: await chooseImpersonation(session),
      tenant: { id: departmentId, role, schemas: [schema], name: '', enter: [], synthetic: false },
      side: `rowof${departmentId}`,
      commonSide: 'fgcommon',
      landscape,
      relations: landscape.relations,
      tenantColumn: 'department',
      rules: [],
      isScratch: false,
      isShared: false,
      models: [],
    });
    await client.query('rollback');
    for (const { relation, message } of missing) throw new Error(`${schema}.${relation.name}: ${message}`);
    return new Map(
      [...rows.values()].map((row) => {
        const links = row.relation.keys.filter(({ kind }) => kind === 'f').flatMap(({ columns }) => columns);
        const empty = new Map(links.filter((name) => name !== 'department').map((name) => [name, 'null']));
        return [row.relation.name, insertLike(row, 1, empty)];
      }),
    );
  });
}
