import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { OnEvent } from '../apply/events.js';
import type { Session } from '../db/session.js';
import { FedgenError } from '../shared/errors.js';
import { call } from './activity.js';
import { inTurns } from './in-turns.js';
import { readBatches, type LineBatch } from './line-batches.js';
import type { CommonOptions } from './options.js';

/** A line that is no event, or not yet. */
export interface IngestProblem {
  /** From 1. */
  readonly line: number;
  readonly outcome: 'duplicate' | 'pending' | 'rejected';
  /** `malformed_json`, `same_event`, `other_content`, `waits_for_parent`; docs/packs/activity.md lists them. */
  readonly reason: string;
}

/** Options of {@link ingestEvents}. */
export interface IngestOptions extends CommonOptions {
  /** Newline-delimited JSON, one event a line. */
  readonly source: AsyncIterable<Buffer>;
  readonly lane?: 'DIRECT' | 'TEST_DATA' | undefined;
  /** Connections at work at the same time; 2 when left out. More are of little use: lines are added in turns. */
  readonly concurrency?: number | undefined;
  /** Told of every line that is no event, in order. */
  readonly onProblem?: ((problem: IngestProblem) => void) | undefined;
}

/** What became of the lines; blank ones are not counted. */
export interface IngestResult {
  readonly lines: number;
  readonly events: number;
  readonly duplicates: number;
  readonly pending: number;
  readonly rejected: number;
}

/**
 * Takes newline-delimited JSON in by COPY, a transaction per batch of lines. Every line that is not blank is kept, whatever is
 * wrong with it. Several connections judge batches at the same time; what is in is always the beginning of the source, in its
 * order. Taking the same in again is harmless: events that stand are duplicates then.
 * @throws FedgenError as grantActivityPermission; details.lines says how many lines were taken in before.
 */
export async function ingestEvents(options: IngestOptions): Promise<IngestResult> {
  const { source, lane = 'DIRECT', onProblem = () => undefined, concurrency = 2, signal } = options;
  const count = { lines: 0, duplicate: 0, pending: 0, rejected: 0 };
  let standing = 0;
  let isConnected = false;
  const tellOnce: OnEvent = (event) => {
    if (event.type !== 'connected' || !isConnected) options.onEvent?.(event);
    isConnected ||= event.type === 'connected';
  };
  const takeInTurn = async (session: Session, batch: LineBatch, turn: () => Promise<void>): Promise<void> => {
    const problems = await takeIn(session, batch, lane, turn);
    count.lines += batch.lines - batch.blank;
    for (const problem of problems) count[problem.outcome] += 1;
    for (const problem of problems) onProblem({ ...problem, line: problem.line + standing });
    standing += batch.lines;
  };
  try {
    await inTurns(readBatches(source), {
      concurrency,
      signal,
      withWorker: async (use) => call({ ...options, onEvent: tellOnce }, 'ingesting events', use),
      work: takeInTurn,
    });
  } catch (cause) {
    const error = signal?.aborted === true ? interrupted(cause) : cause;
    if (standing === 0 || !(error instanceof FedgenError)) throw error;
    throw error.with({ lines: standing }, `${error.message}\n  the first ${standing} lines are in`);
  }
  const { lines, duplicate: duplicates, pending, rejected } = count;
  return { lines, events: lines - duplicates - pending - rejected, duplicates, pending, rejected };
}

const interrupted = (cause: unknown): FedgenError =>
  new FedgenError('E_INTERRUPTED', 'interrupted', {
    hint: 'Take the same in again: lines that are in already are duplicates then.',
    cause,
  });

const COPY = `copy pg_temp.incoming (line) from stdin with (format binary, encoding 'UTF8')`;

/** Judges a batch while others are taken in, waits for its turn, and takes it in. */
async function takeIn(
  { client }: Session,
  batch: LineBatch,
  lane: string,
  turn: () => Promise<void>,
): Promise<IngestProblem[]> {
  // Loaded here: commands that copy nothing start without it.
  const { from } = await import('pg-copy-streams');
  await client.query('begin isolation level read committed; select mcp.open_ingest()');
  try {
    await pipeline(Readable.from([batch.content]), client.query(from(COPY)));
    await client.query('select mcp.judge_ingest()');
    await turn();
    const { rows } = await client.query<{ line: string } & Omit<IngestProblem, 'line'>>(
      'select line_no as line, outcome, reason from mcp.close_ingest($1)',
      [lane],
    );
    await client.query('commit');
    return rows.map((row) => ({ ...row, line: Number(row.line) }));
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
