import { isConnectionLost, isTransient } from '../db/errors.js';
import { findBlockers } from '../db/lock.js';
import { throwIfAborted } from '../db/session.js';
import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import type { RunnableScript } from '../render/render.js';
import { needsNoTransaction, parseSql, type Statement } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
import type { TargetRun } from './apply.js';
import { asOwner } from './as-owner.js';
import { repairBefore } from './repair-index.js';
import { pauseBeforeRetry } from './run-script.js';
import { scriptError } from './script-error.js';

/**
 * Runs a script that declares `no-transaction`, statement by statement. Its ledger row stands from the first one on and
 * says how many are done: what can run in a transaction is booked in the same one, and what cannot is told by its
 * traces whether it was done. So a run that broke goes on at the statement that failed.
 * @returns milliseconds that it took.
 * @throws FedgenError E_SCRIPT_EDITED where another text was begun; E_APPLY_FAILED, E_DB_*.
 */
export async function runOutside(
  run: TargetRun,
  script: RunnableScript,
  runId: string | undefined,
): Promise<number> {
  const started = performance.now();
  const statements = parseSql(script.up.sql);
  const row = await beginScript(run, script, runId);
  await openSession(run, script);
  try {
    for (const [index, statement] of statements.entries()) {
      throwIfAborted(run.session.signal);
      if (index < row.done) continue;
      const isResumed = row.resumed && index === row.done;
      await runStatement(run, script, { statement, isResumed, row: row.id, number: index + 1 });
    }
  } finally {
    await run.session.client.query(CLOSE_SESSION).catch(() => undefined);
  }
  const durationMs = performance.now() - started;
  await finishScript(run, row.id, durationMs);
  return durationMs;
}

interface Row {
  readonly id: string;
  readonly done: number;
  /** An earlier run broke in it, perhaps between a statement and its booking. */
  readonly resumed: boolean;
}

/** The row of a script that was begun before, or a new one. */
async function beginScript(
  { session, plan }: TargetRun,
  script: RunnableScript,
  runId: string | undefined,
): Promise<Row> {
  const { source, templateChecksum, renderedChecksum } = script;
  return asOwner(session, plan.roles.owner, 'read write', async () => {
    const begun = await session.client.query<Row & { checksum: string }>(
      `update federation.schema_migrations set run_id = $4,
              template_checksum = case statements_done when 0 then $5 else template_checksum end,
              rendered_checksum = case statements_done when 0 then $6 else rendered_checksum end
        where target = $1 and pack = $2 and script = $3 and state = 'running'
       returning id::text, statements_done as done, rendered_checksum as checksum, true as resumed`,
      [plan.target.id, source.pack, source.name, runId ?? null, templateChecksum, renderedChecksum],
    );
    const [row] = begun.rows;
    if (row && row.checksum !== renderedChecksum) throw editedError(script, row.done);
    if (row) return row;
    const { rows } = await session.client.query<Row>(
      `insert into federation.schema_migrations
         (target, pack, script, number, template_checksum, rendered_checksum, state, statements_done, run_id)
       values ($1, $2, $3, $4, $5, $6, 'running', 0, $7) returning id::text, statements_done as done, false as resumed`,
      [
        plan.target.id,
        source.pack,
        source.name,
        source.number,
        templateChecksum,
        renderedChecksum,
        runId ?? null,
      ],
    );
    return rows[0] ?? { id: '0', done: 0, resumed: false };
  });
}

const editedError = ({ source }: RunnableScript, done: number): FedgenError =>
  new FedgenError(
    'E_SCRIPT_EDITED',
    `${source.template.file} was edited after ${done} of its statements were run`,
    {
      hint: 'Restore the file, finish it with the same command, and put the change into a new script.',
      details: { script: source.name },
    },
  );

/**
 * Building an index waits for old transactions, which blocks nobody: outside of transactions there is no lock_timeout but
 * one that the script asks for.
 */
async function openSession({ session, plan, limits }: TargetRun, { source }: RunnableScript): Promise<void> {
  const { runAs, lockTimeoutMs } = source.directives;
  await session.client.query(
    [
      `set lock_timeout = ${lockTimeoutMs ?? 0}`,
      `set statement_timeout = ${limits.statementTimeoutMs}`,
      `set search_path = ${quoteIdentifier(plan.target.schema)}`,
      `set client_min_messages = warning`,
      ...(runAs === 'owner' ? [`set role ${quoteIdentifier(plan.roles.owner)}`] : []),
    ].join('; '),
  );
}

const CLOSE_SESSION =
  'reset role; reset lock_timeout; reset statement_timeout; reset search_path; reset client_min_messages';

async function runStatement(
  run: TargetRun,
  script: RunnableScript,
  step: {
    readonly statement: Statement;
    readonly isResumed: boolean;
    readonly row: string;
    readonly number: number;
  },
): Promise<void> {
  const { session, plan } = run;
  const { statement, isResumed, row, number } = step;
  const owner = quoteIdentifier(plan.roles.owner);
  const book = `update federation.schema_migrations set statements_done = ${number} where id = ${quoteLiteral(row)}`;
  try {
    if (!needsNoTransaction(statement)) {
      const sql = `${openingOf(run, script)}${statement.text};\nset local role ${owner}; ${book}; commit`;
      await tryOften(run, script, sql);
      return;
    }
    const isDone = isResumed && (await repairBefore(session, plan, statement)) === 'done';
    if (!isDone) await session.client.query(statement.text);
  } catch (cause) {
    await session.client.query('rollback').catch(() => undefined);
    throw await explain(run, script, statement, cause);
  }
  await session.client.query(`begin; set local role ${owner}; ${book}; commit`);
}

/**
 * What can run in a transaction waits for locks no longer than other scripts: traffic queues behind it. Nor does it keep
 * them until its commit is on the disk: that of the script's end brings it there.
 */
const openingOf = ({ limits }: TargetRun, { source }: RunnableScript): string =>
  `begin; set local synchronous_commit = off; set local lock_timeout = ${source.directives.lockTimeoutMs ?? limits.lockTimeoutMs};\n`;

/** As the transaction of any other script is tried again. */
async function tryOften(
  { session, plan, limits, onEvent }: TargetRun,
  { source }: RunnableScript,
  sql: string,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    throwIfAborted(session.signal);
    try {
      await session.client.query(sql);
      return;
    } catch (error) {
      if (!isTransient(error) || attempt > limits.lockRetries) throw error;
      await session.client.query('rollback');
      const reason = error instanceof Error ? error.message : String(error);
      onEvent({ type: 'retry', target: plan.target.id, script: source.name, attempt, reason });
      await pauseBeforeRetry(session, attempt);
    }
  }
}

const KEPT =
  'The statements before it are kept, and the same command goes on here: mend what stops it in the database. If the script itself is wrong, undo by hand what it did, delete its row with state "running" from federation.schema_migrations, and apply again.';

async function explain(
  run: TargetRun,
  script: RunnableScript,
  statement: Statement,
  cause: unknown,
): Promise<unknown> {
  const { session, plan } = run;
  const isBlocked = isTransient(cause) && !isConnectionLost(cause);
  if (!isBlocked || !(cause instanceof Error)) {
    const shift = needsNoTransaction(statement)
      ? -statement.start
      : openingOf(run, script).length - statement.start;
    return scriptError('E_APPLY_FAILED', cause, script.source.name, script.up, shift, KEPT);
  }
  const blockers = await findBlockers(session, plan.target.schema);
  return new FedgenError(
    'E_DB_LOCKED',
    [`target "${plan.target.id}" had to give way (${cause.message})`, ...blockers].join('\n  '),
    {
      hint: 'What was finished of the script is kept. Run the same command again.',
      details: { target: plan.target.id, blockers },
      cause,
    },
  );
}

async function finishScript({ session, plan }: TargetRun, row: string, durationMs: number): Promise<void> {
  await asOwner(session, plan.roles.owner, 'read write', async () => {
    await session.client.query(
      `update federation.schema_migrations set state = 'applied', applied_at = clock_timestamp(), duration_ms = $2 where id = $1`,
      [row, durationMs],
    );
  });
}
