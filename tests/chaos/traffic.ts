import { defaultSettings } from '../../src/index.js';
import type { Major } from '../support/postgres.js';
import { underTraffic, type TrafficReport } from '../support/traffic.js';
import { findLeft } from './check.js';
import { makeChaosWorld, type ChaosWorld } from './world.js';

/** How much goes on while a fleet is changed. */
export interface TrafficSize {
  readonly version: Major;
  readonly departments: number;
  readonly clients: number;
}

const EVERY_MS = 25;
/** Of the long transaction; fleets try again for over a minute. */
const HOLD_MS = 3_000;
/** One of so many departments is in use by the long transaction. */
const HELD_OF = 50;
/** No transaction may wait longer. */
const LIMIT_MS = defaultSettings().fleetLockTimeoutMs;
/** Of the p99 with fedgen's time-outs to that without any. */
const MOST_RATIO = 0.5;

const APPLY = ['apply', '--all'] as const;
const ROLL_BACK = ['rollback', '--department-id', '*', '--to', '2', '--allow-data-loss'] as const;

/**
 * Changes a fleet under traffic, first without time-outs for locks, and then back and forth again with fedgen's, and
 * compares what the traffic met with.
 * @returns what does not hold.
 */
export async function trafficRound(size: TrafficSize, tell: (line: string) => void): Promise<string[]> {
  // Locks are held until a commit is on the disk.
  const world = await makeChaosWorld(size.departments, size.version, 'disk');
  try {
    const without = await changeFleet(world, size, [...APPLY, '--lock-timeout', '0']);
    tell(`apply without time-outs: ${describe(without)}`);
    const back = await changeFleet(world, size, ROLL_BACK);
    tell(`rollback with fedgen's: ${describe(back)}`);
    const result = await changeFleet(world, size, APPLY);
    tell(`apply with fedgen's: ${describe(result)}`);
    const ratio = result.p99 / without.p99;
    tell(
      `longest lock wait ${format(result.longestWait)} of ${LIMIT_MS} ms; p99 ${format(result.p99)} against ${format(without.p99)}, ratio ${ratio.toFixed(3)}`,
    );
    return [
      ...faultsOf(back),
      ...faultsOf(result),
      ...(ratio > MOST_RATIO ? [`the p99 is ${ratio.toFixed(3)} of that without time-outs`] : []),
      ...(without.longestWait < LIMIT_MS ? ['nothing was in the way: the comparison proves nothing'] : []),
      ...(await findLeft(world, 5)),
    ];
  } finally {
    await world.remove();
  }
}

const schemasOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `d${index}_tenant`);

interface Change extends TrafficReport {
  readonly code: number | null;
  readonly seconds: number;
  /** How often a department was put back into the queue. */
  readonly retried: number;
  readonly stderr: string;
}

async function changeFleet(
  world: ChaosWorld,
  { departments: count, clients }: TrafficSize,
  args: readonly string[],
): Promise<Change> {
  const schemas = schemasOf(count);
  const held = Math.max(1, Math.floor(count / HELD_OF));
  const input = { url: world.url(), schemas, clients, everyMs: EVERY_MS, holdMs: HOLD_MS, held };
  let call: { code: number | null; events: readonly string[]; stderr: string } | undefined;
  let seconds = 0;
  const report = await underTraffic(input, async () => {
    const started = performance.now();
    call = await world.fedgen(...args).done;
    seconds = (performance.now() - started) / 1000;
  });
  const { code = null, events = [], stderr = '' } = call ?? {};
  return {
    ...report,
    code,
    seconds,
    stderr,
    retried: events.filter((line) => line.includes('"target-later"')).length,
  };
}

const format = (ms: number): string => `${ms.toFixed(1)} ms`;

function describe(change: Change): string {
  const { transactions, failures, longestWait, p99Wait, p99, seconds, retried } = change;
  return [
    `${seconds.toFixed(1)} s, ${retried} retries; ${transactions} transactions, ${failures.length} failed`,
    `longest lock wait ${format(longestWait)}, p99 ${format(p99)} (of lock waits alone ${format(p99Wait)})`,
  ].join(', ');
}

function faultsOf({ code, stderr, failures, longestWait }: Change): string[] {
  return [
    ...(code === 0 ? [] : [`fedgen exits with ${String(code)}: ${stderr}`]),
    ...failures.map((failure) => `a transaction failed: ${failure}`),
    ...(longestWait > LIMIT_MS ? [`a transaction waited ${format(longestWait)} for locks`] : []),
  ];
}
