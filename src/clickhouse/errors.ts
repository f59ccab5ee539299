import { FedgenError, type ErrorCode } from '../shared/errors.js';

/** An error that the server sent: its number and its name, such as 60 and UNKNOWN_TABLE. */
export interface ServerError extends Error {
  readonly code: string;
  readonly type: string;
}

/** Told by its fields: the class belongs to the client, which is loaded only where something connects. */
export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'type' in error && 'code' in error && /^\d+$/.test(String(error.code));

const DENIED = ['ACCESS_DENIED', 'ACCESS_STORAGE_READONLY', 'ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND'];
const UNKNOWN_USER = ['AUTHENTICATION_FAILED', 'REQUIRED_PASSWORD', 'WRONG_PASSWORD'];

/** What the message says, without the stack that some servers add. */
export const textOf = (error: Error): string => (error.message.split('\n')[0] ?? '').trim();

/** The code of fedgen's own for an error of a statement. */
export const codeOf = (error: ServerError, otherwise: ErrorCode): ErrorCode =>
  DENIED.includes(error.type) ? 'E_PRIVILEGE' : otherwise;

/** What helps against an error of a statement more than mending the script; undefined where nothing does. */
export function hintOf(error: ServerError): string | undefined {
  if (error.type === 'ACCESS_DENIED')
    return 'Grant the user that fedgen connects as what it lacks. docs/clickhouse.md lists the rights.';
  if (DENIED.includes(error.type))
    return 'This server keeps no users and roles that SQL makes: give it <user_directories> with <local_directory> or <replicated>. docs/clickhouse.md says how.';
  return undefined;
}

/** An error of connecting. */
export function connectError(cause: unknown, where: string): unknown {
  if (cause instanceof FedgenError) return cause;
  const message = cause instanceof Error ? textOf(cause) : String(cause);
  if (isServerError(cause) && !UNKNOWN_USER.includes(cause.type)) return cause;
  if (isServerError(cause)) {
    return new FedgenError('E_DB_AUTH', `cannot connect to ClickHouse at ${where}: ${message}`, {
      hint: 'Check user and password in the URL (FEDGEN_CLICKHOUSE_URL).',
      details: { clickhouseError: cause.type },
      cause,
    });
  }
  return new FedgenError('E_DB_UNREACHABLE', `cannot connect to ClickHouse at ${where}: ${reasonOf(cause)}`, {
    hint: 'Is the server running, and is this its HTTP port (8123, or 8443 with https)?',
    cause,
  });
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was cut',
};

function reasonOf(cause: unknown): string {
  const code: unknown = Reflect.get(Object(cause), 'code');
  const known = typeof code === 'string' ? NETWORK[code] : undefined;
  return known ?? (cause instanceof Error && cause.message !== '' ? textOf(cause) : String(code ?? cause));
}

/** An error of a statement that nobody has told better. */
export function statementError(cause: unknown, doing: string): unknown {
  if (cause instanceof FedgenError || !(cause instanceof Error)) return cause;
  if (isServerError(cause)) {
    const hint = hintOf(cause);
    return new FedgenError(codeOf(cause, 'E_APPLY_FAILED'), `${doing}: ${textOf(cause)} (${cause.type})`, {
      ...(hint !== undefined && { hint }),
      details: { clickhouseCode: cause.code, clickhouseError: cause.type },
      cause,
    });
  }
  const code: unknown = Reflect.get(cause, 'code');
  if (typeof code !== 'string' && !/timeout/i.test(cause.message)) return cause;
  return new FedgenError('E_DB_LOST', `${doing}: ${reasonOf(cause)}`, {
    hint: 'What was booked stands. Run the same command again: it goes on where this one stopped.',
    cause,
  });
}
