import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type ConfigFile, readConfigFile } from './config-file.js';
import { parseDuration } from './duration.js';
import {
  type Environment,
  environmentLevels,
  flagLevel,
  type Level,
  type RawLevel,
  type SettingsFlags,
} from './levels.js';
import { parseDatabaseSecret, type SecretReader } from './database-secret.js';
import { passwordFile } from './pgpass.js';
import { configInvalid, type Problem } from './problems.js';
import {
  type DatabaseLevel,
  readLevelUrl,
  secretOf,
  type ResolvedDatabase,
  resolveDatabase,
} from './resolve-database.js';
import type { checkRawSettings, RawSettings } from './schema.js';
import type { DatabaseSettings } from './database.js';
import { resolveClickHouse } from './clickhouse.js';
import { resolveLogins } from './logins.js';
import { choosePlaced, type ChosenDatabase } from './choose-placed.js';
import { defaultSettings, type Settings, type ValidateSettings } from './settings.js';

export type { Environment, SettingsFlags } from './levels.js';

/** What settings are made of. Nothing else is read but the files that these name. */
export interface LoadSettingsInput {
  /** Absolute; where .env stands and the search for the configuration file begins. */
  readonly cwd: string;
  /** process.env, or what takes its place. */
  readonly env: Environment;
  readonly flags?: SettingsFlags;
  /** The file that --config names, relative to cwd; without it FEDGEN_CONFIG, then the search. */
  readonly configFile?: string | undefined;
  /** Variables with the URLs of logins, beside those that the configuration names. */
  readonly loginUrlEnv?: readonly string[] | undefined;
  /** Answers the text of a secret by its ARN or name. Default: AWS Secrets Manager, by the AWS SDK and its own environment. */
  readonly readSecret?: SecretReader | undefined;
  /** Which of the databases of the configuration is meant, by its name. */
  readonly databaseName?: string | undefined;
  /** For work without a server: no secret is fetched, and where one is named, `database` is absent. */
  readonly withoutDatabase?: boolean | undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR');
}

async function readDotEnv(cwd: string): Promise<Environment> {
  try {
    return parseEnv(await readFile(join(cwd, '.env'), 'utf8'));
  } catch (error) {
    if (isMissing(error)) return {};
    throw configInvalid([{ source: '.env', message: 'cannot be read' }]);
  }
}

function fileLevel(file: ConfigFile): RawLevel {
  return {
    baseDir: dirname(file.path),
    raw: file.raw,
    label: () => file.label,
    lineOf: file.lineOf,
    isFile: true,
  };
}

type Checked = { readonly entry: DatabaseLevel } | { readonly problems: readonly Problem[] };

async function checkLevel(raw: RawLevel, check: typeof checkRawSettings): Promise<Checked> {
  const checked = check(raw.raw);
  if ('issues' in checked) {
    const problems = checked.issues.map(async ({ path, message }): Promise<Problem> => {
      const key = path.join('.');
      if (!raw.isFile) return { source: raw.label(key), message };
      return { source: raw.label(key), line: await raw.lineOf?.(path), path: key, message };
    });
    return { problems: (await Promise.all(problems)).sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
  }
  const level: Level = { ...raw, settings: checked.settings };
  const entry = readLevelUrl(level);
  if (!('problem' in entry)) return { entry };
  const line = await raw.lineOf?.(['database']);
  return { problems: [{ ...entry.problem, line }] };
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** All levels checked; the problems of all of them in one error. */
async function checkLevels(raws: readonly RawLevel[]): Promise<readonly DatabaseLevel[]> {
  const speaking = raws.filter((raw) => raw.isFile || raw.url !== undefined || !isEmpty(raw.raw));
  // Most say nothing, or no more than a URL, and loading zod to hear that takes as long as starting Node.
  const check = speaking.some((raw) => raw.isFile || !isEmpty(raw.raw))
    ? (await import('./schema.js')).checkRawSettings
    : () => ({ settings: {} });
  const checked = await Promise.all(speaking.map((raw) => checkLevel(raw, check)));
  const problems = checked.flatMap((result) => ('problems' in result ? result.problems : []));
  if (problems.length > 0) throw configInvalid(problems);
  return checked.flatMap((result) => ('entry' in result ? [result.entry] : []));
}

const readAwsSecret: SecretReader = async (id) =>
  (await import('./secrets-manager.js')).readSecretsManager(id);

/**
 * Fetches the secrets that count, the highest first: what stands below a URL or below a secret that names a host says
 * nothing about the server any more, and nobody should be asked for it.
 */
async function withSecrets(
  levels: readonly DatabaseLevel[],
  read: SecretReader,
): Promise<readonly DatabaseLevel[]> {
  const known = [...levels];
  for (let at = levels.length - 1; at >= 0; at -= 1) {
    const entry = known[at];
    if (entry === undefined || entry.url !== undefined) break;
    const id = secretOf(entry.level);
    if (id === undefined) continue;
    const secret = parseDatabaseSecret(await read(id), entry.level.label('database.secret'));
    known[at] = { ...entry, secret };
    if (secret.host !== undefined) break;
  }
  return known;
}

type ScalarKey =
  'rolePrefix' | 'packs' | 'pack' | 'outputDir' | 'lockRetries' | 'variables' | 'validate' | 'groups';
type DurationKey = 'lockTimeout' | 'lockWait' | 'statementTimeout' | 'connectTimeout';

/** The highest level that says something about `key`. */
function pick<K extends ScalarKey>(
  levels: readonly DatabaseLevel[],
  key: K,
): { readonly value: NonNullable<RawSettings[K]>; readonly baseDir: string } | undefined {
  for (const { level } of levels.toReversed()) {
    const value = level.settings[key];
    if (value !== undefined) return { value, baseDir: level.baseDir };
  }
  return undefined;
}

function pickDuration(levels: readonly DatabaseLevel[], key: DurationKey): number | undefined {
  for (const { level, url } of levels.toReversed()) {
    const value = level.settings[key];
    if (value !== undefined) return parseDuration(value);
    if (key === 'connectTimeout' && url?.fields.connectTimeoutMs !== undefined)
      return url.fields.connectTimeoutMs;
  }
  return undefined;
}

/** Leaves out what is undefined, so that the default holds. */
function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> };
function given(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function validateOf(
  levels: readonly DatabaseLevel[],
  logins: readonly DatabaseSettings[],
): Partial<ValidateSettings> {
  const { logins: _names, ...raw } = pick(levels, 'validate')?.value ?? {};
  return { ...given(raw), logins };
}

function missingReason(resolved: ResolvedDatabase, envs: readonly Environment[]): string | undefined {
  if (resolved.database !== undefined) return undefined;
  if (envs.some((env) => Boolean(env['PGSERVICE']))) {
    return 'PGSERVICE is set, but fedgen does not read service files, and nothing else names a host';
  }
  const names = resolved.withoutHost;
  if (names.length === 0) return undefined;
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set, but nothing names a host`;
}

function buildSettings(
  levels: readonly DatabaseLevel[],
  resolved: ChosenDatabase,
  context: {
    readonly cwd: string;
    readonly file: ConfigFile | undefined;
    readonly envs: readonly Environment[];
    readonly logins: readonly DatabaseSettings[];
  },
): Settings {
  const { cwd, file } = context;
  const packs = pick(levels, 'packs');
  const outputDir = pick(levels, 'outputDir');
  const home = file === undefined ? cwd : dirname(file.path);
  return defaultSettings({
    ...given({
      database: resolved.database,
      databases: resolved.databases,
      databaseMissing: missingReason(resolved, context.envs),
      rolePrefix: resolved.rolePrefix ?? pick(levels, 'rolePrefix')?.value,
      pack: pick(levels, 'pack')?.value,
      lockTimeoutMs: pickDuration(levels, 'lockTimeout'),
      lockRetries: pick(levels, 'lockRetries')?.value,
      lockWaitMs: pickDuration(levels, 'lockWait'),
      statementTimeoutMs: pickDuration(levels, 'statementTimeout'),
      connectTimeoutMs: pickDuration(levels, 'connectTimeout'),
      variables: pick(levels, 'variables')?.value,
      groups: pick(levels, 'groups')?.value,
      validate: validateOf(levels, context.logins),
      clickhouse: resolveClickHouse(levels.map(({ level }) => level)),
      configFile: file?.path,
    }),
    packDirs: packs === undefined ? [] : packs.value.map((dir) => resolve(packs.baseDir, dir)),
    outputDir: resolve(outputDir?.baseDir ?? home, outputDir?.value ?? 'generated'),
    warnings: [...(file?.warnings ?? []), ...resolved.warnings],
  });
}

/**
 * Reads and merges everything that configures fedgen. Precedence, highest first: flags, FEDGEN_* variables,
 * DATABASE_URL and PG* variables, the same variables in .env, the configuration file, defaults.
 * A database need not be configured: requireDatabase asks for it.
 * @throws FedgenError E_CONFIG_INVALID with all problems of all levels, E_CONFIG_NOT_FOUND for a named file,
 *   E_SECRET_INVALID and E_SECRET_UNAVAILABLE for a secret of the database
 */
export async function loadSettings(input: LoadSettingsInput): Promise<Settings> {
  const cwd = resolve(input.cwd);
  const { env } = input;
  const dotEnv = await readDotEnv(cwd);
  const named = input.configFile ?? (env['FEDGEN_CONFIG'] || dotEnv['FEDGEN_CONFIG'] || undefined);
  const file = await readConfigFile(cwd, named, env['HOME'] || undefined);
  const levels = await checkLevels([
    ...(file === undefined ? [] : [fileLevel(file)]),
    ...environmentLevels(dotEnv, cwd, ' (.env)'),
    ...environmentLevels(env, cwd),
    flagLevel(input.flags ?? {}, cwd),
  ]);
  const passwords = passwordFile({ ...dotEnv, ...env });
  const hasSecret = levels.some(({ level }) => secretOf(level) !== undefined);
  const resolved =
    hasSecret && input.withoutDatabase
      ? { withoutHost: [], warnings: [] }
      : await resolveDatabase(await withSecrets(levels, input.readSecret ?? readAwsSecret), passwords);
  const envs = [dotEnv, env];
  const chosen = await choosePlaced({
    levels,
    envs,
    passwordFile: passwords,
    readSecret: input.readSecret ?? readAwsSecret,
    resolved,
    databaseName: input.databaseName,
    withoutDatabase: input.withoutDatabase === true,
  });
  const logins = await resolveLogins({
    names: [...(pick(levels, 'validate')?.value.logins ?? []), ...(input.loginUrlEnv ?? [])],
    envs,
    database: chosen.database,
    passwordFile: passwords,
  });
  return buildSettings(levels, chosen, { cwd, file, envs, logins });
}
