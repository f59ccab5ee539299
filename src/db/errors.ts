import type { DatabaseError } from 'pg';
import { FedgenError, type ErrorCode } from '../shared/errors.js';

/** SQLSTATEs after which the same transaction may succeed: deadlock, serialization failure, lock not available. */
const TRANSIENT: ReadonlySet<string> = new Set(['40P01', '40001', '55P03']);

interface Verdict {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** What a failed connection means, by SQLSTATE. Classes (first two characters) follow exact codes. */
const CONNECT_STATES: Readonly<Record<string, Verdict>> = {
  '28P01': {
    code: 'E_DB_AUTH',
    hint: 'Check the user and the password (PGUSER, PGPASSWORD or the database URL).',
  },
  '28000': {
    code: 'E_DB_AUTH',
    hint: 'The server does not let this role in: check the role and pg_hba.conf.',
  },
  '3D000': {
    code: 'E_DB_MISSING',
    hint: 'Create it (createdb NAME, or fedgen apply --create-database), or name another one with --db-name or PGDATABASE.',
  },
  '42501': { code: 'E_DB_AUTH', hint: 'Grant CONNECT on the database to this role, or use another role.' },
  '53300': {
    code: 'E_DB_UNREACHABLE',
    hint: 'The server has no connection left: close some, or raise max_connections.',
  },
  '57P03': {
    code: 'E_DB_UNREACHABLE',
    hint: 'The server is starting up or shutting down: try again in a moment.',
  },
};

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ECONNRESET: 'the connection was cut',
  ENOENT: 'there is no such socket',
  EACCES: 'the socket may not be used',
};

/**
 * Is it an error that the server sent? Told by its fields and not by its class, because this module is also loaded
 * where nothing connects, and loading pg for a class costs start-up time.
 */
export const isServerError = (error: unknown): error is DatabaseError =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';

/** The SQLSTATE of a server error; undefined for anything else. */
export const sqlState = (error: unknown): string | undefined =>
  isServerError(error) ? error.code : undefined;

/** Is it worth running the same transaction again? */
export const isTransient = (error: unknown): boolean => TRANSIENT.has(sqlState(error) ?? '');

/** Did the connection itself break (server stopped, network cut, backend terminated)? */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('57P') || state.startsWith('08');
  return (
    error instanceof Error &&
    (networkCode(error) !== undefined || /connection (?:terminated|ended)|not queryable/i.test(error.message))
  );
}

/** An error of connecting, told by where and why. `where` is the server without secrets. */
export function connectError(cause: unknown, where: string): FedgenError {
  if (cause instanceof FedgenError) return cause;
  const state = sqlState(cause);
  const verdict = state === undefined ? undefined : CONNECT_STATES[state];
  const message = cause instanceof Error ? cause.message : String(cause);
  if (verdict) {
    return new FedgenError(verdict.code, `cannot connect to ${where}: ${message}`, {
      hint: verdict.hint,
      details: { sqlState: state },
      cause,
    });
  }
  if (/password/i.test(message) && state === undefined) {
    return new FedgenError(
      'E_DB_AUTH',
      `cannot connect to ${where}: the server asks for a password and none was given`,
      {
        hint: 'Set PGPASSWORD, a ~/.pgpass entry, or put it into the database URL.',
        cause,
      },
    );
  }
  const reason = NETWORK[networkCode(cause) ?? ''] ?? message;
  return new FedgenError('E_DB_UNREACHABLE', `cannot connect to ${where}: ${reason}`, {
    hint: 'Is the server running, and are host and port right? "fedgen dev start" brings a local one.',
    details: { ...(state !== undefined && { sqlState: state }) },
    cause,
  });
}

function networkCode(error: unknown): string | undefined {
  if (error instanceof AggregateError) return networkCode(error.errors[0]);
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && code in NETWORK ? code : undefined;
}

/**
 * An error of a statement that fedgen itself sent: lost connection, missing rights, or anything else.
 * Errors of scripts are told by apply/script-error.ts, which knows the template.
 */
export function statementError(cause: unknown, what: string): FedgenError {
  if (cause instanceof FedgenError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const state = sqlState(cause);
  const details = { ...(state !== undefined && { sqlState: state }) };
  if (isConnectionLost(cause)) {
    return new FedgenError('E_DB_LOST', `the connection broke while ${what}: ${message}`, {
      hint: 'Nothing half-done is left: each script is one transaction. Run the same command again.',
      details,
      cause,
    });
  }
  if (state === '42501') {
    return new FedgenError('E_PRIVILEGE', `not allowed while ${what}: ${message}`, {
      hint: 'Connect as a superuser, or as the CREATEROLE role that applied the control plane, with the --role-prefix that it was applied with. docs/provisioning.md lists the rights.',
      details,
      cause,
    });
  }
  return new FedgenError('E_APPLY_FAILED', `failed while ${what}: ${message}`, { details, cause });
}
