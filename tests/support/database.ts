import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestServerFacts } from './postgres.js';

/** A database of one test's own. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Roles are cluster-wide: those that a test makes carry this prefix, and go with the database. */
  readonly rolePrefix: string;
  /** Drops the database, connections or not, and then every role with the prefix. */
  drop(): Promise<void>;
}

/** Connects, runs `use`, and closes in any case. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // Without a listener a server that stops ends the whole process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** A pool that outlives what the server does to its idle connections, those included that are closing when it ends. */
export function openPool(connectionString: string, config: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString, ...config });
  // pool.end() is told before the connections are gone; what DROP DATABASE then says to them has no other listener.
  pool.on('error', () => undefined);
  return pool;
}

/** The connection URL of a database on a test server. */
export function databaseUrl(server: TestServerFacts, database: string): string {
  const secret = server.password === '' ? '' : `:${encodeURIComponent(server.password)}`;
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return `postgresql://${encodeURIComponent(server.user)}${secret}@${host}:${server.port}/${encodeURIComponent(database)}`;
}

/** Creates an empty database with a name of its own, `label` in it; at most 29 bytes, so that names can grow on it. */
export async function createTestDatabase(server: TestServerFacts, label: string): Promise<TestDatabase> {
  const slug = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 16);
  const name = `t_${slug}_${randomBytes(5).toString('hex')}`;
  const rolePrefix = `${name}_`;
  const admin = databaseUrl(server, server.database);
  await withClient(admin, (client) =>
    client.query(`create database ${pg.escapeIdentifier(name)} template template0`),
  );
  return {
    name,
    url: databaseUrl(server, name),
    rolePrefix,
    drop: async () => await withClient(admin, (client) => dropAll(client, name, rolePrefix)),
  };
}

async function dropAll(client: pg.Client, name: string, rolePrefix: string): Promise<void> {
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_catalog.pg_roles where starts_with(rolname, $1) order by rolname',
    [rolePrefix],
  );
  if (rows.length === 0) return;
  const roles = rows.map(({ rolname }) => pg.escapeIdentifier(rolname)).join(', ');
  // Rights on shared objects (databases, tablespaces, memberships they granted) would hold the roles back.
  await client.query(`drop owned by ${roles} cascade`);
  await client.query(`drop role ${roles}`);
}
