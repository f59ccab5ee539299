import { type DatabaseFields, parseSslMode } from './database.js';
import { configInvalid } from './problems.js';

/** What a connection URL says. */
export interface ParsedDatabaseUrl extends DatabaseFields {
  /** From connect_timeout, which is in seconds there; 0 waits for ever. */
  readonly connectTimeoutMs?: number | undefined;
  /** Names of parameters that fedgen does not know and does not use, such as Prisma's "schema". */
  readonly ignored: readonly string[];
}

/** Parameters that would change who is trusted: leaving them out in silence would be wrong. */
const REFUSED = new Set(['sslcert', 'sslkey', 'sslcrl', 'sslpassword', 'service', 'hostaddr', 'passfile']);

/** Written by hand and not with `new URL`, which refuses libpq's forms (postgres://user@/db) and reads + as a blank. */
const SHAPE =
  /^(?:(?<userinfo>[^/?#]*)@)?(?<server>[^/?#@]*)(?:\/(?<name>[^?#/@]*))?(?:\?(?<query>[^#@]*))?$/s;
const SERVER = /^(?:\[(?<address>[0-9a-f:.%]+)\]|(?<host>[^:[\]]*))(?::(?<port>\d*))?$/i;

class UrlProblem extends Error {}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new UrlProblem('the percent-encoding is broken (write % as %25)');
  }
  if (decoded.includes('\0')) throw new UrlProblem('it holds a NUL character');
  return decoded;
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new UrlProblem('the port is not a number from 1 to 65535');
  return port;
}

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UrlProblem('connect_timeout is not a whole number of seconds');
  return Number(text) * 1000;
}

function parseMode(parameters: ReadonlyMap<string, string>): DatabaseFields['ssl'] {
  const name = parameters.get('sslmode');
  if (name !== undefined) {
    const mode = parseSslMode(name);
    if (mode === undefined) {
      throw new UrlProblem('sslmode must be disable, allow, prefer, require, verify-ca or verify-full');
    }
    return mode;
  }
  // ssl=true is node-pg's own parameter, and there it means a checked certificate
  const flag = parameters.get('ssl');
  if (flag === 'true' || flag === '1') return 'verify-full';
  if (flag === 'false' || flag === '0') return 'disable';
  return undefined;
}

function parseQuery(query: string | undefined): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of (query ?? '').split('&')) {
    if (part === '') continue;
    const [key = '', ...rest] = part.split('=');
    parameters.set(decode(key), decode(rest.join('=')));
  }
  for (const key of parameters.keys()) {
    if (REFUSED.has(key)) throw new UrlProblem(`the parameter ${key} is not supported`);
  }
  return parameters;
}

const KNOWN = new Set(
  'host port user password dbname sslmode ssl sslrootcert application_name options connect_timeout'.split(
    ' ',
  ),
);

function filled(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function parseUserinfo(userinfo: string | undefined): { user?: string | undefined; password?: string } {
  if (userinfo === undefined) return {};
  const colon = userinfo.indexOf(':');
  if (colon === -1) return { user: filled(decode(userinfo)) };
  return { user: filled(decode(userinfo.slice(0, colon))), password: decode(userinfo.slice(colon + 1)) };
}

function readUrl(url: string): ParsedDatabaseUrl {
  const scheme = /^postgres(?:ql)?:\/\//i.exec(url);
  if (scheme === null) throw new UrlProblem('it does not start with postgres:// or postgresql://');
  const parts = SHAPE.exec(url.slice(scheme[0].length))?.groups;
  if (parts === undefined) {
    throw new UrlProblem(
      'it cannot be read; in a user name or password write / as %2F, ? as %3F, # as %23 and @ as %40',
    );
  }
  const server = SERVER.exec(parts['server'] ?? '')?.groups;
  if (server === undefined) throw new UrlProblem('the host and port cannot be read');
  const parameters = parseQuery(parts['query']);
  const userinfo = parseUserinfo(parts['userinfo']);
  const host = filled(parameters.get('host')) ?? filled(decode(server['address'] ?? server['host'] ?? ''));
  if (host?.includes(',')) throw new UrlProblem('several hosts in one URL are not supported');
  return {
    host,
    port: parsePort(parameters.get('port')) ?? parsePort(server['port']),
    name: filled(parameters.get('dbname')) ?? filled(decode(parts['name'] ?? '')),
    user: filled(parameters.get('user')) ?? userinfo.user,
    password: filled(parameters.get('password')) ?? filled(userinfo.password),
    ssl: parseMode(parameters),
    sslRootCert: filled(parameters.get('sslrootcert')),
    applicationName: filled(parameters.get('application_name')),
    options: filled(parameters.get('options')),
    connectTimeoutMs: parseTimeout(parameters.get('connect_timeout')),
    ignored: [...parameters.keys()].filter((key) => !KNOWN.has(key)),
  };
}

/** The parsed URL, or in words what is wrong with it; the words never repeat any part of the URL. */
export function tryParseDatabaseUrl(
  url: string,
): { readonly fields: ParsedDatabaseUrl } | { readonly problem: string } {
  try {
    return { fields: readUrl(url.trim()) };
  } catch (error) {
    if (error instanceof UrlProblem) return { problem: `not a usable connection URL: ${error.message}` };
    throw error;
  }
}

/**
 * Parses postgres://user:password@host:port/name?parameters as libpq does, with percent-encoding, IPv6 in brackets and
 * Unix sockets (postgres://%2Fvar%2Frun/db or ?host=/var/run). Fields that the URL does not name are undefined.
 * @param source what the error names: a variable, a flag
 * @throws FedgenError E_CONFIG_INVALID, which does not repeat the URL
 */
export function parseDatabaseUrl(url: string, source = 'database URL'): ParsedDatabaseUrl {
  const parsed = tryParseDatabaseUrl(url);
  if ('problem' in parsed) throw configInvalid([{ source, message: parsed.problem }]);
  return parsed.fields;
}
