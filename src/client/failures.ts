import type { DatabaseError } from 'pg';
import { FedgenError, type ErrorCode } from '../shared/errors.js';

/** Is it an error that the server sent? Told by its fields: pg is the caller's, and there may be two of it. */
export const isServerError = (error: unknown): error is DatabaseError =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';

/** The SQLSTATE of a server error; undefined for anything else. */
export const sqlState = (error: unknown): string | undefined =>
  isServerError(error) ? error.code : undefined;

/** What an error says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** SQLSTATEs with which the server ends the connection: shutdown, crash, lost database, broken protocol. */
const FATAL = /^(?:57P0[1-5]|08...|25P0[3-4])$/;

/** Whether an error of a statement, which pg or the server gave, means that the connection is gone. */
export const isLost = (error: unknown): boolean => {
  const state = sqlState(error);
  if (state !== undefined) return FATAL.test(state);
  return (
    error instanceof Error &&
    ('syscall' in error || /connection (?:terminated|ended)|not queryable/i.test(error.message))
  );
};

/** The connection broke while something was under way. */
export const lost = (what: string, cause: unknown, details: Record<string, unknown> = {}): FedgenError =>
  new FedgenError('E_DB_LOST', `the connection broke while ${what}: ${messageOf(cause)}`, {
    hint: 'Run the transaction again: nothing of it was kept, unless details.outcome is "unknown".',
    details: { ...details, ...(sqlState(cause) !== undefined && { sqlState: sqlState(cause) }) },
    cause,
  });

/** A pool that gives no connection. */
export function noConnection(cause: unknown): FedgenError {
  if (cause instanceof FedgenError) return cause;
  const state = sqlState(cause) ?? '';
  const isTimeout = state === '' && /timeout/i.test(messageOf(cause));
  const code: ErrorCode = isTimeout ? 'E_TIMEOUT' : codeOf(state);
  return new FedgenError(code, `the pool gives no connection: ${reasonOf(cause)}`, {
    hint: isTimeout
      ? 'All connections of the pool are in use, or the server does not answer: see max and connectionTimeoutMillis of the pool.'
      : 'Check the settings of the pool, and that the server runs.',
    details: { ...(state !== '' && { sqlState: state }) },
    cause,
  });
}

function codeOf(state: string): ErrorCode {
  if (state.startsWith('28')) return 'E_DB_AUTH';
  return state === '3D000' ? 'E_DB_MISSING' : 'E_DB_UNREACHABLE';
}

/** Node tries several addresses and says nothing in the error that holds theirs. */
const reasonOf = (cause: unknown): string =>
  cause instanceof AggregateError ? cause.errors.map(messageOf).join(', ') : messageOf(cause);
