import type { ClickHouseClient } from '@clickhouse/client';
import type { ClickHouseSettings } from '../config/clickhouse.js';
import { FedgenError } from '../shared/errors.js';
import { connectError, statementError } from './errors.js';

/** Values of `{name:Type}` in a query. */
export type Parameters = Readonly<Record<string, unknown>>;

/** One user at one ClickHouse server. HTTP has no connection that could be lost between two statements. */
export interface ClickHouseSession {
  /** host:port, for messages. */
  readonly where: string;
  readonly version: string;
  readonly user: string;
  readonly signal: AbortSignal | undefined;
  /** The rows of a query. */
  rows<T>(query: string, parameters?: Parameters): Promise<T[]>;
  /** A statement without an answer. Rejects with what the client throws: see errors.ts. */
  run(statement: string): Promise<void>;
  /** What is written down is written down even when everything else is interrupted. */
  insert(table: string, rows: readonly object[]): Promise<void>;
}

/** How to connect. */
export interface Connection {
  readonly server: ClickHouseSettings;
  readonly connectTimeoutMs: number;
  /** 0 = none. */
  readonly statementTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Whatever is written can be read at once, on every node of a cluster; on one node they change nothing. */
const SETTINGS = {
  wait_end_of_query: 1,
  insert_distributed_sync: 1,
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  select_sequential_consistency: '1',
} as const;

/** A statement without a limit of its own may take as long as a timer can count. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Connects, runs `use`, and lets go.
 * @throws FedgenError E_DB_UNREACHABLE, E_DB_AUTH, E_INTERRUPTED; errors of the server in `use` that nobody told better.
 */
export async function withClickHouse<T>(
  connection: Connection,
  doing: string,
  use: (session: ClickHouseSession) => Promise<T>,
): Promise<T> {
  const client = await createClient(connection);
  try {
    const session = await openSession(client, connection);
    return await use(session);
  } catch (error) {
    if (connection.signal?.aborted === true) throw interrupted(error);
    throw statementError(error, doing);
  } finally {
    await client.close();
  }
}

const interrupted = (cause: unknown): FedgenError =>
  new FedgenError('E_INTERRUPTED', 'interrupted', {
    hint: 'What was booked stands. Run the same command again: it goes on where this one stopped.',
    ...(cause instanceof FedgenError && { details: cause.details }),
    cause,
  });

/** The client is loaded here and nowhere else: most commands never need it. */
async function createClient({ server, statementTimeoutMs }: Connection): Promise<ClickHouseClient> {
  const { ClickHouseLogLevel, createClient: create } = await import('@clickhouse/client');
  return create({
    url: server.url,
    username: server.user,
    password: server.password.reveal(),
    application: 'fedgen',
    request_timeout: statementTimeoutMs > 0 ? statementTimeoutMs : LONGEST_MS,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: SETTINGS,
  });
}

async function openSession(client: ClickHouseClient, connection: Connection): Promise<ClickHouseSession> {
  const { server, signal } = connection;
  const where = new URL(server.url).host;
  const abort = signal ? { abort_signal: signal } : {};
  const rows = async <T>(query: string, parameters: Parameters = {}): Promise<T[]> => {
    const answer = await client.query({
      query,
      query_params: { ...parameters },
      format: 'JSONEachRow',
      ...abort,
    });
    return answer.json<T>();
  };
  const [facts] = await withTimeout(rows<{ version: string; user: string }>(FACTS), connection).catch(
    (cause: unknown) => {
      throw connectError(cause, where);
    },
  );
  return {
    where,
    version: facts?.version ?? '',
    user: facts?.user ?? server.user,
    signal,
    rows,
    run: async (query) => {
      await client.command({ query, ...abort });
    },
    insert: async (table, values) => {
      await client.insert({ table, values: [...values], format: 'JSONEachRow' });
    },
  };
}

const FACTS = 'select version() as version, currentUser() as user';

/** The client's own limit is for statements, which may take long; whether a server answers at all shows at once. */
async function withTimeout<T>(work: Promise<T>, { connectTimeoutMs }: Connection): Promise<T> {
  if (connectTimeoutMs === 0) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, connectTimeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
