import { readSchemaFacts } from '../../src/validate/facts.js';
import { synthesiseInsert } from '../../src/validate/synthesise.js';
import { withClient, type TestDatabase } from './database.js';

/** The URL under which a department's role logs in to a test database (test servers trust everybody). */
export function loginUrl(database: TestDatabase, departmentId: string): string {
  const url = new URL(database.url);
  url.username = `${database.rolePrefix}${departmentId}_role`;
  return url.href;
}

/** An INSERT of one row that the department's table accepts. */
export async function insertFor(
  database: TestDatabase,
  departmentId: string,
  table: string,
): Promise<string> {
  const schema = `${departmentId}_tenant`;
  const facts = await withClient(database.url, (client) =>
    readSchemaFacts({ client, serverVersion: 0, where: '', signal: undefined }, [schema]),
  );
  const fact = facts.tables.find((each) => each.name === table);
  const insert =
    fact &&
    synthesiseInsert(schema, fact, { column: 'department', value: departmentId }, `row-of-${departmentId}`);
  if (!insert || 'unknown' in insert) throw new Error(`no row can be made for ${schema}.${table}`);
  return insert.sql;
}
