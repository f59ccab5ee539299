import type { RawSettings } from './schema.js';

/** Variables by name, such as process.env; the caller passes it in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line may say; all texts as typed. */
export interface SettingsFlags {
  readonly databaseUrl?: string | undefined;
  readonly dbHost?: string | undefined;
  readonly dbPort?: string | undefined;
  readonly dbName?: string | undefined;
  readonly dbUser?: string | undefined;
  readonly dbPassword?: string | undefined;
  readonly dbSecret?: string | undefined;
  readonly clickhouseUrl?: string | undefined;
  readonly rolePrefix?: string | undefined;
  /** Folders of packs, relative to cwd; they take the place of those in the file. */
  readonly packs?: readonly string[] | undefined;
  readonly pack?: string | undefined;
  readonly outputDir?: string | undefined;
  readonly lockTimeout?: string | undefined;
  readonly lockRetries?: string | undefined;
  readonly lockWait?: string | undefined;
  readonly statementTimeout?: string | undefined;
  readonly connectTimeout?: string | undefined;
}

/** A connection URL and the name of what gave it. */
export interface NamedUrl {
  readonly label: string;
  readonly text: string;
}

/** One rank of the configuration, before it is checked. */
export interface RawLevel {
  /** Where paths in it count from. */
  readonly baseDir: string;
  /** Not checked yet, shaped like the configuration file. */
  readonly raw: unknown;
  /** A connection URL that stands beside single fields; in a file it stands in `raw`. */
  readonly url?: NamedUrl;
  /** How messages name the place of a key such as "database.host": PGHOST, --db-host, a file. */
  readonly label: (path: string) => string;
  /** The line of a key; only files have lines. */
  readonly lineOf?: (path: readonly (string | number)[]) => Promise<number | undefined>;
  /** True when the label names a file, so that messages must name the key as well. */
  readonly isFile: boolean;
}

/** A level that passed the schema. */
export interface Level extends Omit<RawLevel, 'raw'> {
  readonly settings: RawSettings;
}

/** Keys of the configuration file by the variable that sets them. */
const FEDGEN_VARIABLES: Readonly<Record<string, string>> = {
  FEDGEN_DATABASE_URL: 'database.url',
  FEDGEN_DB_HOST: 'database.host',
  FEDGEN_DB_PORT: 'database.port',
  FEDGEN_DB_NAME: 'database.name',
  FEDGEN_DB_USER: 'database.user',
  FEDGEN_DB_PASSWORD: 'database.password',
  FEDGEN_DB_SECRET: 'database.secret',
  FEDGEN_CLICKHOUSE_URL: 'clickhouse',
  FEDGEN_ROLE_PREFIX: 'rolePrefix',
  FEDGEN_PACK: 'pack',
  FEDGEN_OUTPUT_DIR: 'outputDir',
  FEDGEN_LOCK_TIMEOUT: 'lockTimeout',
  FEDGEN_LOCK_RETRIES: 'lockRetries',
  FEDGEN_LOCK_WAIT: 'lockWait',
  FEDGEN_STATEMENT_TIMEOUT: 'statementTimeout',
  FEDGEN_CONNECT_TIMEOUT: 'connectTimeout',
};

const URL_PATH = 'database.url';

const URL_VARIABLES: Readonly<Record<string, string>> = { DATABASE_URL: 'database.url' };

const LIBPQ_VARIABLES: Readonly<Record<string, string>> = {
  PGHOST: 'database.host',
  PGPORT: 'database.port',
  PGDATABASE: 'database.name',
  PGUSER: 'database.user',
  PGPASSWORD: 'database.password',
  PGSSLMODE: 'database.ssl',
  PGSSLROOTCERT: 'database.sslRootCert',
  PGAPPNAME: 'database.applicationName',
  PGOPTIONS: 'database.options',
  PGCONNECT_TIMEOUT: 'connectTimeout',
};

const FLAGS: readonly (readonly [key: Exclude<keyof SettingsFlags, 'packs'>, flag: string, path: string])[] =
  [
    ['databaseUrl', '--database-url', 'database.url'],
    ['dbHost', '--db-host', 'database.host'],
    ['dbPort', '--db-port', 'database.port'],
    ['dbName', '--db-name', 'database.name'],
    ['dbUser', '--db-user', 'database.user'],
    ['dbPassword', '--db-password', 'database.password'],
    ['dbSecret', '--db-secret', 'database.secret'],
    ['clickhouseUrl', '--clickhouse-url', 'clickhouse'],
    ['rolePrefix', '--role-prefix', 'rolePrefix'],
    ['pack', '--pack', 'pack'],
    ['outputDir', '--output-dir', 'outputDir'],
    ['lockTimeout', '--lock-timeout', 'lockTimeout'],
    ['lockRetries', '--lock-retries', 'lockRetries'],
    ['lockWait', '--lock-wait', 'lockWait'],
    ['statementTimeout', '--statement-timeout', 'statementTimeout'],
    ['connectTimeout', '--connect-timeout', 'connectTimeout'],
  ];

const WHOLE_NUMBERS = new Set(['database.port', 'lockRetries']);

/** Texts become what the schema expects; what cannot is left for the schema to refuse. */
function coerce(path: string, variable: string, text: string): string | number {
  if (WHOLE_NUMBERS.has(path) && /^\d+$/.test(text)) return Number(text);
  if (variable === 'PGCONNECT_TIMEOUT') return `${text}s`;
  if (variable === 'PGSSLMODE' && text === 'allow') return 'prefer';
  if (variable === 'PGSSLMODE' && text === 'no-verify') return 'require';
  return text;
}

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

function rawFromEntries(entries: readonly Entry[]): Record<string, unknown> {
  const database: Record<string, unknown> = {};
  const raw: Record<string, unknown> = {};
  for (const { name, path, text } of entries) {
    const value = coerce(path, name, text);
    if (path.startsWith('database.')) database[path.slice('database.'.length)] = value;
    else raw[path] = value;
  }
  return Object.keys(database).length === 0 ? raw : { ...raw, database };
}

function levelFromEntries(
  entries: readonly Entry[],
  baseDir: string,
  suffix: string,
): RawLevel & { readonly raw: Record<string, unknown> } {
  const names = new Map(entries.map(({ path, name }) => [path, `${name}${suffix}`]));
  const url = entries.find(({ path }) => path === URL_PATH);
  return {
    baseDir,
    raw: rawFromEntries(entries.filter((entry) => entry !== url)),
    ...(url !== undefined && { url: { label: `${url.name}${suffix}`, text: url.text } }),
    label: (path) => names.get(path) ?? path,
    isFile: false,
  };
}

/**
 * The levels that an environment makes up, lowest first: PG*, DATABASE_URL, FEDGEN_*.
 * An empty variable counts as not set, as in libpq.
 * @param suffix put behind the variable's name in messages: " (.env)"
 */
export function environmentLevels(env: Environment, baseDir: string, suffix = ''): readonly RawLevel[] {
  return [LIBPQ_VARIABLES, URL_VARIABLES, FEDGEN_VARIABLES].map((variables) => {
    const entries = Object.entries(variables).flatMap(([name, path]) => {
      const text = env[name];
      return text === undefined || text === '' ? [] : [{ name, path, text }];
    });
    return levelFromEntries(entries, baseDir, suffix);
  });
}

/** The level of the command line. An empty text is a mistake there, not an unset flag, and the schema refuses it. */
export function flagLevel(flags: SettingsFlags, cwd: string): RawLevel {
  const entries: Entry[] = [];
  for (const [key, name, path] of FLAGS) {
    const text = flags[key];
    if (text !== undefined) entries.push({ name, path, text });
  }
  const level = levelFromEntries(entries, cwd, '');
  if (flags.packs === undefined) return level;
  return { ...level, raw: { ...level.raw, packs: flags.packs } };
}
