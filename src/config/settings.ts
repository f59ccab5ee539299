import { resolve } from 'node:path';
import { FedgenError } from '../shared/errors.js';
import type { ClickHouseSettings } from './clickhouse.js';
import { DEFAULT_CONNECT_TIMEOUT_MS, type DatabaseSettings } from './database.js';
import type { PlacedDatabase } from './placed-databases.js';

export type { ClickHouseSettings } from './clickhouse.js';
export type { DatabaseFields, DatabaseSettings, SslMode } from './database.js';
export { describeDatabase, makeDatabase, toClientConfig } from './database.js';
export type { PlacedDatabase } from './placed-databases.js';
export { parseDatabaseUrl, type ParsedDatabaseUrl } from './database-url.js';
export { redact } from './redact.js';
export { Secret } from './secret.js';

/** What a template variable may be in the configuration; the pack's declaration narrows it. */
export type VariableValue = string | number | boolean;

/** What a validation accepts and what it fails on. */
export interface ValidateSettings {
  /** The mildest severity of a finding that fails. */
  readonly failOn: 'error' | 'warning' | 'note';
  /** Findings that are accepted until a day (YYYY-MM-DD); `*` in object and target stands for any run of characters. */
  readonly waivers: readonly {
    readonly check: string;
    readonly object: string;
    readonly target?: string | undefined;
    readonly reason: string;
    readonly until: string;
  }[];
  /** Roles that were made members of fedgen's roles, or given rights, on purpose. */
  readonly trustedRoles: readonly string[];
  /** Extensions that the database may have. */
  readonly extensions: readonly string[];
  /** Logins of tenants and pools, as which a validation logs in to see what they reach. */
  readonly logins: readonly DatabaseSettings[];
}

/** The parsed configuration. Deeply frozen; may be printed, since passwords show as "[redacted]". */
export interface Settings {
  /** Absent if nothing names a host: see requireDatabase. */
  readonly database?: DatabaseSettings;
  /** Several databases, in place of `database`: each with the departments that belong there. */
  readonly databases: readonly PlacedDatabase[];
  /** Why `database` is absent, where something was set but not enough. */
  readonly databaseMissing?: string;
  /** Where packs with engine: clickhouse are applied; absent if nothing names a server. */
  readonly clickhouse?: ClickHouseSettings;
  /** Put before every role name, because roles belong to the whole cluster. At most 40 bytes. */
  readonly rolePrefix: string;
  /** Absolute folders that hold users' packs, in the order of search. */
  readonly packDirs: readonly string[];
  /** The pack that a command takes when none is named. */
  readonly pack: string;
  /** Absolute folder that `generate` writes to. */
  readonly outputDir: string;
  /** lock_timeout of DDL; 0 = none. */
  readonly lockTimeoutMs: number;
  /** How often a script that ran into lock_timeout is tried again. */
  readonly lockRetries: number;
  /**
   * How long a script over many targets may keep others waiting by waiting for locks: `lockTimeout` if one was set, otherwise a
   * tenth of a second.
   */
  readonly fleetLockTimeoutMs: number;
  /** How often a target of many is tried again: `lockRetries` if set, otherwise 20. */
  readonly fleetLockRetries: number;
  /** Groups of departments, as patterns of their ids; their order is that of the waves. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** How long to wait for another fedgen that works on the same target; 0 = do not wait. */
  readonly lockWaitMs: number;
  /** statement_timeout of scripts; 0 = none. */
  readonly statementTimeoutMs: number;
  /** How long a connection attempt may take; 0 = for ever. */
  readonly connectTimeoutMs: number;
  /** Template variables by pack and name. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, VariableValue>>>>;
  readonly validate: ValidateSettings;
  /** Absolute path of the configuration file that was read. */
  readonly configFile?: string;
  /** Sentences for the user about settings that were given and are not used. */
  readonly warnings: readonly string[];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

/** Settings that take the place of defaults; of `validate` single members do. */
export type SettingsOverrides = Partial<Omit<Settings, 'validate'>> & {
  readonly validate?: Partial<ValidateSettings>;
};

/**
 * The settings that hold when nothing is configured, with `overrides` in their place; frozen. For library users who
 * configure in code: no file and no environment is read. A relative outputDir or pack folder counts from the
 * working directory.
 */
export function defaultSettings(overrides: SettingsOverrides = {}): Settings {
  const { logins = [], ...validate } = overrides.validate ?? {};
  const settings: Settings = {
    databases: [],
    rolePrefix: '',
    pack: 'federation',
    lockTimeoutMs: 5000,
    lockRetries: 5,
    // Traffic queues behind whoever waits for a lock: a tenth of a second is not noticed.
    fleetLockTimeoutMs: overrides.lockTimeoutMs ?? 100,
    fleetLockRetries: overrides.lockRetries ?? 20,
    groups: {},
    lockWaitMs: 30_000,
    statementTimeoutMs: 0,
    connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
    ...overrides,
    variables: structuredClone(overrides.variables ?? {}),
    validate: {
      failOn: 'error',
      waivers: [],
      trustedRoles: [],
      extensions: [],
      ...structuredClone(validate),
      logins: [...logins],
    },
    warnings: [...(overrides.warnings ?? [])],
    packDirs: (overrides.packDirs ?? []).map((dir) => resolve(dir)),
    outputDir: resolve(overrides.outputDir ?? 'generated'),
  };
  return deepFreeze(settings);
}

/**
 * The database to work on. fedgen refuses to guess localhost: a command that changes schemas must be told where.
 * @throws FedgenError E_NO_DATABASE if nothing named a host, or several databases are configured
 */
export function requireDatabase(settings: Settings): DatabaseSettings {
  if (settings.database !== undefined) return settings.database;
  if (settings.databases.length > 0) {
    const names = settings.databases.map(({ name }) => name).join(', ');
    throw new FedgenError(
      'E_NO_DATABASE',
      `several databases are configured (${names}), and this concerns one`,
      {
        hint: 'Name it: --database NAME.',
      },
    );
  }
  const reason = settings.databaseMissing ?? 'nothing names a host';
  throw new FedgenError('E_NO_DATABASE', `no database is configured: ${reason}`, {
    hint:
      'fedgen does not guess localhost. Name the server with --database-url, FEDGEN_DATABASE_URL, DATABASE_URL, ' +
      'PGHOST or "database" in fedgen.config.yaml, or start a local one with `fedgen dev start`.',
  });
}

/**
 * The ClickHouse server to work on.
 * @throws FedgenError E_NO_DATABASE if nothing named one
 */
export function requireClickHouse(settings: Settings): ClickHouseSettings {
  if (settings.clickhouse !== undefined) return settings.clickhouse;
  throw new FedgenError('E_NO_DATABASE', 'no ClickHouse server is configured', {
    hint: 'Name it with --clickhouse-url, FEDGEN_CLICKHOUSE_URL, or "clickhouse" in fedgen.config.yaml: http://user:password@host:8123.',
  });
}
