import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { FedgenError } from '../shared/errors.js';
import { configInvalid } from './problems.js';
import { Secret } from './secret.js';

/**
 * How the connection is encrypted. `allow` is read as `prefer`, `no-verify` (a mode of node-pg) as `require`.
 * toClientConfig says what each does; it is not in every case what libpq does.
 */
export const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** What one level of the configuration may say about the server. All optional; `password` is still plain text. */
export interface DatabaseFields {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly ssl?: SslMode | undefined;
  readonly sslRootCert?: string | undefined;
  readonly applicationName?: string | undefined;
  readonly options?: string | undefined;
}

/** One PostgreSQL database, ready to be connected to. May be printed: the password shows as "[redacted]". */
export interface DatabaseSettings {
  /** Host name, address, or the folder of a Unix socket (starts with "/"). */
  readonly host: string;
  readonly port: number;
  readonly name?: string;
  readonly user?: string;
  readonly password?: Secret;
  readonly ssl?: SslMode;
  /** Absolute path of a PEM file, or "system" for the certificates that come with Node. */
  readonly sslRootCert?: string;
  readonly applicationName: string;
  /** Command-line options for the server session, as in PGOPTIONS. */
  readonly options?: string;
  /** What named the host: "DATABASE_URL", "--database-url", "fedgen.config.yaml". */
  readonly source: string;
}

export const DEFAULT_PORT = 5432;
export const DEFAULT_APPLICATION_NAME = 'fedgen';

/** The mode that a name stands for, or undefined for an unknown name. */
export function parseSslMode(name: string): SslMode | undefined {
  if (name === 'allow') return 'prefer';
  if (name === 'no-verify') return 'require';
  return SSL_MODES.find((mode) => mode === name);
}

/** The name of the operating system's user, which libpq takes when no user is named; undefined if there is none. */
export function osUserName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // containers run under numbers that have no entry in /etc/passwd
    return undefined;
  }
}

/** True for the folder of a Unix socket, false for a name or an address. */
export function isSocketDir(host: string): boolean {
  return host.startsWith('/');
}

/**
 * Frozen DatabaseSettings from plain fields, for the dev server, tests and library users. As libpq does, a missing
 * port is 5432, a missing user the operating system's user, and a missing name the user's name.
 */
export function makeDatabase(
  fields: DatabaseFields & { readonly host: string },
  source: string,
): DatabaseSettings {
  const user = fields.user ?? osUserName();
  const name = fields.name ?? user;
  return Object.freeze({
    host: fields.host,
    port: fields.port ?? DEFAULT_PORT,
    ...(name !== undefined && { name }),
    ...(user !== undefined && { user }),
    ...(fields.password !== undefined && { password: new Secret(fields.password) }),
    ...(fields.ssl !== undefined && { ssl: fields.ssl }),
    ...(fields.sslRootCert !== undefined && { sslRootCert: fields.sslRootCert }),
    applicationName: fields.applicationName ?? DEFAULT_APPLICATION_NAME,
    ...(fields.options !== undefined && { options: fields.options }),
    source,
  });
}

/** "user@host:port/name" for messages; never the password. An IPv6 address stands in brackets. */
export function describeDatabase(db: DatabaseSettings): string {
  const host = db.host.includes(':') ? `[${db.host}]` : db.host;
  const user = db.user === undefined ? '' : `${db.user}@`;
  const name = db.name === undefined ? '' : `/${db.name}`;
  return `${user}${host}:${db.port}${name}`;
}

/** How long a connection attempt may take when nothing else is said. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

function readRootCert(file: string, source: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw configInvalid([
      { source, path: 'sslRootCert', message: `the root certificate cannot be read: ${reason}` },
    ]);
  }
}

function trustedAuthorities(db: DatabaseSettings): ConnectionOptions {
  if (db.sslRootCert === undefined || db.sslRootCert === 'system') return {};
  return { ca: readRootCert(db.sslRootCert, db.source) };
}

function sslOptions(db: DatabaseSettings): false | ConnectionOptions {
  if (isSocketDir(db.host)) return false;
  const mode = db.ssl ?? 'disable';
  switch (mode) {
    case 'disable':
      return false;
    case 'prefer':
      return { rejectUnauthorized: false };
    case 'require':
      // libpq: with a root certificate at hand, require checks it
      return db.sslRootCert === undefined ? { rejectUnauthorized: false } : verifyAuthority(db);
    case 'verify-ca':
      return verifyAuthority(db);
    case 'verify-full':
      return { rejectUnauthorized: true, ...trustedAuthorities(db) };
  }
}

function verifyAuthority(db: DatabaseSettings): ConnectionOptions {
  if (db.sslRootCert === undefined || db.sslRootCert === 'system') {
    // any certificate of a public authority would pass, so the check would prove nothing
    throw configInvalid([
      {
        source: db.source,
        path: 'ssl',
        message: `${db.ssl ?? 'verify-ca'} needs sslRootCert to name a file; use verify-full with a public authority`,
      },
    ]);
  }
  return { rejectUnauthorized: true, checkServerIdentity: () => undefined, ...trustedAuthorities(db) };
}

function passwordSource(db: DatabaseSettings): () => string {
  return () => {
    if (db.password !== undefined) return db.password.reveal();
    throw new FedgenError(
      'E_DB_AUTH',
      `the server ${db.host}:${db.port} asks for a password and none is configured`,
      {
        hint: 'Put it into the connection URL, PGPASSWORD or ~/.pgpass. A password set for another server, or below a URL of higher rank, is not used.',
      },
    );
  };
}

/**
 * The configuration that node-pg needs. node-pg fills what is missing from process.env (PGUSER, PGPASSWORD, …) and
 * so could send the password of one server to another; therefore everything is stated here, and the password is a
 * function, asked only when the server wants one and never printed with the object.
 *
 * TLS, which node-pg does not handle as libpq does:
 * - none given, `disable`, Unix sockets: no TLS;
 * - `prefer`: TLS without a check of the certificate. node-pg cannot fall back to plain text, so the connection fails
 *   if the server has no TLS (stricter than libpq);
 * - `require`: the same; with sslRootCert like `verify-ca`, as libpq does;
 * - `verify-ca`: the certificate must come from sslRootCert, which is required; the host name is not checked;
 * - `verify-full`: authority and host name are checked, against sslRootCert or else Node's own list.
 *
 * @param timeouts connectTimeoutMs: 0 waits for ever
 * @throws FedgenError E_CONFIG_INVALID for an unreadable or missing root certificate, E_NO_DATABASE without a user
 */
export function toClientConfig(
  db: DatabaseSettings,
  timeouts: { readonly connectTimeoutMs?: number } = {},
): ClientConfig {
  const user = db.user ?? osUserName();
  if (user === undefined) {
    throw new FedgenError(
      'E_NO_DATABASE',
      `${db.source} names no user, and the operating system gives none`,
      {
        hint: 'Name one with --db-user, PGUSER or the connection URL.',
      },
    );
  }
  return {
    host: db.host,
    port: db.port,
    user,
    database: db.name ?? user,
    password: passwordSource(db),
    ssl: sslOptions(db),
    application_name: db.applicationName,
    connectionTimeoutMillis: timeouts.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    ...(db.options !== undefined && { options: db.options }),
  };
}
