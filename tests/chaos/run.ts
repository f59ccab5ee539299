/* eslint-disable no-console -- a program for the terminal */
import { parseArgs } from 'node:util';
import { MAJORS, type Major } from '../support/postgres.js';
import { KINDS, round, TURN_COUNT, undisturbed, type Kind, type Moment } from './rounds.js';
import { trafficRound } from './traffic.js';
import { makeChaosWorld, type ChaosWorld } from './world.js';

const USAGE = `npm run chaos [-- options]
  --rounds N         rounds of each kind (100); one of traffic
  --kinds LIST       ${KINDS.join(',')}: what is broken while a run is under way;
                     traffic: users, and a transaction that stays open, meanwhile (all)
  --departments N    how many departments there are (12; 500 with traffic)
  --clients N        how many users the traffic has (8)
  --version N        major version of PostgreSQL (18)
  --seed N           the same moments again`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    kinds: { type: 'string', default: `${KINDS.join(',')},traffic` },
    departments: { type: 'string' },
    clients: { type: 'string', default: '8' },
    version: { type: 'string', default: '18' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

/** About what a department takes. */
const MOST_MS = 60;

/** Numbers from 0 to 1 that look like chance and repeat with the seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function main(): Promise<number> {
  const names = values.kinds.split(',');
  const kinds = KINDS.filter((kind) => names.includes(kind));
  const version = MAJORS.find((major) => String(major) === values.version);
  const hasTraffic = names.includes('traffic');
  const isKnown = new Set(names).size === kinds.length + Number(hasTraffic);
  const counts = [values.rounds, values.clients, values.departments ?? '1'];
  const wrong = !isKnown || version === undefined || !counts.every((count) => Number(count) > 0);
  if (values.help || wrong) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  let faulty = kinds.length > 0 ? await breakRuns(kinds, version) : 0;
  if (hasTraffic) faulty += await runTraffic(version);
  console.log(faulty === 0 ? 'no round left a fault' : `${faulty} rounds left faults`);
  return faulty === 0 ? 0 : 1;
}

async function breakRuns(kinds: readonly Kind[], version: Major): Promise<number> {
  const count = Number(values.departments ?? 12);
  console.log(`PostgreSQL ${version}, ${count} departments, seed ${values.seed}`);
  const world = await makeChaosWorld(count, version);
  try {
    const lasting: number[] = [];
    for (let turn = 0; turn < TURN_COUNT; turn += 1) lasting.push(await undisturbed(world, turn));
    console.log(`undisturbed runs take ${lasting.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    let faulty = 0;
    for (const kind of kinds) faulty += await rounds(world, kind, lasting);
    return faulty;
  } finally {
    await world.remove();
  }
}

async function runTraffic(version: Major): Promise<number> {
  const departments = Number(values.departments ?? 500);
  const clients = Number(values.clients);
  console.log(`PostgreSQL ${version}, ${departments} departments, traffic of ${clients} clients`);
  const faults = await trafficRound({ version, departments, clients }, (line) => console.log(line));
  for (const fault of faults) console.log(`  FAULT ${fault}`);
  return faults.length > 0 ? 1 : 0;
}

async function rounds(world: ChaosWorld, kind: Kind, lasting: readonly number[]): Promise<number> {
  const random = chance(Number(values.seed));
  let faulty = 0;
  for (let turn = 0; turn < Number(values.rounds); turn += 1) {
    const moment = momentOf(turn, lasting[turn % lasting.length] ?? 1000, world.count, random);
    const { told, faults } = await round(world, kind, { turn, moment });
    console.log(`${kind} ${turn + 1}: ${told}${faults.length === 0 ? ', ok' : ''}`);
    for (const fault of faults) console.log(`  FAULT ${fault}`);
    if (faults.length > 0) faulty += 1;
  }
  return faulty;
}

/** One round of five at any time from the start of the process on, the others while departments are worked on. */
function momentOf(turn: number, lastingMs: number, count: number, random: () => number): Moment {
  const [first, second] = [random(), random()];
  return turn % 5 === 0
    ? { begun: 0, ms: first * lastingMs }
    : { begun: 1 + Math.floor(first * count), ms: second * MOST_MS };
}

process.exitCode = await main();
