import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from './database.js';

/** What the users of a fleet met with. */
export interface TrafficReport {
  readonly transactions: number;
  readonly failures: readonly string[];
  /** Milliseconds that 99 of 100 transactions took at most, from when they were due. */
  readonly p99: number;
  readonly longest: number;
}

/** Who uses which tables while something else goes on. */
export interface TrafficInput {
  readonly url: string;
  readonly schemas: readonly string[];
  readonly clients: number;
  /** How often each client begins a transaction: it is due whether the one before has ended or not. */
  readonly everyMs: number;
  /** How long the open transaction holds one table after the other. */
  readonly holdMs: number;
}

/** Short transactions and an open one over the tables `notes` while `work` goes on. */
export async function underTraffic(
  input: TrafficInput,
  work: () => Promise<unknown>,
): Promise<TrafficReport> {
  const latencies: number[] = [];
  const failures: string[] = [];
  let isOver = false;
  const until = (): boolean => isOver;
  const users = Array.from({ length: input.clients }, (_, index) =>
    useTables(input, { index, latencies, failures, isOver: until }),
  );
  const holder = holdTables(input, until);
  try {
    await work();
  } finally {
    isOver = true;
    await Promise.all([...users, holder]);
  }
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { transactions: sorted.length, failures, p99: at(0.99), longest: at(1) };
}

interface Journal {
  readonly index: number;
  readonly latencies: number[];
  readonly failures: string[];
  readonly isOver: () => boolean;
}

/** One client: reads and writes of one department after the other. */
async function useTables(
  input: TrafficInput,
  { index, latencies, failures, isOver }: Journal,
): Promise<void> {
  const { url, schemas, everyMs } = input;
  await withClient(url, async (client) => {
    let due = performance.now();
    for (let turn = index; !isOver(); turn += input.clients) {
      const notes = `${schemas[turn % schemas.length] ?? ''}.notes`;
      try {
        await client.query(
          `begin; select count(*) from ${notes}; update ${notes} set department = department; commit`,
        );
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        await client.query('rollback');
      }
      latencies.push(performance.now() - due);
      due += everyMs;
      await sleep(Math.max(0, due - performance.now()));
    }
  });
}

/** A transaction that stays open on one table, and then on the next. */
async function holdTables({ url, schemas, holdMs }: TrafficInput, isOver: () => boolean): Promise<void> {
  await withClient(url, async (client) => {
    for (let turn = 0; !isOver(); turn += 1) {
      await client.query(`begin; select count(*) from ${schemas[turn % schemas.length] ?? ''}.notes`);
      const end = performance.now() + holdMs;
      while (performance.now() < end && !isOver()) await sleep(20);
      await client.query('rollback');
    }
  });
}
