import pg from 'pg';
import { apply, type Settings } from '../../src/index.js';
import { runOnce } from './attack.js';
import { createTestDatabase, withClient, type TestDatabase } from './database.js';
import { urlOf } from './lending.js';
import { insertRow, type PackRows } from './pack-rows.js';
import { readShape, type TableShape } from './pack-shape.js';
import type { TestServerFacts } from './postgres.js';
import {
  addTenants,
  packSettings,
  roleOf,
  roleOfTenant,
  urlOfTenant,
  type PackUnderTest,
} from './shared-pack.js';

/**
 * alpha attacks; beta is attacked; adm administers; grouped is in the group of tenants and is none; app is a gateway.
 */
export type PackActor = 'alpha' | 'beta' | 'adm' | 'grouped' | 'app' | 'superuser';

/** A database in which a pack serves two tenants. */
export interface PackWorld {
  readonly database: TestDatabase;
  readonly settings: Settings;
  /** Every table, parents first. */
  readonly tables: readonly TableShape[];
  /** Runs statements in a transaction that is rolled back (`commit`: kept) and answers in a word, see runOnce. */
  readonly run: (actor: PackActor, sql: string, end?: 'commit') => Promise<string>;
  /** All of a tenant's rows with their places and versions, as the superuser sees them. */
  rowsOf(tenant: 'alpha' | 'beta'): Promise<string>;
  /** Gives a tenant its rows again, and only these: 1 and 2, beta also 7. */
  plant(tenant: 'alpha' | 'beta'): Promise<void>;
  close(): Promise<void>;
}

/** Rows that both tenants have, with the same keys, and the one that only beta has. */
export const PLANTED = { alpha: [1, 2], beta: [1, 2, 7] } as const;

/** Builds the world on a server. Role names in statements are written "role:<name>", without the prefix, or "tenant:alpha". */
export async function createPackWorld(
  server: TestServerFacts,
  pack: PackUnderTest,
  rows: PackRows,
): Promise<PackWorld> {
  const database = await createTestDatabase(server, `${pack.name} world`);
  const settings = packSettings(pack, database);
  await apply({ settings });
  await addTenants(settings, pack);
  const localize = (sql: string): string =>
    sql
      .replace(/"role:(\w+)"/g, (_match, role: string) => pg.escapeIdentifier(roleOf(database, role)))
      .replace(/"tenant:(alpha|beta)"/g, (_match, tenant: 'alpha' | 'beta') =>
        pg.escapeIdentifier(roleOfTenant(database, pack, tenant)),
      );
  await withClient(database.url, (client) =>
    client.query(
      localize(`
        create role "role:adm_login" login; grant "role:federation_admin_role" to "role:adm_login";
        create role "role:grouped_login" login; grant "role:${pack.name}_tenant" to "role:grouped_login";
        create role "role:app_login" login noinherit; grant "role:cross_dept_query_role" to "role:app_login"`),
    ),
  );
  const tables = await readShape(database, pack);
  const clients = await connectAll(database, pack);
  const run: PackWorld['run'] = async (actor, sql, end) =>
    (await runOnce(clients[actor], localize(sql), end ?? 'rollback')).word;
  const clear = [...tables].reverse().filter((table) => table.name in rows && isDeletable(table));
  const world: PackWorld = {
    database,
    settings,
    tables,
    run,
    rowsOf: (tenant) => run('superuser', fingerprint(pack, tables, tenant)),
    plant: async (tenant) => {
      const statements = [
        ...clear.map(({ name }) => `delete from ${pack.schema}.${name} where tenant_id is not null`),
        ...PLANTED[tenant].flatMap((n) => plantingOf(pack, rows, tables, n)),
        'select 1',
      ];
      const answer = await run(tenant, statements.join(';\n'), 'commit');
      if (answer !== '1') throw new Error(`${tenant} cannot have its rows: ${answer}`);
    },
    close: async () => {
      await Promise.all(Object.values(clients).map((client) => client.end()));
      await database.drop();
    },
  };
  await world.plant('alpha');
  await world.plant('beta');
  return world;
}

/** INSERTs of the n-th row of every table, parents first; of a table with one row per tenant only the first. */
export function plantingOf(
  pack: PackUnderTest,
  rows: PackRows,
  tables: readonly TableShape[],
  n: number,
): string[] {
  return tables
    .filter((table) => n === 1 || !isSingle(table))
    .flatMap((table) =>
      (rows[table.name]?.(n) ?? []).map(
        (row) => insertRow(pack, table.name, row) + (isDeletable(table) ? '' : ' on conflict do nothing'),
      ),
    );
}

/** Whether a tenant has at most one row. */
export const isSingle = ({ hasTenant, keys }: TableShape): boolean =>
  hasTenant && keys.some(({ columns }) => columns.length === 0);

/** Whether tenants may delete its rows: those of append-only tables stay. */
export const isDeletable = ({ granted }: TableShape): boolean => granted.includes('delete');

/** Whether tenants may change its rows. */
export const isChangeable = ({ granted }: TableShape): boolean => granted.includes('update');

function fingerprint(pack: PackUnderTest, tables: readonly TableShape[], tenant: 'alpha' | 'beta'): string {
  const rows = tables
    .filter(({ hasTenant }) => hasTenant)
    .map(
      ({ name }) =>
        `select '${name}' || t.ctid || t.xmin || t::text as x from ${pack.schema}.${name} t where tenant_id = '${pack.tenants[tenant]}'`,
    );
  return `select coalesce(md5(string_agg(x, '|' order by x)), '') from (${rows.join(' union all ')}) all_rows`;
}

async function connectAll(
  database: TestDatabase,
  pack: PackUnderTest,
): Promise<Record<PackActor, pg.Client>> {
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return {
    alpha: await connect(urlOfTenant(database, pack, 'alpha')),
    beta: await connect(urlOfTenant(database, pack, 'beta')),
    adm: await connect(urlOf(database, 'adm_login')),
    grouped: await connect(urlOf(database, 'grouped_login')),
    app: await connect(urlOf(database, 'app_login')),
    superuser: await connect(database.url),
  };
}
