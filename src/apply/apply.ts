import { FedgenError } from '../shared/errors.js';
import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { appliedSql } from '../render/ledger-sql.js';
import type { RunnableScript } from '../render/render.js';
import type { OnEvent, ScriptOutcome } from './events.js';
import { finishRun, hasLedger, startRun } from './ledger.js';
import { runOutside } from './run-outside.js';
import { assertSearchPath, runInTransaction, type ScriptLimits } from './run-script.js';
import { scriptError } from './script-error.js';

/** How scripts are run at one target. The caller holds the target's lock. */
export interface TargetRun {
  readonly session: Session;
  readonly plan: TargetPlan;
  readonly limits: ScriptLimits;
  readonly toolVersion: string;
  readonly onEvent: OnEvent;
}

/** Scripts that were run, and the run that they are booked under (none when there was nothing to do). */
export interface TargetOutcome {
  readonly runId: string | undefined;
  readonly scripts: readonly ScriptOutcome[];
}

/**
 * Runs pending scripts in order, each in a transaction of its own with its ledger row, and stops at the first
 * that fails: what was applied before it stays.
 * @throws FedgenError whose details.scripts tell what became of each script.
 */
export async function applyScripts(
  run: TargetRun,
  pending: readonly RunnableScript[],
): Promise<TargetOutcome> {
  if (pending.length === 0) return { runId: undefined, scripts: [] };
  const { session, plan } = run;
  // The control plane's first script brings the ledger itself: there is no run to book before it.
  const runId =
    plan.target.id !== CONTROL_SCHEMA || (await hasLedger(session))
      ? await startRun(session, plan.roles.owner, { command: 'apply', toolVersion: run.toolVersion })
      : undefined;
  try {
    await assertSearchPath(session, plan);
    const scripts = await runScripts(run, pending, runId);
    if (runId) await finishRun(session, plan.roles.owner, { id: runId, state: 'succeeded' });
    return { runId, scripts };
  } catch (error) {
    await closeFailedRun(run, runId, error);
    throw error;
  }
}

/**
 * The scripts alone, under a run that the caller opened and closes.
 * @throws FedgenError whose details.scripts tell what became of each script.
 */
export async function runScripts(
  run: TargetRun,
  pending: readonly RunnableScript[],
  runId: string | undefined,
): Promise<ScriptOutcome[]> {
  const outcomes: ScriptOutcome[] = [];
  try {
    for (const script of pending) outcomes.push(await applyOne(run, script, runId));
    return outcomes;
  } catch (error) {
    const left = pending.slice(outcomes.length).map(({ source }, index): ScriptOutcome => {
      return { target: run.plan.target.id, script: source.name, state: index === 0 ? 'failed' : 'not-run' };
    });
    throw withOutcomes(error, [...outcomes, ...left]);
  }
}

async function applyOne(
  run: TargetRun,
  script: RunnableScript,
  runId: string | undefined,
): Promise<ScriptOutcome> {
  const { session, plan, limits, onEvent } = run;
  const { name, directives } = script.source;
  const target = plan.target.id;
  onEvent({ type: 'script-start', target, script: name });
  if (directives.noTransaction) {
    const durationMs = await runOutside(run, script, runId);
    onEvent({ type: 'script-done', target, script: name, durationMs });
    return { target, script: name, state: 'applied', durationMs };
  }
  const transaction = {
    session,
    plan,
    directives,
    limits,
    isFlushedLater: runId !== undefined,
    onRetry: (attempt: number, reason: string) =>
      onEvent({ type: 'retry', target, script: name, attempt, reason }),
    explain: (cause: unknown, shift: number) => scriptError('E_APPLY_FAILED', cause, name, script.up, shift),
  };
  const durationMs = await runInTransaction(transaction, script.up, appliedSql(plan, script, runId));
  onEvent({ type: 'script-done', target, script: name, durationMs });
  return { target, script: name, state: 'applied', durationMs };
}

/** Books the failure if the connection still stands; otherwise the next run marks this one as interrupted. */
export async function closeFailedRun(
  run: TargetRun,
  runId: string | undefined,
  error: unknown,
): Promise<void> {
  if (runId === undefined) return;
  const interrupted = run.session.signal?.aborted ?? false;
  await finishRun(run.session, run.plan.roles.owner, {
    id: runId,
    state: interrupted ? 'interrupted' : 'failed',
    error: error instanceof Error ? error.message : String(error),
  }).catch(() => undefined);
}

/** The same error with the fate of every script in its details. */
export function withOutcomes(error: unknown, scripts: readonly ScriptOutcome[]): unknown {
  return error instanceof FedgenError ? error.with({ scripts }) : error;
}
