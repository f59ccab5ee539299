import type pg from 'pg';
import { describeDatabase, toClientConfig, type DatabaseSettings } from '../config/database.js';
import { FedgenError } from '../shared/errors.js';
import { connectError, isConnectionLost, statementError } from './errors.js';

/** Oldest server that the packs are tested on, as server_version_num / 10000. */
const OLDEST_MAJOR = 14;

/** An open connection and what is known of the server behind it. */
export interface Session {
  readonly client: pg.Client;
  /** server_version_num, for example 160014. */
  readonly serverVersion: number;
  /** The server without secrets, for messages. */
  readonly where: string;
  readonly signal: AbortSignal | undefined;
  /** Something stands between us and the server: its backend is another than we were told of when connecting. */
  readonly isPooled?: boolean;
}

export interface SessionOptions {
  readonly connectTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * Opens a connection, runs `use`, and closes it whatever happens. When `signal` aborts, the running statement
 * is cancelled on the server and the promise rejects with E_INTERRUPTED.
 * @throws FedgenError E_DB_UNREACHABLE, E_DB_AUTH, E_DB_MISSING, E_DB_VERSION, E_DB_LOST, E_INTERRUPTED.
 */
export async function withSession<T>(
  database: DatabaseSettings,
  options: SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  throwIfAborted(options.signal);
  const client = await connect(database, options);
  const stopCancelling = cancelOnAbort(client, database, options);
  try {
    await letServerNoticeOurDeath(client);
    const session = {
      client,
      where: describeDatabase(database),
      signal: options.signal,
      ...(await readServer(client)),
    };
    return await use(session);
  } catch (error) {
    throwIfAborted(options.signal, error);
    throw isConnectionLost(error) ? statementError(error, `working on ${describeDatabase(database)}`) : error;
  } finally {
    stopCancelling();
    // A connection that is already gone cannot be closed, and that is not worth hiding the real error for.
    await client.end().catch(() => undefined);
  }
}

async function connect(database: DatabaseSettings, options: SessionOptions): Promise<pg.Client> {
  // Loaded here: commands that do not connect start without it.
  const { Client } = await import('pg');
  const client = new Client({
    ...toClientConfig(database),
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
  });
  // Without a listener a server that stops would kill the process; the running query reports the loss.
  client.on('error', () => undefined);
  if (options.onNotice) client.on('notice', (notice) => options.onNotice?.(notice.message ?? ''));
  try {
    await client.connect();
    return client;
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw connectError(cause, describeDatabase(database));
  }
}

/**
 * Without this a backend whose client was killed works on to the end of its statement, and holds the target's lock so
 * long. A server on a platform that cannot do it refuses, and then it is so.
 */
async function letServerNoticeOurDeath(client: pg.Client): Promise<void> {
  await client.query(`set client_connection_check_interval = '1s'`).catch(() => undefined);
}

async function readServer(client: pg.Client): Promise<{ serverVersion: number; isPooled: boolean }> {
  const { rows } = await client.query<{ version: number; pid: number }>(
    `select current_setting('server_version_num')::integer as version, pg_backend_pid() as pid`,
  );
  const version = rows[0]?.version ?? 0;
  const isPooled = rows[0]?.pid !== Reflect.get(client, 'processID');
  if (version >= OLDEST_MAJOR * 10_000) return { serverVersion: version, isPooled };
  throw new FedgenError(
    'E_DB_VERSION',
    `the server is PostgreSQL ${Math.floor(version / 10_000)}; fedgen needs ${OLDEST_MAJOR} or newer`,
    {
      hint: 'Upgrade the server.',
      details: { serverVersion: version },
    },
  );
}

/** How often two connections are compared: between two of them somebody else may take the backend. */
const POOL_ROUNDS = 5;

/**
 * Locks and settings of a session are lost, or given to somebody else, where a pooler hands out backends by the
 * transaction. It is told by two of our connections being on one backend, or one being moved.
 * @throws FedgenError E_DB_POOLER
 */
export async function refuseTransactionPooling(
  session: Session,
  database: DatabaseSettings,
  options: Pick<SessionOptions, 'connectTimeoutMs'>,
): Promise<void> {
  if (!session.isPooled) return;
  const second = await connect(database, options);
  const seen: [Set<number>, Set<number>] = [new Set(), new Set()];
  try {
    for (let round = 0; round < POOL_ROUNDS; round += 1) {
      seen[0].add(await backendOf(session.client));
      seen[1].add(await backendOf(second));
    }
  } finally {
    await second.end().catch(() => undefined);
  }
  const isMoved = seen.some((pids) => pids.size > 1) || [...seen[0]].some((pid) => seen[1].has(pid));
  if (!isMoved) return;
  throw new FedgenError(
    'E_DB_POOLER',
    `${session.where} leads to a pooler that changes the backend with each transaction: a lock that is taken there cannot be kept`,
    {
      hint: 'Connect to the server itself, or to a pool in session mode: FEDGEN_DATABASE_URL names it for fedgen alone.',
    },
  );
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

function cancelOnAbort(client: pg.Client, database: DatabaseSettings, options: SessionOptions): () => void {
  const cancel = (): void => void cancelBackend(client, database, options).catch(() => undefined);
  options.signal?.addEventListener('abort', cancel, { once: true });
  return () => options.signal?.removeEventListener('abort', cancel);
}

async function cancelBackend(
  client: pg.Client,
  database: DatabaseSettings,
  options: SessionOptions,
): Promise<void> {
  const pid: unknown = Reflect.get(client, 'processID');
  const second = await connect(database, { connectTimeoutMs: options.connectTimeoutMs });
  try {
    await second.query('select pg_cancel_backend($1)', [pid]);
  } finally {
    await second.end();
  }
}

/**
 * @throws FedgenError E_INTERRUPTED when the signal has aborted.
 */
export function throwIfAborted(signal: AbortSignal | undefined, cause?: unknown): void {
  if (!signal?.aborted) return;
  throw new FedgenError('E_INTERRUPTED', 'interrupted', {
    hint: 'Scripts that were finished stay applied, the running one was undone. Run the same command again to go on.',
    // What became of each script, where the interrupted work knows it.
    ...(cause instanceof FedgenError && { details: cause.details }),
    cause: cause ?? signal.reason,
  });
}
