import { randomUUID } from 'node:crypto';
import type { OnEvent } from '../apply/events.js';
import type { MigrationCommand } from '../apply/ledger.js';
import { defaultSettings } from '../config/settings.js';
import { createWaveGates, type WaveGate } from '../plan/placement.js';
import type { PatternMatches } from '../plan/selection.js';
import { FedgenError } from '../shared/errors.js';
import type { FleetOptions } from './fleet-prepare.js';
import { mostFailures } from './fleet-prepare.js';
import { requireSelection } from './fleet-survey.js';
import type { FleetResult } from './fleet.js';
import { askEach, refuseAllGone, unreachedOf, type Outcome as OutcomeOf } from './roll-call.js';
import { splitOver, type PartOptions } from './split-over.js';

/** What the part of a run in one of several databases has in common with the others. */
export interface PartOfRun {
  /** The same in every database. */
  readonly runId: string;
  readonly gate: WaveGate;
  /** Told what the patterns of the call match here; waits for what they match elsewhere. */
  readonly agree: (matches: PatternMatches) => Promise<void>;
}

type InOne<O extends FleetOptions> = (options: O, part?: PartOfRun) => Promise<FleetResult>;
type Outcome = OutcomeOf<FleetResult>;

/**
 * Does a verb of many departments in every database that they are placed in, all databases at a time, under one run id; in the
 * one database, where there is only one. A database that cannot be worked on is reported, and the others finish.
 * @throws FedgenError what concerns all of them, such as a template that is wrong; where no database could be worked on, why
 *   the first could not.
 */
export async function overDatabases<O extends FleetOptions>(
  options: O,
  command: MigrationCommand,
  inOne: InOne<O>,
): Promise<FleetResult> {
  const settings = options.settings ?? defaultSettings();
  if (settings.databases.length === 0) return inOne(options);
  if (options.plans === undefined)
    requireSelection(options, command === 'import' ? 'targets import' : command);
  const started = performance.now();
  const runId = randomUUID();
  const parts = splitOver(options, settings);
  const stop = new AbortController();
  const drain = AbortSignal.any([stop.signal, ...(options.drain ? [options.drain] : [])]);
  const onEvent = countingFailures(options, () => stop.abort());
  const go = (some: readonly PartOptions<O>[], more?: Partial<PartOfRun>): Promise<Outcome[]> =>
    runParts(some, { runId, groups: settings.groups }, (part, shared) =>
      inOne({ ...part, drain, onEvent }, { ...shared, ...more }),
    );
  const first = await go(parts);
  // Patterns were agreed upon by all of them already.
  const outcomes = await withUnknownRun(options, parts, first, (some) =>
    go(some, { agree: () => Promise.resolve() }),
  );
  refuseAllGone(outcomes);
  const wasInterrupted = options.signal?.aborted === true || options.drain?.aborted === true;
  return combine(command, outcomes, { durationMs: performance.now() - started, wasInterrupted });
}

/** Runs every part to its end, whatever becomes of the others. */
async function runParts<O extends FleetOptions>(
  parts: readonly PartOptions<O>[],
  { runId, groups }: { readonly runId: string; readonly groups: Readonly<Record<string, unknown>> },
  run: (options: O, part: PartOfRun) => Promise<FleetResult>,
): Promise<Outcome[]> {
  const gates = createWaveGates(Object.keys(groups), parts.length);
  return askEach(parts, async ({ options }, agree, index) => {
    const gate = gates[index] ?? NO_GATE;
    return run(options, { runId, gate, agree }).finally(gate.leave);
  });
}

const NO_GATE: WaveGate = {
  enter: () => Promise.resolve(true),
  fail: () => undefined,
  leave: () => undefined,
};

/** Stops all databases at the failure at which one alone would stop. */
function countingFailures({ onEvent, ...policy }: FleetOptions, stop: () => void): OnEvent {
  const isShare = String(policy.maxFailures).endsWith('%');
  const most = isShare ? Number.POSITIVE_INFINITY : mostFailures(policy, 0);
  let failures = 0;
  return (event) => {
    onEvent?.(event);
    if (event.type !== 'target-done' || event.state !== 'failed') return;
    failures += 1;
    if (failures >= most) stop();
  };
}

/**
 * A run does not stand in the books of a database that was down, or in which nothing was to do. To go on with it there is
 * to do what the selection says; to undo it is nothing.
 */
async function withUnknownRun<O extends FleetOptions>(
  options: O,
  parts: readonly PartOptions<O>[],
  outcomes: readonly Outcome[],
  go: (parts: readonly PartOptions<O>[]) => Promise<Outcome[]>,
): Promise<readonly Outcome[]> {
  const isUnknown = (each: Outcome): boolean => 'error' in each && each.error.code === 'E_RUN_UNKNOWN';
  const known = outcomes.filter((each) => !isUnknown(each));
  if (known.every((each) => 'error' in each) || known.length === outcomes.length) return outcomes;
  if (options.resume === undefined) return known;
  const names = new Set(outcomes.filter(isUnknown).map(({ name }) => name));
  const left = parts.filter(({ name }) => names.has(name));
  if (!saysWho(options)) return [...known, ...left.map(({ name }) => notReached(name, options.resume ?? ''))];
  const again = left.map(({ name, options: part }) => ({ name, options: { ...part, resume: undefined } }));
  return [...known, ...(await go(again))];
}

function saysWho(options: FleetOptions): boolean {
  try {
    requireSelection({ ...options, resume: undefined }, '');
    return true;
  } catch {
    return false;
  }
}

const notReached = (name: string, runId: string): Outcome => ({
  name,
  error: new FedgenError('E_RUN_UNKNOWN', `run ${runId} did not reach database ${name}`, {
    hint: `Say beside it which departments are meant there, as the run was told: --all --resume ${runId}.`,
    details: { database: name, runId },
  }),
});

function combine(
  command: MigrationCommand,
  outcomes: readonly Outcome[],
  { durationMs, wasInterrupted }: { readonly durationMs: number; readonly wasInterrupted: boolean },
): FleetResult {
  const done = outcomes.flatMap((each) => ('result' in each ? [each] : []));
  const sum = (of: (result: FleetResult) => number): number =>
    done.reduce((total, { result }) => total + of(result), 0);
  const notRun = done.flatMap(({ result }) => result.notRun);
  return {
    command,
    server: outcomes.map(({ name }) => name).join(', '),
    runId: done.map(({ result }) => result.runId).find((id) => id !== undefined),
    targets: sum(({ targets }) => targets),
    succeeded: sum(({ succeeded }) => succeeded),
    unchanged: sum(({ unchanged }) => unchanged),
    scripts: sum(({ scripts }) => scripts),
    failed: done.flatMap(({ name, result }) => result.failed.map((each) => ({ ...each, database: name }))),
    notRun,
    unreached: unreachedOf(outcomes),
    interrupted: wasInterrupted && notRun.length > 0,
    stopped: done.map(({ result }) => result.stopped).find((error) => error !== undefined),
    durationMs,
  };
}
