import { snapshotCatalogue } from './catalogue.js';
import { withClient, type TestDatabase } from './database.js';

/** The catalogue, every row with its place and its writer, and how far every sequence is. */
export async function everything(database: Pick<TestDatabase, 'url'>): Promise<string[]> {
  return withClient(database.url, async (client) => {
    const { rows: tables } = await client.query<{ name: string; kind: string }>(
      `select oid::regclass::text as name, relkind as kind from pg_class
        where relkind in ('r', 'S') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)' order by 1`,
    );
    const contents: string[] = [];
    for (const { name, kind } of tables) {
      const { rows } = await client.query<{ row: string }>(
        kind === 'S'
          ? `select format('%s %s', last_value, is_called) as row from ${name}`
          : `select format('%s %s %s', t.ctid, t.xmin, t) as row from ${name} t order by 1`,
      );
      contents.push(...rows.map(({ row }) => `${name} ${row}`));
    }
    const { rows: objects } = await client.query<{ row: string }>(
      `select format('large object %s', oid) as row from pg_largeobject_metadata order by 1`,
    );
    return [...(await snapshotCatalogue(client)), ...contents, ...objects.map(({ row }) => row)];
  });
}
