import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../db/session.js';
import { FedgenError } from '../shared/errors.js';
import type { OnEvent } from './events.js';
import { createQueue, type FleetQueue, type Waiting } from './fleet-queue.js';

/** A target of a fleet. */
export interface FleetTarget {
  readonly id: string;
}

/** What a worker made of one target. */
export type Attempt =
  /** How many scripts were run; none when it stood right already. */
  | { readonly kind: 'done'; readonly scripts: number }
  /** Somebody else works on it. */
  | { readonly kind: 'busy'; readonly holder: string };

/** How a fleet is worked on. */
export interface FleetPolicy {
  /** How many targets at a time, each on a connection of its own. */
  readonly concurrency: number;
  /** After how many failures no further target is begun. */
  readonly maxFailures: number;
  /** The part of the time that a connection may work, up to 1: the rest of the time it leaves the server alone. */
  readonly duty: number;
  /** How often a target is tried again that had to give way to a lock. */
  readonly lockRetries: number;
  /** How long another runner may keep a target. */
  readonly lockWaitMs: number;
}

/** What a fleet run needs. */
export interface FleetJob<T extends FleetTarget> {
  readonly targets: readonly T[];
  readonly policy: FleetPolicy;
  /** Opens a connection for as long as `use` works. */
  readonly connect: (use: (session: Session) => Promise<void>) => Promise<void>;
  /** @throws FedgenError. E_DB_LOCKED and E_DB_LOST are tried again, anything else is a failure of this target. */
  readonly attempt: (session: Session, target: T) => Promise<Attempt>;
  /** Books a failure that is final. */
  readonly onFailed: (session: Session, target: T, error: FedgenError) => Promise<void>;
  /** When it aborts, no further target is begun. */
  readonly drain: AbortSignal | undefined;
  /** When it aborts, the running statements are cancelled. */
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OnEvent;
}

/** A target that failed, and why. */
export interface FailedTarget {
  readonly target: string;
  readonly error: FedgenError;
}

/** What became of a fleet. */
export interface FleetOutcome {
  readonly succeeded: number;
  /** Targets at which nothing was to do. */
  readonly unchanged: number;
  /** Scripts that were run. */
  readonly scripts: number;
  readonly failed: readonly FailedTarget[];
  /** Targets that were not begun, or given up half-way. */
  readonly notRun: readonly string[];
  /** Why no worker could go on, where that was it. */
  readonly stopped: FedgenError | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface State<T extends FleetTarget> {
  readonly job: FleetJob<T>;
  readonly queue: FleetQueue<T>;
  readonly counts: Mutable<Pick<FleetOutcome, 'succeeded' | 'unchanged' | 'scripts'>>;
  readonly failed: FailedTarget[];
  /** Begun and neither finished nor put back. */
  readonly lost: Set<string>;
  /** Some worker has had a connection, and a target to work on. */
  hasBegun: boolean;
}

/**
 * Works on many targets at a time. One that has to give way to a lock goes to the back of the queue while the others go
 * on; a connection that breaks is opened anew. Never throws for a target: what became of each is the result.
 */
export async function runFleet<T extends FleetTarget>(job: FleetJob<T>): Promise<FleetOutcome> {
  const state: State<T> = {
    job,
    queue: createQueue(job.targets),
    counts: { succeeded: 0, unchanged: 0, scripts: 0 },
    failed: [],
    lost: new Set(),
    hasBegun: false,
  };
  const workers = Math.max(1, Math.min(job.policy.concurrency, job.targets.length));
  const ends = await Promise.allSettled(Array.from({ length: workers }, () => runWorker(state)));
  const broken = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  for (const reason of broken) if (!(reason instanceof FedgenError)) throw asError(reason);
  const notRun = [...state.lost, ...state.queue.drain().map(({ id }) => id)].sort();
  const [stopped] = broken;
  return {
    ...state.counts,
    failed: state.failed,
    notRun,
    stopped: notRun.length > 0 && stopped instanceof FedgenError ? stopped : undefined,
  };
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

const isStopping = <T extends FleetTarget>({ job, failed }: State<T>): boolean =>
  job.signal?.aborted === true || job.drain?.aborted === true || failed.length >= job.policy.maxFailures;

/** How often a worker connects anew, with growing pauses: long enough for a server to start again. */
const MOST_RECONNECTS = 8;
const RECONNECT_PAUSE_MS = 250;

async function runWorker<T extends FleetTarget>(state: State<T>): Promise<void> {
  for (let losses = 0; ; losses += 1) {
    try {
      await state.job.connect((session) => workOff(state, session));
      return;
    } catch (error) {
      if (state.job.signal?.aborted || !isLost(error) || losses >= MOST_RECONNECTS) throw error;
      // A further worker that finds no room on the server is not needed.
      if (!state.hasBegun && losses > 1) throw error;
      await pause(state, Math.min(RECONNECT_PAUSE_MS * 2 ** losses, 5_000) * jitter());
      if (isStopping(state)) return;
    }
  }
}

const isLost = (error: unknown): boolean =>
  error instanceof FedgenError && (error.code === 'E_DB_LOST' || error.code === 'E_DB_UNREACHABLE');

const jitter = (): number => 0.5 + Math.random();

async function pause<T extends FleetTarget>({ job }: State<T>, ms: number): Promise<void> {
  const signals = [job.signal, job.drain].filter((signal) => signal !== undefined);
  await sleep(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
}

async function workOff<T extends FleetTarget>(state: State<T>, session: Session): Promise<void> {
  const { queue, job } = state;
  while (!isStopping(state)) {
    const waiting = queue.take(performance.now());
    const dueMs = waiting ? 0 : queue.dueIn(performance.now());
    if (dueMs === undefined) return;
    if (!waiting) {
      await pause(state, dueMs);
      continue;
    }
    const started = performance.now();
    await workOn(state, session, waiting);
    const busyMs = performance.now() - started;
    if (job.policy.duty < 1) await pause(state, busyMs * (1 / job.policy.duty - 1));
  }
}

async function workOn<T extends FleetTarget>(
  state: State<T>,
  session: Session,
  waiting: Waiting<T>,
): Promise<void> {
  const { job, counts, lost } = state;
  const { target } = waiting;
  const started = performance.now();
  lost.add(target.id);
  state.hasBegun = true;
  job.onEvent({ type: 'target-start', target: target.id });
  try {
    const result = await job.attempt(session, target);
    lost.delete(target.id);
    if (result.kind === 'busy') {
      await giveWay(state, session, waiting, result.holder);
      return;
    }
    counts.scripts += result.scripts;
    counts[result.scripts > 0 ? 'succeeded' : 'unchanged'] += 1;
    const durationMs = performance.now() - started;
    const outcome = result.scripts > 0 ? 'succeeded' : 'unchanged';
    job.onEvent({
      type: 'target-done',
      target: target.id,
      state: outcome,
      scripts: result.scripts,
      durationMs,
    });
  } catch (error) {
    if (!(error instanceof FedgenError) || job.signal?.aborted) throw error;
    lost.delete(target.id);
    if (isLost(error)) {
      // What breaks the connection again and again is the target's own fault.
      if (waiting.attempts >= MOST_LOSSES) tellFailed(state, target, error, performance.now() - started);
      else putBack(state, waiting, error.message, 0);
      throw error;
    }
    const isTransient = error.code === 'E_DB_LOCKED' && waiting.attempts < job.policy.lockRetries;
    if (isTransient) putBack(state, waiting, error.message, pauseAfter(waiting.attempts));
    else await fail(state, session, target, error, performance.now() - started);
  }
}

/** How often a target may be on a connection that breaks. */
const MOST_LOSSES = 3;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const pauseAfter = (attempts: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS) * jitter();

function putBack<T extends FleetTarget>(
  { job, queue }: State<T>,
  waiting: Waiting<T>,
  reason: string,
  pauseMs: number,
): void {
  const attempts = waiting.attempts + 1;
  queue.putBack({ ...waiting, attempts }, performance.now() + pauseMs);
  job.onEvent({ type: 'target-later', target: waiting.target.id, attempt: attempts, reason });
}

/** Another runner has the target: it is looked at again later, and most often nothing is left to do then. */
async function giveWay<T extends FleetTarget>(
  state: State<T>,
  session: Session,
  waiting: Waiting<T>,
  holder: string,
): Promise<void> {
  const now = performance.now();
  const since = waiting.blockedSince ?? now;
  const { lockWaitMs } = state.job.policy;
  if (now - since < lockWaitMs) {
    if (waiting.blockedSince === undefined)
      state.job.onEvent({ type: 'lock-wait', target: waiting.target.id, holder });
    const pauseMs = Math.min(100 + (now - since) / 4, 1_000) * jitter();
    state.queue.putBack({ ...waiting, blockedSince: since }, now + pauseMs);
    return;
  }
  const error = new FedgenError(
    'E_DB_LOCKED',
    `target "${waiting.target.id}" is being worked on: its lock is held by ${holder}`,
    { hint: `Waited ${lockWaitMs} ms. Let the other run finish, or raise --lock-wait.` },
  );
  await fail(state, session, waiting.target, error, now - since);
}

async function fail<T extends FleetTarget>(
  state: State<T>,
  session: Session,
  target: T,
  error: FedgenError,
  durationMs: number,
): Promise<void> {
  tellFailed(state, target, error, durationMs);
  await state.job.onFailed(session, target, error);
}

function tellFailed<T extends FleetTarget>(
  { job, failed }: State<T>,
  target: T,
  error: FedgenError,
  durationMs: number,
): void {
  failed.push({ target: target.id, error });
  const { code, message } = error;
  const told = { target: target.id, state: 'failed', scripts: 0, durationMs } as const;
  job.onEvent({ type: 'target-done', ...told, error: { code, message } });
}
