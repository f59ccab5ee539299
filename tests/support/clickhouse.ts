import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseClickHouseUrl } from '../../src/config/clickhouse.js';
import { defaultSettings, type Settings, type SettingsOverrides } from '../../src/index.js';

const FOLDER = fileURLToPath(new URL('./chdb/', import.meta.url));
const START_MS = 100_000;

/** A ClickHouse to test with. */
export interface TestClickHouse {
  /** http://…, without a password. */
  readonly url: string;
  /** A real server: what only chdb stands in for can be asked of it. */
  readonly isServer: boolean;
  /** Statements that were carried out so far. */
  readonly executed: () => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

/**
 * The server that FEDGEN_TEST_CLICKHOUSE_URL names, emptied of what earlier tests left, or chdb in a process of its own: the engine itself, with a stand-in
 * for its access storage (tests/support/chdb/access.mjs).
 */
export async function startClickHouse(): Promise<TestClickHouse> {
  const url = process.env['FEDGEN_TEST_CLICKHOUSE_URL'];
  if (url) await cleanServer(url);
  return url
    ? { url, isServer: true, executed: () => queryLog(url), stop: () => Promise.resolve() }
    : startChdb();
}

async function startChdb(): Promise<TestClickHouse> {
  if (!existsSync(path.join(FOLDER, 'node_modules/chdb'))) {
    throw new Error(
      'There is no ClickHouse: run "node scripts/install-chdb.mjs" (178 MB), or name a server with FEDGEN_TEST_CLICKHOUSE_URL.',
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'fedgen-chdb-'));
  const child = spawn(process.execPath, [path.join(FOLDER, 'server.mjs'), folder], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [port] = (await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(START_MS) }),
    once(child, 'exit').then(() => {
      throw new Error('chdb ended before it was ready');
    }),
  ])) as [string];
  return {
    url: `http://127.0.0.1:${port}`,
    isServer: false,
    executed: async () => (await (await fetch(`http://127.0.0.1:${port}/executed`)).json()) as string[],
    stop: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A server is shared by all test files, which must run one after the other; each begins without the pack. */
async function cleanServer(url: string): Promise<void> {
  const client = createClient({ url });
  const kinds = { user: 'users', role: 'roles', quota: 'quotas', 'settings profile': 'settings_profiles' };
  const drops = ['bi_analytics', 'federation', 'stand_in'].map(
    (name) => `drop database if exists ${name} sync`,
  );
  const named = async (table: string, column: string, where: string): Promise<string[]> => {
    const query = `select ${column} from system.${table} where ${where}`;
    return (await (await client.query({ query, format: 'JSONCompactEachRow' })).json<[string]>()).flat();
  };
  for (const [kind, table] of Object.entries(kinds)) {
    const names = await named(table, 'name', `name like 'bi\\_analytics%' or name like 'stand\\_in%'`);
    drops.push(...names.map((name) => `drop ${kind} if exists "${name}"`));
  }
  const policies = await named(
    'row_policies',
    `concat('"', short_name, '" on "', database, '"."', table, '"')`,
    `database in ('bi_analytics', 'stand_in')`,
  );
  drops.push(...policies.map((policy) => `drop row policy if exists ${policy}`));
  for (const query of drops) await client.command({ query });
  await client.close();
}

async function queryLog(url: string): Promise<string[]> {
  const client = createClient({ url });
  await client.command({ query: 'system flush logs' });
  const query = `select query from system.query_log where type = 'QueryFinish' order by event_time_microseconds`;
  const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<{ query: string }>();
  await client.close();
  return rows.map((row) => row.query);
}

/** Settings that lead to it, with the pack bi-analytics. */
export function clickHouseSettings({ url }: TestClickHouse, overrides: SettingsOverrides = {}): Settings {
  const clickhouse = parseClickHouseUrl(url);
  if ('problem' in clickhouse) throw new Error(clickhouse.problem);
  return defaultSettings({ pack: 'bi-analytics', clickhouse, ...overrides });
}

/** A user that asks it directly. */
export interface Asking {
  readonly rows: (query: string) => Promise<unknown[][]>;
  /** Rows that the engine read for a query. */
  readonly readRows: (query: string) => Promise<number>;
  readonly run: (...statements: readonly string[]) => Promise<void>;
  readonly client: ClickHouseClient;
}

/** Connects as the administrator, or as a user. */
export function ask({ url }: TestClickHouse, username?: string, password = ''): Asking {
  const client = createClient({
    url,
    ...(username !== undefined && { username, password }),
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: 300_000,
  });
  return {
    client,
    rows: async (query) => (await client.query({ query, format: 'JSONCompactEachRow' })).json(),
    readRows: async (query) => {
      const answer = await (await client.query({ query, format: 'JSON' })).json<unknown>();
      return answer.statistics?.rows_read ?? 0;
    },
    run: async (...statements) => {
      for (const query of statements) await client.command({ query });
    },
  };
}

/** What system tables say of everything but fedgen's own tables. */
export async function systemTables({ rows }: Asking): Promise<string[]> {
  const own = `database not in ('federation', 'chdb_access', 'system', 'INFORMATION_SCHEMA', 'information_schema')`;
  const queries = {
    databases: `select name from system.databases where name not in ('federation')`,
    tables: `select database, name, engine_full, create_table_query from system.tables where ${own}`,
    columns: `select database, table, name, type, default_expression, compression_codec from system.columns where ${own}`,
    indices: `select database, table, name, expr, type, granularity from system.data_skipping_indices where ${own}`,
    policies:
      'select short_name, database, table, select_filter, apply_to_all, apply_to_list from system.row_policies',
    roles: 'select name from system.roles',
    users: 'select name from system.users',
    grants: 'select user_name, role_name, access_type, database, table from system.grants',
    members: 'select user_name, role_name, granted_role_name from system.role_grants',
    profiles: 'select name, apply_to_list from system.settings_profiles',
    quotas: 'select name, apply_to_list from system.quotas',
  };
  const facts = await Promise.all(
    Object.entries(queries).map(async ([kind, query]) =>
      (await rows(query)).map((row) => `${kind} ${JSON.stringify(row)}`),
    ),
  );
  return facts.flat().sort();
}
