import { createHash, randomUUID } from 'node:crypto';
import type { LedgerRow } from '../apply/ledger.js';
import { quoteText } from '../render/clickhouse/dialect.js';
import type { ClickHouseScript, SplitSql } from '../render/clickhouse/scripts.js';
import { ident } from '../render/filters.js';
import { VERSION } from '../shared/version.js';
import { isServerError } from './errors.js';
import type { ClickHouseSession } from './session.js';

/** Where a script stands: what a {@link LedgerRow} says, and how far it came where it was not brought to its end. */
export interface EngineRow extends LedgerRow {
  /** `failed` and `running` scripts were begun; `rolling_back` ones are on their way out. */
  readonly phase: Phase;
  readonly statements: number;
  /** Of the statements that are done, so that the others may be mended. */
  readonly doneChecksum: string;
  /** What the server said to the statement behind those that are done. */
  readonly error: string;
}

type Phase = 'running' | 'failed' | 'applied' | 'rolling_back' | 'rolled_back';

const STATES: Readonly<Record<Phase, LedgerRow['state']>> = {
  running: 'running',
  failed: 'running',
  applied: 'applied',
  // Neither standing nor gone: it is no ground for other scripts.
  rolling_back: 'running',
  rolled_back: 'rolled_back',
};

/**
 * Tables of fedgen's own. Each is a log that is only added to; the last line of a subject counts. On a cluster every node
 * keeps a whole copy, and an insert waits for most of them.
 */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  schema_migrations: [
    'seq UInt64',
    'target String',
    'pack String',
    'script String',
    'number UInt32',
    'template_checksum String',
    'rendered_checksum String',
    `phase LowCardinality(String)`,
    'statements_done UInt32',
    'statements UInt32',
    'done_checksum String',
    'error String',
    'run_id UUID',
    'duration_ms Nullable(Float64)',
    `at DateTime64(3, 'UTC') default now64(3)`,
    'by String default currentUser()',
  ],
  migration_runs: [
    'seq UInt64',
    'run_id UUID',
    'command LowCardinality(String)',
    'tool_version String',
    'state LowCardinality(String)',
    'error String',
    `at DateTime64(3, 'UTC') default now64(3)`,
    'by String default currentUser()',
  ],
  tenants: [
    'seq UInt64',
    'pack String',
    'tenant_id String',
    'name String',
    'role String',
    'login String',
    'status LowCardinality(String)',
    `at DateTime64(3, 'UTC') default now64(3)`,
    'by String default currentUser()',
  ],
  locks: [
    'target String',
    'claim UUID',
    'holder String',
    'is_held UInt8',
    `at DateTime64(3, 'UTC') default now64(3)`,
  ],
};

/** Claims are of no interest to anybody the next day. */
const ORDERS: Readonly<Record<string, string>> = {
  locks: 'order by (target, at) ttl toDateTime(at) + toIntervalDay(1)',
};

/** Makes fedgen's own tables where they are missing. */
export async function ensureLedger(session: ClickHouseSession, cluster: string): Promise<void> {
  if (await hasLedger(session)) return;
  const onCluster = cluster === '' ? '' : ` on cluster ${ident(cluster)}`;
  await session.run(`create database if not exists federation${onCluster}`);
  for (const [name, columns] of Object.entries(TABLES)) {
    const path = quoteText(`/clickhouse/fedgen/${cluster}/${name}`);
    const engine = cluster === '' ? 'MergeTree' : `ReplicatedMergeTree(${path}, '{shard}_{replica}')`;
    await session.run(
      `create table if not exists federation.${name}${onCluster} (${columns.join(', ')}) engine = ${engine} ${ORDERS[name] ?? 'order by seq'}`,
    );
  }
}

/**
 * Have fedgen's own tables been made here? They are asked themselves: system.tables does not list what a user may not see.
 * Rejects with what the client throws where the user may not read them.
 */
export async function hasLedger(session: ClickHouseSession): Promise<boolean> {
  try {
    await session.rows('select 1 from federation.locks limit 0');
    return true;
  } catch (error) {
    if (isServerError(error) && ['UNKNOWN_DATABASE', 'UNKNOWN_TABLE'].includes(error.type)) return false;
    throw error;
  }
}

type RawRow = Omit<
  EngineRow,
  'state' | 'appliedAt' | 'rolledBackAt' | 'rolledBackBy' | 'durationMs' | 'id'
> & {
  readonly seq: number;
  readonly at: string;
  readonly durationMs: number | null;
};

/** Where every script of a target stands, in the order in which they came there; nothing where there is no ledger. */
export async function readRows(session: ClickHouseSession, target: string): Promise<EngineRow[]> {
  if (!(await hasLedger(session))) return [];
  const raw = await session.rows<RawRow>(
    `select toUInt32(seq) as seq, target, pack, script, number, template_checksum as templateChecksum,
            rendered_checksum as renderedChecksum, phase, statements_done as statementsDone, statements,
            done_checksum as doneChecksum, error, toString(run_id) as runId, duration_ms as durationMs,
            formatDateTime(at, '%Y-%m-%dT%H:%i:%sZ') as at, by as appliedBy
       from federation.schema_migrations where target = {target:String} order by seq`,
    { target },
  );
  const last = new Map(raw.map((row) => [`${row.pack}/${row.script}`, row]));
  return [...last.values()].map(toRow).sort((a, b) => a.number - b.number);
}

function toRow({ seq, at, durationMs, ...row }: RawRow): EngineRow {
  const isGone = row.phase === 'rolled_back';
  return {
    ...row,
    id: String(seq),
    state: STATES[row.phase],
    appliedAt: new Date(at),
    durationMs: durationMs ?? undefined,
    rolledBackAt: isGone ? new Date(at) : undefined,
    rolledBackBy: isGone ? row.appliedBy : undefined,
  };
}

/** The checksum of the first statements of a script. */
export const checksumOf = ({ statements }: SplitSql, done: number): string =>
  createHash('sha256')
    .update(
      statements
        .slice(0, done)
        .map(({ text }) => text)
        .join(';\n'),
    )
    .digest('hex');

/** What is written down of a script. */
export interface Progress {
  readonly script: ClickHouseScript;
  readonly sql: SplitSql;
  readonly phase: Phase;
  readonly done: number;
  readonly error?: string;
  readonly durationMs?: number;
}

/** Writes the log of one run; the caller holds the target's lock, so nobody else counts on. */
export interface Book {
  readonly runId: string;
  note(progress: Progress): Promise<void>;
  close(state: 'succeeded' | 'failed' | 'interrupted', error?: string): Promise<void>;
}

/** Opens a run. */
export async function openBook(
  session: ClickHouseSession,
  target: string,
  command: 'apply' | 'rollback',
): Promise<Book> {
  const runId = randomUUID();
  let seq = await lastSeq(session, 'schema_migrations');
  let runSeq = await lastSeq(session, 'migration_runs');
  const noteRun = (state: string, error = ''): Promise<void> => {
    runSeq += 1;
    return session.insert('federation.migration_runs', [
      { seq: runSeq, run_id: runId, command, tool_version: VERSION, state, error },
    ]);
  };
  await noteRun('running');
  return {
    runId,
    close: noteRun,
    note: ({ script, sql, phase, done, error = '', durationMs }) => {
      seq += 1;
      const { source, templateChecksum, renderedChecksum } = script;
      return session.insert('federation.schema_migrations', [
        {
          seq,
          target,
          pack: source.pack,
          script: source.name,
          number: source.number,
          template_checksum: templateChecksum,
          rendered_checksum: renderedChecksum,
          phase,
          statements_done: done,
          statements: sql.statements.length,
          done_checksum: checksumOf(sql, done),
          error,
          run_id: runId,
          duration_ms: durationMs ?? null,
        },
      ]);
    },
  };
}

/** The number of the last line of a log. */
export async function lastSeq(session: ClickHouseSession, table: string): Promise<number> {
  const [row] = await session.rows<{ seq: number }>(
    `select toUInt32(max(seq)) as seq from federation.${table}`,
  );
  return row?.seq ?? 0;
}
