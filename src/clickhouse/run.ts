import { withOutcomes } from '../apply/apply.js';
import type { OnEvent, ScriptOutcome } from '../apply/events.js';
import type { ClickHouseScript, SplitSql } from '../render/clickhouse/scripts.js';
import { sqlError } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';
import { excerpt, positionAt } from '../shared/excerpt.js';
import { codeOf, hintOf, isServerError, textOf } from './errors.js';
import { checksumOf, openBook, type Book, type EngineRow } from './ledger.js';
import type { ClickHouseSession } from './session.js';

/** How scripts are run at one target. The caller holds the target's lock. */
export interface EngineRun {
  readonly session: ClickHouseSession;
  readonly target: string;
  readonly onEvent: OnEvent;
}

/** One script to run, up or down, and what the ledger knows of an earlier try. */
export interface EngineStep {
  readonly script: ClickHouseScript;
  readonly sql: SplitSql;
  readonly begun: EngineRow | undefined;
}

type Direction = 'apply' | 'rollback';

const PHASES = {
  apply: { running: 'running', failed: 'failed', done: 'applied' },
  rollback: { running: 'rolling_back', failed: 'rolling_back', done: 'rolled_back' },
} as const;
const ERROR_CODES = { apply: 'E_APPLY_FAILED', rollback: 'E_ROLLBACK_FAILED' } as const;

/**
 * Runs steps in order, statement by statement, and books each. What was done stays: a run that broke goes on at
 * the statement that failed.
 * @throws FedgenError whose details.scripts tell what became of each script, and details.statement which one failed.
 */
export async function runSteps(
  run: EngineRun,
  steps: readonly EngineStep[],
  direction: Direction,
): Promise<{ readonly runId: string | undefined; readonly scripts: readonly ScriptOutcome[] }> {
  if (steps.length === 0) return { runId: undefined, scripts: [] };
  const book = await openBook(run.session, run.target, direction);
  const outcomes: ScriptOutcome[] = [];
  try {
    for (const step of steps) outcomes.push(await runStep(run, step, direction, book));
    await book.close('succeeded');
    return { runId: book.runId, scripts: outcomes };
  } catch (error) {
    const left = steps.slice(outcomes.length).map(({ script }, index): ScriptOutcome => {
      const state = index === 0 ? 'failed' : 'not-run';
      return { target: run.target, script: script.source.name, state };
    });
    const state = run.session.signal?.aborted === true ? 'interrupted' : 'failed';
    await book.close(state, error instanceof Error ? error.message : String(error)).catch(() => undefined);
    throw withOutcomes(error, [...outcomes, ...left]);
  }
}

async function runStep(
  { session, target, onEvent }: EngineRun,
  { script, sql, begun }: EngineStep,
  direction: Direction,
  book: Book,
): Promise<ScriptOutcome> {
  const phases = PHASES[direction];
  const started = performance.now();
  const { name } = script.source;
  onEvent({ type: 'script-start', target, script: name });
  let done = begun?.statementsDone ?? 0;
  await book.note({ script, sql, phase: phases.running, done });
  for (const statement of sql.statements.slice(done)) {
    try {
      session.signal?.throwIfAborted();
      await session.run(statement.text);
    } catch (cause) {
      const error = cause instanceof Error ? textOf(cause) : String(cause);
      await book.note({ script, sql, phase: phases.failed, done, error }).catch(() => undefined);
      throw failure(ERROR_CODES[direction], cause, { script, sql, done });
    }
    done += 1;
    await book.note({ script, sql, phase: phases.running, done });
  }
  const durationMs = performance.now() - started;
  await book.note({ script, sql, phase: phases.done, done, durationMs });
  onEvent({ type: 'script-done', target, script: name, durationMs });
  return { target, script: name, state: direction === 'apply' ? 'applied' : 'rolled-back', durationMs };
}

/**
 * A script that was begun and edited since goes on only where what was done of it is the same.
 * @throws FedgenError E_SCRIPT_EDITED
 */
export function stepOf(script: ClickHouseScript, begun: EngineRow | undefined): EngineStep {
  if (begun === undefined || begun.statementsDone === 0) return { script, sql: script.up, begun: undefined };
  if (checksumOf(script.up, begun.statementsDone) === begun.doneChecksum)
    return { script, sql: script.up, begun };
  throw new FedgenError(
    'E_SCRIPT_EDITED',
    `${script.source.template.file} was edited in its first ${begun.statementsDone} statements, which were run`,
    {
      hint: 'Restore those, and mend the statements behind them; or roll the script back first.',
      details: { script: script.source.name, statementsDone: begun.statementsDone },
    },
  );
}

/** An error of the server, told by template file, line and number of the statement. */
function failure(
  code: 'E_APPLY_FAILED' | 'E_ROLLBACK_FAILED',
  cause: unknown,
  { script, sql, done }: { script: ClickHouseScript; sql: SplitSql; done: number },
): unknown {
  const statement = sql.statements[done];
  if (!isServerError(cause) || !statement) return cause;
  const place = sql.sourceMap(positionAt(sql.sql, statement.start).line);
  const shown = excerpt(sql.sql, statement.start, (line) => sql.sourceMap(line).line);
  const which = `statement ${done + 1} of ${sql.statements.length}`;
  return new FedgenError(
    codeOf(cause, code),
    `${place.file}:${place.line}: ${which}: ${textOf(cause)} (${cause.type})\n${shown}`,
    {
      hint:
        hintOf(cause) ??
        `The ${done} statements before it are done and booked. Mend it and run the same command again: it goes on here.`,
      details: {
        script: script.source.name,
        statement: done + 1,
        statements: sql.statements.length,
        ...place,
        clickhouseError: cause.type,
      },
      cause,
    },
  );
}

/**
 * Lets the server read all SQL before any of it is run: there is no transaction to take half of a script back.
 * @throws FedgenError E_SQL_INVALID with the place in the template.
 */
export async function parseOnServer(session: ClickHouseSession, sqls: readonly SplitSql[]): Promise<void> {
  for (const sql of sqls) {
    const texts = sql.statements.map(({ text }) => text);
    const [row] = await session.rows<{ bad: number }>(
      `select toInt32(indexOf(arrayMap(x -> isNull(formatQueryOrNull(x)), {texts:Array(String)}), 1)) as bad`,
      { texts },
    );
    const statement = sql.statements[(row?.bad ?? 0) - 1];
    if (statement) throw await syntaxError(session, sql, statement);
  }
}

async function syntaxError(
  session: ClickHouseSession,
  sql: SplitSql,
  statement: SplitSql['statements'][number],
): Promise<unknown> {
  const cause: unknown = await session
    .rows('select formatQuery({text:String})', { text: statement.text })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  const message = cause instanceof Error ? textOf(cause) : 'syntax error';
  const position = Number(/failed at position (\d+)/.exec(message)?.[1] ?? 1);
  // The server counts bytes.
  const before = Buffer.from(statement.text)
    .subarray(0, position - 1)
    .toString();
  const reason = message
    .replace(/^.*?Syntax error: /, 'syntax error, ')
    .replace(/(?:: \S.*?)?\. Expected one of.*$|: In scope .*$/, '');
  return sqlError('E_SQL_INVALID', sql, statement.start + before.length, reason, {
    hint: 'The line is shown as it was rendered; look at the template line named above.',
    cause,
  });
}
