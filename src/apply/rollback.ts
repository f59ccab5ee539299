import type { Drop } from '../render/drops.js';
import type { RenderedScript, RenderedSql, ScriptChecksums } from '../render/render.js';
import { bringsLedger, rolledBackSql } from '../render/ledger-sql.js';
import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import { FedgenError } from '../shared/errors.js';
import { count } from '../shared/texts.js';
import { closeFailedRun, withOutcomes, type TargetOutcome, type TargetRun } from './apply.js';
import { countLosses, refuseLosses, rollingBack, type Loss } from './data-loss.js';
import type { ScriptOutcome } from './events.js';
import { finishRun, startRun, type LedgerRow } from './ledger.js';
import { runInTransaction } from './run-script.js';
import { scriptError } from './script-error.js';

/**
 * A script that was begun outside of a transaction must be brought to its end before anything is taken back.
 * @throws FedgenError E_SCRIPT_ORDER.
 */
export function refuseHalfDone(ledger: readonly LedgerRow[], goal: RollbackGoal): void {
  const begun = ledger.find((row) => row.state === 'running');
  if (!begun || goal.kind === 'all') return;
  throw new FedgenError(
    'E_SCRIPT_ORDER',
    `${begun.script} stands half-way at "${begun.target}": ${begun.statementsDone} of its statements are done`,
    {
      hint: 'Apply again to finish it, then roll back; or remove the target with --all.',
      details: { target: begun.target, script: begun.script },
    },
  );
}

/** How far back: to a script number, by a number of scripts, or everything at once. */
export type RollbackGoal =
  | { readonly kind: 'to'; readonly number: number }
  | { readonly kind: 'steps'; readonly steps: number }
  /** What one run applied; refused where a later run built on it. */
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'all' };

/** One transaction of a rollback: the SQL and the ledger rows that it undoes. */
export interface RollbackStep {
  readonly label: string;
  readonly script: RenderedScript;
  readonly down: RenderedSql;
  readonly drops: readonly Drop[];
  readonly rows: readonly LedgerRow[];
}

/** The label of the one step that removes a target. */
const EVERYTHING = 'everything';

interface Pair<S extends ScriptChecksums = RenderedScript> {
  readonly script: S;
  readonly row: LedgerRow;
}

/**
 * The steps that lead to the goal, newest script first. `all` is one step: the first script's own rollback, which
 * every pack with a schema per tenant writes so that it removes the target at any state. Pure.
 * @throws FedgenError E_IRREVERSIBLE, E_SCRIPT_EDITED, E_SCRIPT_ORDER, E_USAGE before anything is touched.
 */
export function planRollback(applied: readonly Pair[], goal: RollbackGoal): RollbackStep[] {
  const chosen = chooseForRollback(applied, goal);
  refuseUnsafe(goal.kind === 'all' ? chosen.slice(-1) : chosen);
  const first = chosen.at(-1);
  if (goal.kind !== 'all' || !first) return chosen.map(stepOf);
  return [{ ...stepOf(first), label: EVERYTHING, rows: chosen.map(({ row }) => row) }];
}

/**
 * The scripts that a goal undoes, newest first; it takes no rendered rollback to know them. Pure.
 * @throws FedgenError E_SCRIPT_ORDER, E_USAGE.
 */
export function chooseForRollback<P extends Pair<ScriptChecksums>>(
  applied: readonly P[],
  goal: RollbackGoal,
): P[] {
  const newestFirst = [...applied].reverse();
  switch (goal.kind) {
    case 'all':
      return newestFirst;
    case 'to':
      refuseUnknownNumber(applied, goal.number);
      return newestFirst.filter(({ script }) => script.source.number > goal.number);
    case 'steps':
      refuseTooMany(applied, goal.steps);
      return newestFirst.slice(0, goal.steps);
    case 'run': {
      const chosen = newestFirst.filter(({ row }) => row.runId === goal.runId);
      refuseBuiltUpon(newestFirst.slice(0, chosen.length), goal.runId);
      return chosen;
    }
  }
}

function refuseUnknownNumber(applied: readonly Pair<ScriptChecksums>[], number: number): void {
  if (number === 0 || applied.some(({ script }) => script.source.number === number)) return;
  throw new FedgenError('E_USAGE', `no applied script has the number ${number}`, {
    hint: `Applied: ${applied.map(({ script }) => script.source.name).join(', ') || 'none'}. --to 0 rolls all of them back.`,
  });
}

function refuseTooMany(applied: readonly unknown[], steps: number): void {
  if (steps <= applied.length || applied.length === 0) return;
  throw new FedgenError('E_USAGE', `at most ${count(applied.length, 'script')} can be undone, not ${steps}`, {
    hint: '--to 0 rolls all of them back.',
  });
}

/** What a later run applied on top would lose its ground. */
function refuseBuiltUpon(newest: readonly Pair<ScriptChecksums>[], runId: string): void {
  const later = newest.filter(({ row }) => row.runId !== runId);
  const [first] = later;
  if (!first) return;
  const names = later.map(({ script }) => script.source.name).join(', ');
  throw new FedgenError('E_SCRIPT_ORDER', `later scripts stand on what run ${runId} applied: ${names}`, {
    hint:
      first.row.runId === null
        ? 'Roll back to a number (--to) instead.'
        : `Roll back run ${first.row.runId} first.`,
    details: { target: first.row.target, scripts: names },
  });
}

function stepOf({ script, row }: Pair): RollbackStep {
  if (script.rollback.kind !== 'sql') throw new TypeError(`${script.source.name} has no rollback`);
  return {
    label: script.source.name,
    script,
    down: script.rollback.rendered,
    drops: script.rollback.drops(),
    rows: [row],
  };
}

/** A script that stands, and how it is undone. */
interface Undoable {
  readonly script: ScriptChecksums & {
    readonly rollback: { readonly kind: 'sql' } | { readonly kind: 'irreversible'; readonly reason: string };
  };
  readonly row: LedgerRow;
}

/** @throws FedgenError E_IRREVERSIBLE, E_SCRIPT_EDITED before anything is touched. */
export function refuseUnsafe(chosen: readonly Undoable[]): void {
  const irreversible = chosen.flatMap(({ script }) =>
    script.rollback.kind === 'irreversible' ? [`${script.source.name}: ${script.rollback.reason}`] : [],
  );
  if (irreversible.length > 0) {
    throw new FedgenError('E_IRREVERSIBLE', `cannot be rolled back:\n  ${irreversible.join('\n  ')}`, {
      hint: 'Nothing was touched. Roll back to a script above these, or remove the target with --all.',
      details: { scripts: irreversible },
    });
  }
  const changed = chosen.filter(({ script, row }) => script.renderedChecksum !== row.renderedChecksum);
  const [first] = changed;
  if (!first) return;
  const sameTemplate = first.script.templateChecksum === first.row.templateChecksum;
  throw new FedgenError(
    'E_SCRIPT_EDITED',
    `the rollback would not fit what was applied: ${changed.map(({ script }) => script.source.template.file).join(', ')} ${sameTemplate ? 'was applied with other values' : 'was edited since'}`,
    {
      hint: sameTemplate
        ? 'Pass what it was applied with: the values of variables (--var) and, if the department was renamed, its name then (--department).'
        : 'Restore the file, or apply its present text to the record with "fedgen apply --accept-edited" if the database is as the file says.',
      details: { scripts: changed.map(({ script }) => script.source.name) },
    },
  );
}

/**
 * What the steps would destroy, counted in a transaction that is rolled back.
 * The rows stay visible to everybody afterwards; the locks are held only while counting.
 */
export async function previewLosses(run: TargetRun, steps: readonly RollbackStep[]): Promise<Loss[]> {
  const { session, plan } = run;
  await session.client.query(
    `begin; set local lock_timeout = ${run.limits.lockTimeoutMs}; set local role ${quoteIdentifier(plan.roles.owner)}`,
  );
  try {
    return await countLosses(
      session,
      plan,
      steps.flatMap((step) => step.drops),
    );
  } finally {
    await session.client.query('rollback').catch(() => undefined);
  }
}

/**
 * Runs the steps, each in a transaction with its ledger rows. Rows are counted again under the same locks that the
 * step then holds, so that nothing written in between is lost unseen.
 * @throws FedgenError E_DATA_LOSS, E_ROLLBACK_FAILED and what running a script throws.
 */
export async function rollBackScripts(
  run: TargetRun,
  steps: readonly RollbackStep[],
  options: { readonly allowDataLoss: boolean },
): Promise<TargetOutcome> {
  if (steps.length === 0) return { runId: undefined, scripts: [] };
  const { session, plan } = run;
  if (!options.allowDataLoss) refuseLosses(rollingBack(plan.target.id), await previewLosses(run, steps));
  const runId = await startRun(session, plan.roles.owner, {
    command: 'rollback',
    toolVersion: run.toolVersion,
  });
  try {
    const scripts = await undoSteps(run, steps, runId, options);
    const isLedgerGone = steps.some((step) => bringsLedger(plan, step.script.source));
    if (!isLedgerGone) await finishRun(session, plan.roles.owner, { id: runId, state: 'succeeded' });
    return { runId, scripts };
  } catch (error) {
    await closeFailedRun(run, runId, error);
    throw error;
  }
}

/**
 * The steps alone, under a run that the caller opened and closes, with rows counted by the caller before.
 * @throws FedgenError whose details.scripts tell what became of each script.
 */
export async function undoSteps(
  run: TargetRun,
  steps: readonly RollbackStep[],
  runId: string,
  options: { readonly allowDataLoss: boolean },
): Promise<ScriptOutcome[]> {
  const outcomes: ScriptOutcome[] = [];
  let done = 0;
  try {
    for (const step of steps) {
      outcomes.push(...(await rollBackOne(run, step, runId, options.allowDataLoss)));
      done += 1;
    }
    return outcomes;
  } catch (error) {
    const left = steps.slice(done).flatMap((step, index) =>
      step.rows.map((row): ScriptOutcome => {
        return { target: run.plan.target.id, script: row.script, state: index === 0 ? 'failed' : 'not-run' };
      }),
    );
    throw withOutcomes(error, [...outcomes, ...left]);
  }
}

async function rollBackOne(
  run: TargetRun,
  step: RollbackStep,
  runId: string,
  allowDataLoss: boolean,
): Promise<ScriptOutcome[]> {
  const { session, plan, limits, onEvent } = run;
  const target = plan.target.id;
  const { directives } = step.script.source;
  const owner = `set local role ${quoteIdentifier(plan.roles.owner)}`;
  onEvent({ type: 'script-start', target, script: step.label });
  const transaction = {
    session,
    plan,
    directives,
    limits,
    isFlushedLater: false,
    onRetry: (attempt: number, reason: string) =>
      onEvent({ type: 'retry', target, script: step.label, attempt, reason }),
    explain: (cause: unknown, shift: number) =>
      scriptError('E_ROLLBACK_FAILED', cause, step.label, step.down, shift),
  };
  const recount = async (): Promise<void> => {
    if (allowDataLoss || step.drops.length === 0) return;
    await session.client.query(owner);
    refuseLosses(rollingBack(plan.target.id), await countLosses(session, plan, step.drops));
    if (directives.runAs === 'provisioner') await session.client.query('set local role none');
  };
  const ids = step.rows.map((row) => quoteLiteral(row.id)).join(', ');
  // A script that was half-way goes with everything else.
  const begun = step.label === EVERYTHING ? ` or target = ${quoteLiteral(target)} and state = 'running'` : '';
  const record = bringsLedger(plan, step.script.source) ? '' : rolledBackSql(`id in (${ids})${begun}`, runId);
  const durationMs = await runInTransaction(transaction, step.down, record, recount);
  onEvent({ type: 'script-done', target, script: step.label, durationMs });
  return step.rows.map((row) => ({ target, script: row.script, state: 'rolled-back', durationMs }));
}
