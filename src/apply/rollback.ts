import type { Drop } from '../render/drops.js';
import type { RenderedScript, RenderedSql } from '../render/render.js';
import { bringsLedger, rolledBackSql } from '../render/ledger-sql.js';
import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import { FedgenError } from '../shared/errors.js';
import { closeFailedRun, withOutcomes, type TargetOutcome, type TargetRun } from './apply.js';
import { countLosses, refuseLosses, type Loss } from './data-loss.js';
import type { ScriptOutcome } from './events.js';
import { finishRun, startRun, type LedgerRow } from './ledger.js';
import { runInTransaction } from './run-script.js';
import { scriptError } from './script-error.js';

/** How far back: to a script number, by a number of scripts, or everything at once. */
export type RollbackGoal =
  | { readonly kind: 'to'; readonly number: number }
  | { readonly kind: 'steps'; readonly steps: number }
  | { readonly kind: 'all' };

/** One transaction of a rollback: the SQL and the ledger rows that it undoes. */
export interface RollbackStep {
  readonly label: string;
  readonly script: RenderedScript;
  readonly down: RenderedSql;
  readonly drops: readonly Drop[];
  readonly rows: readonly LedgerRow[];
}

type Pair = { readonly script: RenderedScript; readonly row: LedgerRow };

/**
 * The steps that lead to the goal, newest script first. `all` is one step: the first script's own rollback, which
 * every pack with a schema per tenant writes so that it removes the target at any state. Pure.
 * @throws FedgenError E_IRREVERSIBLE, E_SCRIPT_EDITED, E_USAGE before anything is touched.
 */
export function planRollback(applied: readonly Pair[], goal: RollbackGoal): RollbackStep[] {
  const newestFirst = [...applied].reverse();
  if (goal.kind === 'all') {
    const first = applied[0];
    if (!first) return [];
    refuseUnsafe([first]);
    return [{ ...stepOf(first), label: 'everything', rows: newestFirst.map(({ row }) => row) }];
  }
  if (
    goal.kind === 'to' &&
    goal.number !== 0 &&
    !applied.some(({ script }) => script.source.number === goal.number)
  ) {
    throw new FedgenError('E_USAGE', `no applied script has the number ${goal.number}`, {
      hint: `Applied: ${applied.map(({ script }) => script.source.name).join(', ') || 'none'}. --to 0 rolls all of them back.`,
    });
  }
  if (goal.kind === 'steps' && goal.steps > applied.length && applied.length > 0) {
    throw new FedgenError('E_USAGE', `only ${applied.length} scripts are applied, not ${goal.steps}`, {
      hint: '--to 0 rolls all of them back.',
    });
  }
  const chosen =
    goal.kind === 'to'
      ? newestFirst.filter(({ script }) => script.source.number > goal.number)
      : newestFirst.slice(0, goal.steps);
  refuseUnsafe(chosen);
  return chosen.map(stepOf);
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

function refuseUnsafe(chosen: readonly Pair[]): void {
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
  if (!options.allowDataLoss) refuseLosses(plan, await previewLosses(run, steps));
  const runId = await startRun(session, plan.roles.owner, {
    command: 'rollback',
    toolVersion: run.toolVersion,
  });
  const outcomes: ScriptOutcome[] = [];
  let done = 0;
  try {
    for (const step of steps) {
      outcomes.push(...(await rollBackOne(run, step, runId, options.allowDataLoss)));
      done += 1;
    }
  } catch (error) {
    const left = steps.slice(done).flatMap((step, index) =>
      step.rows.map((row): ScriptOutcome => {
        return { target: plan.target.id, script: row.script, state: index === 0 ? 'failed' : 'not-run' };
      }),
    );
    await closeFailedRun(run, runId, error);
    throw withOutcomes(error, [...outcomes, ...left]);
  }
  const isLedgerGone = steps.some((step) => bringsLedger(plan, step.script.source));
  if (!isLedgerGone) await finishRun(session, plan.roles.owner, { id: runId, state: 'succeeded' });
  return { runId, scripts: outcomes };
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
    refuseLosses(plan, await countLosses(session, plan, step.drops));
    if (directives.runAs === 'provisioner') await session.client.query('set local role none');
  };
  const ids = step.rows.map((row) => quoteLiteral(row.id)).join(', ');
  const record = bringsLedger(plan, step.script.source) ? '' : rolledBackSql(`id in (${ids})`, runId);
  const durationMs = await runInTransaction(transaction, step.down, record, recount);
  onEvent({ type: 'script-done', target, script: step.label, durationMs });
  return step.rows.map((row) => ({ target, script: row.script, state: 'rolled-back', durationMs }));
}
