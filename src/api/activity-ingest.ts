import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Session } from '../db/session.js';
import { throwIfAborted } from '../db/session.js';
import { FedgenError } from '../shared/errors.js';
import { call } from './activity.js';
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
 * wrong with it. Taking the same in again is harmless: events that stand are duplicates then.
 * @throws FedgenError as grantActivityPermission; details.lines says how many lines were taken in before.
 */
export async function ingestEvents(options: IngestOptions): Promise<IngestResult> {
  const { source, lane = 'DIRECT', onProblem = () => undefined } = options;
  const count = { lines: 0, events: 0, duplicate: 0, pending: 0, rejected: 0 };
  let standing = 0;
  try {
    await call(options, 'ingesting events', async (session) => {
      for await (const batch of readBatches(source)) {
        throwIfAborted(session.signal);
        const problems = await takeIn(session, batch, lane);
        count.lines += batch.lines - batch.blank;
        for (const problem of problems) count[problem.outcome] += 1;
        for (const problem of problems) onProblem({ ...problem, line: problem.line + standing });
        standing += batch.lines;
      }
    });
  } catch (error) {
    throw standing > 0 && error instanceof FedgenError ? midway(error, standing) : error;
  }
  const { lines, duplicate: duplicates, pending, rejected } = count;
  return { lines, events: lines - duplicates - pending - rejected, duplicates, pending, rejected };
}

const midway = (error: FedgenError, lines: number): FedgenError =>
  new FedgenError(error.code, `${error.message}\n  the first ${lines} lines are in`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    details: { ...error.details, lines },
    cause: error,
  });

const COPY = `copy pg_temp.incoming (line) from stdin with (format binary, encoding 'UTF8')`;

async function takeIn({ client }: Session, batch: LineBatch, lane: string): Promise<IngestProblem[]> {
  // Loaded here: commands that copy nothing start without it.
  const { from } = await import('pg-copy-streams');
  await client.query('begin; select mcp.open_ingest()');
  try {
    await pipeline(Readable.from([batch.content]), client.query(from(COPY)));
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
