import type { Session } from '../db/session.js';
import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import { FedgenError } from '../shared/errors.js';
import { asOwner } from './as-owner.js';
import { readFleetState, type FleetState } from './fleet-state.js';
import type { MigrationCommand } from './ledger.js';
import { IS_RUNNING, MARK_DEAD_RUNS } from './ledger.js';

/** What became of a target in a run. */
export type BookedState = 'pending' | 'succeeded' | 'failed';

/** Opens a run over many targets, and books each of them as pending. */
export async function startFleetRun(
  session: Session,
  owner: string,
  run: { readonly id: string; readonly command: MigrationCommand; readonly toolVersion: string },
  targets: readonly string[],
): Promise<void> {
  await asOwner(session, owner, 'read write', async () => {
    await session.client.query(
      `with dead as (${MARK_DEAD_RUNS})
       insert into federation.migration_runs (run_id, command, tool_version) values ($1, $2, $3)`,
      [run.id, run.command, run.toolVersion],
    );
    await session.client.query(
      'insert into federation.run_targets (run_id, target) select $1, unnest($2::text[])',
      [run.id, targets],
    );
  });
}

/** SQL that books what became of a target; as the owner role, in a transaction of its own. */
export function bookingSql(
  owner: string,
  booking: {
    readonly runId: string;
    readonly target: string;
    readonly state: BookedState;
    readonly error?: string | undefined;
  },
): string {
  const error = booking.error === undefined ? 'null' : quoteLiteral(booking.error.replaceAll('\0', ''));
  return `begin; set local role ${quoteIdentifier(owner)}; set local synchronous_commit = off;
    update federation.run_targets set state = ${quoteLiteral(booking.state)}, error = ${error}, finished_at = clock_timestamp()
     where run_id = ${quoteLiteral(booking.runId)} and target = ${quoteLiteral(booking.target)}; commit;`;
}

/** The targets of which a run has not booked what became of them. */
export async function readPending(session: Session, owner: string, runId: string): Promise<string[]> {
  return asOwner(session, owner, 'read only', async () => {
    const { rows } = await session.client.query<{ target: string }>(
      `select target from federation.run_targets where run_id = $1 and state = 'pending' order by target`,
      [runId],
    );
    return rows.map(({ target }) => target);
  });
}

/** The targets that a run did not bring to a good end. @throws FedgenError E_RUN_UNKNOWN. */
export async function readUnfinished(session: Session, owner: string, runId: string): Promise<string[]> {
  return asOwner(session, owner, 'read only', async () => {
    await requireRun(session, runId);
    const { rows } = await session.client.query<{ target: string }>(
      `select target from federation.run_targets where run_id = $1 and state <> 'succeeded' order by target`,
      [runId],
    );
    return rows.map(({ target }) => target);
  });
}

/** The targets at which something of a run still stands. @throws FedgenError E_RUN_UNKNOWN. */
export async function readTargetsOfRun(session: Session, owner: string, runId: string): Promise<string[]> {
  return asOwner(session, owner, 'read only', async () => {
    const command = await requireRun(session, runId);
    if (command === 'rollback')
      throw new FedgenError('E_USAGE', `run ${runId} was a rollback itself`, {
        hint: 'What it undid is applied again with fedgen apply.',
      });
    const { rows } = await session.client.query<{ target: string }>(
      `select distinct target from federation.schema_migrations
        where run_id = $1 and state in ('applied', 'running') order by target`,
      [runId],
    );
    return rows.map(({ target }) => target);
  });
}

/** Targets whose last run failed, with what went wrong. */
const FAILED = `select target, error from (
         select distinct on (target) target, state, error from federation.run_targets
          where state <> 'pending' order by target, finished_at desc) last
        where state = 'failed' order by target`;

/** Targets whose last run failed, with what went wrong. */
export async function readFailed(session: Session, owner: string): Promise<Map<string, string>> {
  return asOwner(session, owner, 'read only', async () => {
    const { rows } = await session.client.query<FailedRow>(FAILED);
    return failedByTarget(rows);
  });
}

interface FailedRow {
  readonly target: string;
  readonly error: string | null;
}

const failedByTarget = (rows: readonly FailedRow[]): Map<string, string> =>
  new Map(rows.map(({ target, error }) => [target, error ?? '']));

const driftByTarget = (rows: readonly DriftRow[]): Map<string, Drift> =>
  new Map(rows.map(({ target, ...drift }) => [target, drift]));

/** What the last `validate --since-last` found at a target. */
export interface Drift {
  /** Findings that are no notes; at least one. */
  readonly findings: number;
  readonly foundAt: Date;
}

interface DriftRow extends Drift {
  readonly target: string;
}

/** Targets at which something was found, and no script was run since. */
const DRIFTED = `select v.target, v.findings, v.validated_at as "foundAt" from federation.validations v
        where v.findings > 0 and not exists (
          select from federation.schema_migrations m
           where m.target = v.target and greatest(m.applied_at, m.rolled_back_at) > v.validated_at)`;

/** A run that is under way. */
export interface RunningRun {
  readonly runId: string;
  readonly command: MigrationCommand;
  readonly startedAt: Date;
  readonly runBy: string;
  readonly targets: number;
  /** Targets that are finished, well or not. */
  readonly done: number;
}

/** The runs over many targets that are under way now: their connections still stand. */
const RUNNING = `select r.run_id::text as "runId", r.command, r.started_at as "startedAt", r.run_by as "runBy",
              count(t.target)::int as targets, (count(t.target) filter (where t.state <> 'pending'))::int as done
         from federation.migration_runs r join federation.run_targets t using (run_id)
        where ${IS_RUNNING}
        group by r.run_id order by r.started_at`;

/** What the book of runs says beside the state of a fleet. */
export interface FleetBook {
  /** Targets whose last run failed, with what went wrong. */
  readonly failed: ReadonlyMap<string, string>;
  /** Targets at which the last validation that was remembered found something. */
  readonly drifted: ReadonlyMap<string, Drift>;
  readonly running: readonly RunningRun[];
}

/** A fleet and the book of its runs in one query. @returns undefined where there is no control plane. */
export async function readFleetBook(
  session: Session,
  owner: string,
): Promise<(FleetState & FleetBook) | undefined> {
  const state = await readFleetState(session, owner, [FAILED, DRIFTED, RUNNING]);
  if (state) {
    const [failed, drifted, running] = state.more as [FailedRow[], DriftRow[], RunningRun[]];
    return { ...state, failed: failedByTarget(failed), drifted: driftByTarget(drifted), running };
  }
  // A control plane of an earlier version has no book of targets, or remembers no validations.
  const old = await readFleetState(session, owner);
  return old && { ...old, failed: new Map(), drifted: new Map(), running: [] };
}

async function requireRun(session: Session, runId: string): Promise<string> {
  const { rows } = await session.client.query<{ command: string }>(
    'select command from federation.migration_runs where run_id::text = $1',
    [runId],
  );
  const [run] = rows;
  if (run) return run.command;
  throw new FedgenError('E_RUN_UNKNOWN', `there is no run ${runId} in ${session.where}`, {
    hint: 'The summary of each run names its id; federation.migration_runs lists all of them.',
    details: { runId },
  });
}
