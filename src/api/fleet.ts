import { randomUUID } from 'node:crypto';
import type { TargetRun } from '../apply/apply.js';
import { bookingSql, startFleetRun } from '../apply/fleet-book.js';
import { runFleet, type Attempt, type FailedTarget, type FleetOutcome } from '../apply/fleet.js';
import type { LedgerRow, MigrationCommand } from '../apply/ledger.js';
import { closeTarget, openTarget } from '../apply/target-session.js';
import { isConnectionLost, isServerError, statementError } from '../db/errors.js';
import type { Session } from '../db/session.js';
import { sharedRoles } from '../plan/names.js';
import { planWaves } from '../plan/selection.js';
import type { TargetPlan } from '../plan/target.js';
import type { FedgenError } from '../shared/errors.js';
import { VERSION } from '../shared/version.js';
import { closeFleetRun, joinOutcomes } from './close-fleet-run.js';
import { mostFailures, type PreparedFleet } from './fleet-prepare.js';
import type { SurveyedTarget } from './fleet-survey.js';
import type { Unreached } from './roll-call.js';
import { requireOwnBackend, withDatabase } from './run.js';

/** What became of a run over many departments. */
export interface FleetResult extends Omit<FleetOutcome, 'failed' | 'stopped'> {
  readonly command: MigrationCommand;
  readonly server: string;
  /** The run in federation.migration_runs; undefined when there was nothing to do. */
  readonly runId: string | undefined;
  /** How many departments were chosen. */
  readonly targets: number;
  readonly failed: readonly (FailedTarget & { readonly database?: string })[];
  /** Those of several databases that could not be worked on, and why. */
  readonly unreached: Unreached;
  readonly interrupted: boolean;
  /** Why nobody could go on, where that was it: most often the server is gone. */
  readonly stopped: FedgenError | undefined;
  readonly durationMs: number;
}

/** What is done at one department, under its lock. */
export interface FleetWork {
  readonly command: MigrationCommand;
  /** @returns how many scripts were run. */
  readonly at: (run: TargetRun, rows: readonly LedgerRow[], runId: string) => Promise<number>;
}

/** The result for departments of which none needs anything. */
export const nothingToDo = (session: Session, command: MigrationCommand, targets: number): FleetResult => ({
  command,
  server: session.where,
  runId: undefined,
  targets,
  succeeded: 0,
  unchanged: targets,
  scripts: 0,
  failed: [],
  notRun: [],
  unreached: [],
  interrupted: false,
  stopped: undefined,
  durationMs: 0,
});

/**
 * Does the work at many departments, wave by wave; a wave with a failure is the last. What became of each is the result,
 * and stands in federation.run_targets.
 * @param chosen how many were meant; further ones than `targets` need nothing.
 */
export async function runOverFleet(
  session: Session,
  prepared: PreparedFleet,
  work: FleetWork,
  { targets, chosen }: { readonly targets: readonly SurveyedTarget[]; readonly chosen: number },
): Promise<FleetResult> {
  if (targets.length === 0) return nothingToDo(session, work.command, chosen);
  const started = performance.now();
  await requireOwnBackend(session, prepared);
  const { options, settings, part } = prepared;
  const { owner } = sharedRoles(settings.rolePrefix);
  const concurrency = options.concurrency ?? (await roomOn(session));
  const runId = part?.runId ?? randomUUID();
  const waves = planWaves(targets, settings.groups);
  const order = waves.flatMap((wave) => wave.targets.map(({ id }) => id));
  await startFleetRun(session, owner, { id: runId, command: work.command, toolVersion: VERSION }, order);
  prepared.onEvent({
    type: 'fleet-start',
    runId,
    server: session.where,
    targets: targets.length,
    concurrency,
  });
  const policy = { ...policyOf(prepared, targets.length), concurrency };
  const outcome = await runWaves(prepared, work, { waves, runId, policy });
  const again = (lost: ReadonlySet<string>): Promise<FleetOutcome> =>
    runFleet(jobOf(prepared, work, { runId, targets: targets.filter(({ id }) => lost.has(id)), policy }));
  const result = await confirm(session, prepared, { runId, outcome, again });
  const unchanged = result.unchanged + chosen - targets.length;
  const durationMs = performance.now() - started;
  return {
    command: work.command,
    server: session.where,
    runId,
    targets: chosen,
    ...result,
    unchanged,
    unreached: [],
    durationMs,
  };
}

/** One wave after the other, until something failed; what the waves came to together. */
async function runWaves(
  prepared: PreparedFleet,
  work: FleetWork,
  {
    waves,
    runId,
    policy,
  }: {
    readonly waves: ReturnType<typeof planWaves<SurveyedTarget>>;
    readonly runId: string;
    readonly policy: Policy;
  },
): Promise<FleetOutcome> {
  const { part, onEvent } = prepared;
  const total = { succeeded: 0, unchanged: 0, scripts: 0 };
  const failed: FailedTarget[] = [];
  const notRun: string[] = [];
  let stopped: FedgenError | undefined;
  const isGood = (): boolean => failed.length === 0 && notRun.length === 0;
  for (const { name, targets } of waves) {
    const mayBegin = isGood() && (await part?.gate.enter(name)) !== false;
    if (!mayBegin) {
      notRun.push(...targets.map(({ id }) => id));
      continue;
    }
    if (waves.length > 1) onEvent({ type: 'wave', name, targets: targets.length });
    const outcome = await runFleet(jobOf(prepared, work, { runId, targets, policy }));
    total.succeeded += outcome.succeeded;
    total.unchanged += outcome.unchanged;
    total.scripts += outcome.scripts;
    failed.push(...outcome.failed);
    notRun.push(...outcome.notRun);
    stopped = outcome.stopped;
    if (!isGood()) part?.gate.fail();
  }
  return { ...total, failed, notRun, stopped };
}

/** How often a run begins again with what went with a server that crashed. */
const MOST_CRASHES = 3;

/** Closes the run, and does again what is found to be lost then. */
async function confirm(
  session: Session,
  prepared: PreparedFleet,
  run: {
    readonly runId: string;
    readonly outcome: FleetOutcome;
    readonly again: (lost: ReadonlySet<string>) => Promise<FleetOutcome>;
  },
): Promise<FleetOutcome & { readonly interrupted: boolean }> {
  const { signal, drain } = prepared.options;
  let { outcome } = run;
  for (let crashes = 1; ; crashes += 1) {
    const isStopped = signal?.aborted === true || drain?.aborted === true;
    const result = { ...outcome, interrupted: isStopped && outcome.notRun.length > 0 };
    const lost = await closeFleetRun(session, prepared, run.runId, result);
    if (lost.length === 0) return result;
    const redone =
      crashes > MOST_CRASHES ? { ...NOTHING_DONE, notRun: lost } : await run.again(new Set(lost));
    outcome = joinOutcomes(outcome, redone);
  }
}

const NOTHING_DONE = { succeeded: 0, unchanged: 0, scripts: 0, failed: [], stopped: undefined } as const;

const quiet = (): void => undefined;

function jobOf(
  prepared: PreparedFleet,
  work: FleetWork,
  { runId, targets, policy }: { runId: string; targets: readonly SurveyedTarget[]; policy: Policy },
): Parameters<typeof runFleet<SurveyedTarget>>[0] {
  const { planOf, signal, onEvent, options } = prepared;
  const owner = sharedRoles(prepared.settings.rolePrefix).owner;
  return {
    targets,
    policy,
    signal,
    onEvent,
    drain: options.drain,
    connect: (use) => withDatabase({ ...prepared, onEvent: quiet }, 'working on departments', use),
    attempt: (session, target) => attempt(session, prepared, work, { plan: planOf(target), runId }),
    onFailed: async (session, { id }, error) => {
      const booking = { runId, target: id, state: 'failed', error: error.message } as const;
      await session.client.query(bookingSql(owner, booking));
    },
  };
}

async function attempt(
  session: Session,
  prepared: PreparedFleet,
  work: FleetWork,
  { plan, runId }: { readonly plan: TargetPlan; readonly runId: string },
): Promise<Attempt> {
  try {
    const opened = await openTarget(session, plan);
    if (!opened.taken) {
      const { holder } = opened;
      return {
        kind: 'busy',
        holder: holder ? `backend ${holder.pid} (${holder.application || 'unnamed'})` : 'another session',
      };
    }
    const scripts = await work.at(fleetRun(session, prepared, plan, opened.rows), opened.rows, runId);
    await closeTarget(session, plan, { runId, state: 'succeeded' });
    return { kind: 'done', scripts };
  } catch (error) {
    await closeTarget(session, plan, undefined).catch(() => undefined);
    throw isServerError(error) || isConnectionLost(error)
      ? statementError(error, `working on "${plan.target.id}"`)
      : error;
  }
}

/**
 * The part of the time that scripts may keep others waiting which they may themselves wait for locks; the rest is for
 * what they do when they have them, up to the commit.
 */
const QUEUEING = 0.5;

/** Locks are not waited for long, and nothing is tried again on the spot: the target goes to the back of the queue. */
const fleetRun = (
  session: Session,
  { settings }: PreparedFleet,
  plan: TargetPlan,
  rows: readonly LedgerRow[],
): TargetRun => ({
  session,
  plan,
  limits: {
    lockTimeoutMs: Math.ceil(settings.fleetLockTimeoutMs * QUEUEING),
    // Nobody uses a department before it is there.
    isInUse: rows.length > 0,
    lockRetries: 0,
    statementTimeoutMs: settings.statementTimeoutMs,
  },
  toolVersion: VERSION,
  onEvent: quiet,
});

type Policy = Parameters<typeof runFleet>[0]['policy'];

function policyOf({ options, settings }: PreparedFleet, targets: number): Omit<Policy, 'concurrency'> {
  return {
    maxFailures: mostFailures(options, targets),
    duty: options.duty ?? 1,
    lockRetries: settings.fleetLockRetries,
    lockWaitMs: settings.lockWaitMs,
  };
}

/** More connections than this bring little: the server's disk and processors are busy. */
const USUAL_CONCURRENCY = 4;

/** How many connections may be used: a few, and at most half of those that the server has free. */
async function roomOn(session: Session): Promise<number> {
  const { rows } = await session.client.query<{ free: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as free`,
  );
  return Math.max(1, Math.min(USUAL_CONCURRENCY, Math.floor((rows[0]?.free ?? 0) / 2)));
}
