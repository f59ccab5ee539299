import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { withClient } from './database.js';

/** What the users of a fleet met with. All times in milliseconds. */
export interface TrafficReport {
  readonly transactions: number;
  readonly failures: readonly string[];
  /** The longest that one transaction waited for locks, by the server's own clock. */
  readonly longestWait: number;
  /** What 99 of 100 transactions waited for locks at most, the ones included that their client could not yet send. */
  readonly p99Wait: number;
  /** What 99 of 100 transactions took at most, from when they were due; by the client's clock, so on a busy machine more. */
  readonly p99: number;
}

/** Who uses which tables while something else goes on. */
export interface TrafficInput {
  readonly url: string;
  readonly schemas: readonly string[];
  readonly clients: number;
  /** How often each client begins a transaction: it is due whether the one before has ended or not. */
  readonly everyMs: number;
  /** How long the long transaction stays open before the next one begins. */
  readonly holdMs: number;
  /** How many tables it uses, spread evenly; the first schema's is one of the first ones. */
  readonly held: number;
}

/**
 * Short transactions over the tables `notes`, every other one on a table that a long transaction holds open meanwhile,
 * while `work` goes on. It begins only when the long transaction holds its first tables and every client has used one.
 */
export async function underTraffic(
  input: TrafficInput,
  work: () => Promise<unknown>,
): Promise<TrafficReport> {
  await fillTables(input);
  const state: State = { input, samples: [], failures: [], held: [], isOver: false };
  const holder = begin((ready) => holdTables(state, ready));
  const users = Array.from({ length: input.clients }, (_, index) =>
    begin(async (ready) => {
      await holder.ready;
      await useTables(state, index, ready);
    }),
  );
  const all = [holder, ...users];
  try {
    await Promise.all(all.map(({ ready }) => ready));
    await work();
  } finally {
    state.isOver = true;
    await Promise.all(all.map(({ done }) => done));
  }
  return report(state);
}

interface Sample {
  readonly waited: number;
  readonly waitedInLine: number;
  readonly took: number;
}

interface State {
  readonly input: TrafficInput;
  readonly samples: Sample[];
  readonly failures: string[];
  /** The tables that the long transaction uses at present. */
  held: readonly string[];
  isOver: boolean;
}

/** Something that goes on; `ready` when it calls back for the first time, and broken when it breaks before. */
function begin(run: (ready: () => void) => Promise<void>): { ready: Promise<void>; done: Promise<void> } {
  let isReady: () => void = () => undefined;
  const called = new Promise<void>((resolve) => (isReady = resolve));
  const done = run(isReady);
  return { ready: Promise.race([called, done]), done };
}

function report({ samples, failures }: State): TrafficReport {
  const p99 = (figures: readonly number[]): number =>
    [...figures].sort((a, b) => a - b)[Math.floor(figures.length * 0.99)] ?? 0;
  return {
    transactions: samples.length,
    failures,
    longestWait: Math.max(0, ...samples.map(({ waited }) => waited)),
    p99Wait: p99(samples.map(({ waitedInLine }) => waitedInLine)),
    p99: p99(samples.map(({ took }) => took)),
  };
}

/** A row for each client in each table: clients never wait for one another. */
async function fillTables({ url, schemas, clients }: TrafficInput): Promise<void> {
  const inserts = schemas.map(
    (schema) =>
      `insert into ${notesOf(schema)} (id) select uuid(lpad(i::text, 32, '0')) from generate_series(0, ${clients - 1}) i on conflict do nothing`,
  );
  await withClient(url, (client) => client.query(inserts.join(';')));
}

/** One client: reads and writes of one department after the other, and of those in long use. */
async function useTables(state: State, index: number, ready: () => void): Promise<void> {
  const { input, samples, failures } = state;
  await withClient(input.url, async (client) => {
    const waits = await watchWaits(client);
    let due = performance.now();
    /** How far behind its time the client would be if nothing took time but waiting for locks. */
    let behind = 0;
    for (let turn = index; !hasEnded(state); turn += 1) {
      const notes = tableOf(state, turn);
      try {
        await useTable(client, notes, index);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        await client.query('rollback');
      }
      const waited = waits.take();
      samples.push({ waited, waitedInLine: behind + waited, took: performance.now() - due });
      behind = Math.max(0, behind + waited - input.everyMs);
      due += input.everyMs;
      ready();
      await sleep(Math.max(0, due - performance.now()));
    }
  });
}

function tableOf({ input: { schemas }, held }: State, turn: number): string {
  const among = turn % 2 === 0 ? held : schemas.map(notesOf);
  return among[Math.floor(turn / 2) % among.length] ?? '';
}

const notesOf = (schema: string): string => `${schema}.notes`;

/** As pgbench does: each statement by itself, in one transaction. */
async function useTable(client: pg.Client, notes: string, row: number): Promise<void> {
  await client.query('begin');
  await client.query(`select count(*) from ${notes}`);
  await client.query(`update ${notes} set department = department where id = uuid(lpad('${row}', 32, '0'))`);
  await client.query('commit');
}

/** The server tells a session how long it stood in line for a lock, if it was 5 ms or longer. */
const TELL_WAITS = `set lc_messages = 'C'; set deadlock_timeout = '5ms'; set log_lock_waits = on; set client_min_messages = 'log'`;
const WAITED = /^process \d+ acquired .+ after ([\d.]+) ms$/;

/** Adds up what a session waits for locks; `take` begins anew. */
async function watchWaits(client: pg.Client): Promise<{ take: () => number }> {
  let sum = 0;
  client.on('notice', ({ message }) => {
    sum += Number(WAITED.exec(message ?? '')?.[1] ?? 0);
  });
  await client.query(TELL_WAITS);
  return {
    take: () => {
      const waited = sum;
      sum = 0;
      return waited;
    },
  };
}

const hasEnded = ({ isOver }: State): boolean => isOver;

/** A transaction that stays open on some tables, and then one on the next. */
async function holdTables(state: State, ready: () => void): Promise<void> {
  const { url, schemas, holdMs, held } = state.input;
  await withClient(url, async (client) => {
    const waits = await watchWaits(client);
    for (let turn = 0; !hasEnded(state); turn += 1) {
      const tables = Array.from({ length: held }, (_, index) => {
        const at = turn + Math.floor((index * schemas.length) / held);
        return notesOf(schemas[at % schemas.length] ?? '');
      });
      await client.query('begin');
      for (const table of tables)
        await client.query(`insert into ${table} select * from ${table} where false`);
      state.held = tables;
      const waited = waits.take();
      state.samples.push({ waited, waitedInLine: waited, took: waited });
      ready();
      const end = performance.now() + holdMs;
      while (performance.now() < end && !hasEnded(state)) await sleep(20);
      await client.query('rollback');
    }
  });
}
