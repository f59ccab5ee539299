import { setTimeout as sleep } from 'node:timers/promises';
import { findLeft, findTorn, standing, wanted } from './check.js';
import type { Call, ChaosWorld } from './world.js';

/** What is broken while a run is under way. */
export const KINDS = ['client', 'server', 'connection'] as const;
/** One of them. */
export type Kind = (typeof KINDS)[number];

/** What came of a round. */
export interface Round {
  /** What was broken and when, and what stood then. */
  readonly told: string;
  readonly faults: readonly string[];
}

/** What rounds take their turns in: all that changes departments, forth and back. */
const TURNS = [
  { version: 5, args: ['apply', '--all'] },
  { version: 2, args: ['rollback', '--department-id', '*', '--to', '2', '--allow-data-loss'] },
  { version: 5, args: ['apply', '--all', '--verify'] },
  { version: 2, args: ['rollback', '--department-id', '*', '--to', '2', '--allow-data-loss'] },
] as const;

/** How many rounds there are before all repeats. */
export const TURN_COUNT = TURNS.length;

/** A run that nothing disturbs, for the time it takes. @throws Error where it fails. */
export async function undisturbed(world: ChaosWorld, turn: number): Promise<number> {
  const started = performance.now();
  const { version, args } = turnOf(turn);
  const { code, stderr } = await world.fedgen(...args).done;
  if (code !== 0) throw new Error(`fedgen ${args.join(' ')} fails undisturbed: ${stderr}`);
  const faults = await findLeft(world, version);
  if (faults.length > 0) throw new Error(`an undisturbed run is faulty: ${faults.join('; ')}`);
  return performance.now() - started;
}

const turnOf = (turn: number): (typeof TURNS)[number] => TURNS[turn % TURNS.length] ?? TURNS[0];

/** When a run is broken: so long after it began to work on so many departments, 0 being the start of the process. */
export interface Moment {
  readonly begun: number;
  readonly ms: number;
}

/**
 * Breaks a run at a moment, looks that no department is torn, and lets the next run finish.
 */
export async function round(
  world: ChaosWorld,
  kind: Kind,
  { turn, moment }: { readonly turn: number; readonly moment: Moment },
): Promise<Round> {
  const { version, args } = turnOf(turn);
  const call = world.fedgen(...args);
  const started = performance.now();
  const ended = await Promise.race([call.done, waitFor(call, moment)]);
  const atMs = performance.now() - started;
  const what = await breakIt(world, kind, call, turn);
  const { events, code } = await call.done;
  const torn = await findTorn(world);
  const then = await standing(world);
  const untrue =
    code === 0 && then !== wanted(world, version) ? ['the run says that it is done, and is not'] : [];
  const next = await world.fedgen(...args).done;
  const failed =
    next.code === 0
      ? []
      : [`the next run exits with ${String(next.code)}: ${next.events.at(-2) ?? ''} ${next.stderr}`];
  const done = events.filter((line) => line.includes('"target-done"')).length;
  const when = `${atMs.toFixed(0)} ms after the start of fedgen ${args.slice(0, 1).join(' ')}`;
  const state = ended ? 'which had ended' : `${done} departments done, then ${then}; exit ${String(code)}`;
  return {
    told: `${what} ${when}: ${state}`,
    faults: [...torn, ...untrue, ...failed, ...(await findLeft(world, version))],
  };
}

async function waitFor(call: Call, { begun, ms }: Moment): Promise<undefined> {
  while (call.begun() < begun && !call.hasEnded()) await sleep(2);
  await sleep(ms);
  return undefined;
}

async function breakIt(world: ChaosWorld, kind: Kind, call: Call, turn: number): Promise<string> {
  switch (kind) {
    case 'client':
      call.kill();
      return `kill -9 of the client ${call.pid}`;
    case 'connection':
      await world.cut();
      return 'all connections cut';
    case 'server': {
      const how = turn % 3 === 0 ? 'stop' : 'kill';
      await world.restartServer(how);
      return how === 'kill' ? 'kill -9 of the server' : 'restart of the server';
    }
  }
}
