import { isAbsolute, resolve } from 'node:path';
import { type DatabaseFields, type DatabaseSettings, DEFAULT_PORT, makeDatabase } from './database.js';
import { type ParsedDatabaseUrl, tryParseDatabaseUrl } from './database-url.js';
import type { Level, NamedUrl } from './levels.js';
import { findPassword } from './pgpass.js';
import type { Problem } from './problems.js';

/** What the levels below have given so far. `source` is what named the host. */
interface Merged {
  readonly fields: DatabaseFields;
  readonly source: string | undefined;
  readonly passwordSource: string | undefined;
}

/** The result of merging: at most one database, and what the user should know. */
export interface ResolvedDatabase {
  readonly database?: DatabaseSettings;
  /** Which names were given although none of them names a host. */
  readonly withoutHost: readonly string[];
  readonly warnings: readonly string[];
}

/** A level with its URL parsed. */
export interface DatabaseLevel {
  readonly level: Level;
  readonly url?: { readonly label: string; readonly fields: ParsedDatabaseUrl };
  /** What the level's secret says; absent when it has none, or when a higher level makes it needless. */
  readonly secret?: DatabaseFields;
}

const FIELD_NAMES = [
  'host',
  'port',
  'name',
  'user',
  'password',
  'ssl',
  'sslRootCert',
  'applicationName',
  'options',
] as const;

/** Fields that belong to one server: a URL replaces all of them, so that nothing of another server is left. */
const SERVER_FIELDS = {
  host: undefined,
  port: undefined,
  name: undefined,
  user: undefined,
  password: undefined,
};

function urlOf(level: Level): NamedUrl | undefined {
  const { database } = level.settings;
  if (typeof database === 'string') return { label: level.label('database'), text: database };
  if (database?.url !== undefined) return { label: level.label('database.url'), text: database.url };
  return level.url;
}

/** The ARN or name of the secret that a level names. */
export function secretOf({ settings: { database } }: Level): string | undefined {
  return typeof database === 'string' ? undefined : database?.secret;
}

/** Parses the URL of a level, if it has one; a bad one is a problem that does not repeat it. */
export function readLevelUrl(level: Level): DatabaseLevel | { readonly problem: Problem } {
  const url = urlOf(level);
  if (url === undefined) return { level };
  if (level.url !== undefined && secretOf(level) !== undefined) {
    const message = `cannot be given together with ${level.url.label}`;
    return { problem: { source: level.label('database.secret'), message } };
  }
  const parsed = tryParseDatabaseUrl(url.text);
  if ('problem' in parsed) {
    const path = level.isFile ? 'database' : undefined;
    return { problem: { source: url.label, path, message: parsed.problem } };
  }
  return { level, url: { label: url.label, fields: parsed.fields } };
}

function absoluteCert(file: string | undefined, baseDir: string): string | undefined {
  return file === undefined || file === 'system' || isAbsolute(file) ? file : resolve(baseDir, file);
}

function ownFields(level: Level): DatabaseFields {
  const { database } = level.settings;
  if (database === undefined || typeof database === 'string') return {};
  return { ...database, sslRootCert: absoluteCert(database.sslRootCert, level.baseDir) };
}

/** `over` where it says something, else `under`. */
function overlay(under: DatabaseFields, over: DatabaseFields): DatabaseFields {
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, over[name] ?? under[name]]));
}

function mergeUrl(merged: Merged, entry: DatabaseLevel, warnings: string[]): Merged {
  const { level, url } = entry;
  if (url === undefined) return merged;
  if (url.fields.ignored.length > 0) {
    warnings.push(`${url.label}: not used by fedgen: ${url.fields.ignored.join(', ')}`);
  }
  const own = ownFields(level);
  const fromUrl = { ...url.fields, sslRootCert: absoluteCert(url.fields.sslRootCert, level.baseDir) };
  for (const name of FIELD_NAMES) {
    if (own[name] !== undefined && fromUrl[name] !== undefined && own[name] !== fromUrl[name]) {
      warnings.push(`${level.label(`database.${name}`)} is not used: ${url.label} names it`);
    }
  }
  const fields = overlay({ ...merged.fields, ...SERVER_FIELDS }, overlay(own, fromUrl));
  const source =
    fromUrl.host === undefined && own.host !== undefined ? level.label('database.host') : url.label;
  return { fields, source: fields.host === undefined ? undefined : source, passwordSource: url.label };
}

/** A password may follow only to the server and user that it was given for. */
function namesAnother(under: DatabaseFields, over: DatabaseFields): boolean {
  const otherUser = over.user !== undefined && under.user !== undefined && over.user !== under.user;
  if (under.host === undefined) return otherUser;
  const otherHost = over.host !== undefined && over.host !== under.host;
  const otherPort = over.port !== undefined && over.port !== (under.port ?? DEFAULT_PORT);
  return otherHost || otherPort || otherUser;
}

function mergeFields(merged: Merged, level: Level, warnings: string[]): Merged {
  const own = ownFields(level);
  let under = merged.fields;
  if (under.password !== undefined && own.password === undefined && namesAnother(under, own)) {
    const changed = (['host', 'port', 'user'] as const).filter((name) => own[name] !== undefined);
    const labels = changed.map((name) => level.label(`database.${name}`)).join(', ');
    warnings.push(
      `the password from ${merged.passwordSource ?? 'a lower level'} is not used: ${labels} names another server or user`,
    );
    under = { ...under, password: undefined };
  }
  return {
    fields: overlay(under, own),
    source: own.host === undefined ? merged.source : level.label('database.host'),
    passwordSource: own.password === undefined ? merged.passwordSource : level.label('database.password'),
  };
}

/**
 * A secret that names a host replaces the server of the levels below, as a URL does; one that does not completes them, as
 * single fields do. What stands beside it wins over it, under the rule for passwords that holds between levels.
 */
function mergeSecret(merged: Merged, level: Level, secret: DatabaseFields, warnings: string[]): Merged {
  const label = level.label('database.secret');
  const names = { ...secret, sslRootCert: absoluteCert(secret.sslRootCert, level.baseDir) };
  const isServer = names.host !== undefined;
  const below: Merged = {
    fields: overlay(isServer ? { ...merged.fields, ...SERVER_FIELDS } : merged.fields, names),
    source: isServer ? label : merged.source,
    passwordSource: label,
  };
  return mergeFields(below, level, warnings);
}

function givenNames(levels: readonly DatabaseLevel[]): readonly string[] {
  return levels.flatMap(({ level, url }) => [
    ...(url === undefined ? [] : [url.label]),
    ...[
      ...(['port', 'name', 'user', 'password'] as const).filter(
        (name) => ownFields(level)[name] !== undefined,
      ),
      ...(secretOf(level) === undefined ? [] : (['secret'] as const)),
    ].map((name) => (level.isFile ? `database.${name}` : level.label(`database.${name}`))),
  ]);
}

/**
 * Merges the levels, lowest first. A URL replaces everything that lower levels say about the server; single fields
 * override single fields, but a password is dropped, with a warning, when a higher level names another host, port or
 * user. Without any password, `passwordFile` is searched.
 */
export async function resolveDatabase(
  levels: readonly DatabaseLevel[],
  passwordFile: string | undefined,
): Promise<ResolvedDatabase> {
  const warnings: string[] = [];
  let merged: Merged = { fields: {}, source: undefined, passwordSource: undefined };
  for (const entry of levels) {
    if (entry.url !== undefined) merged = mergeUrl(merged, entry, warnings);
    else if (entry.secret !== undefined) merged = mergeSecret(merged, entry.level, entry.secret, warnings);
    else merged = mergeFields(merged, entry.level, warnings);
  }
  const { host } = merged.fields;
  if (host === undefined || merged.source === undefined) return { withoutHost: givenNames(levels), warnings };
  const database = makeDatabase({ ...merged.fields, host }, merged.source);
  if (database.password !== undefined || passwordFile === undefined) {
    return { database, withoutHost: [], warnings };
  }
  const { password, warning } = await findPassword(passwordFile, database);
  return {
    database:
      password === undefined ? database : makeDatabase({ ...merged.fields, host, password }, merged.source),
    withoutHost: [],
    warnings: warning === undefined ? warnings : [...warnings, warning],
  };
}
