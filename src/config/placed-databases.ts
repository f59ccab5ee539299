import type { SecretReader } from './database-secret.js';
import { parseDatabaseSecret } from './database-secret.js';
import type { DatabaseSettings } from './database.js';
import type { Environment, Level } from './levels.js';
import { configInvalid, type Problem } from './problems.js';
import { readLevelUrl, resolveDatabase, secretOf } from './resolve-database.js';
import type { RawSettings } from './schema.js';

/** One of several databases, and whose departments belong there. */
export interface PlacedDatabase {
  readonly name: string;
  readonly database: DatabaseSettings;
  /** Ids of departments; `*` stands for any run of characters. */
  readonly departments: readonly string[];
  /** In place of that of the settings: the roles of one server are shared by its databases. */
  readonly rolePrefix?: string | undefined;
}

/** Several databases, and what should be said about them. */
export interface PlacedDatabases {
  readonly databases: readonly PlacedDatabase[];
  readonly warnings: readonly string[];
}

type RawPlaced = NonNullable<RawSettings['databases']>[string];

/** What the databases of a configuration file are resolved with. */
export interface PlacedInput {
  /** The file's. */
  readonly level: Level;
  /** Variables that `urlEnv` may name, from the weakest to the strongest. */
  readonly envs: readonly Environment[];
  readonly passwordFile: string | undefined;
  readonly readSecret: SecretReader;
  /** Only these are meant. */
  readonly isMeant: (name: string) => boolean;
}

/**
 * The databases of `databases`, in its order. Each says by itself where it is: nothing of another one is used.
 * @throws FedgenError E_CONFIG_INVALID with everything that is wrong, E_SECRET_*.
 */
export async function resolvePlaced(input: PlacedInput): Promise<PlacedDatabases> {
  const entries = Object.entries(input.level.settings.databases ?? {}).filter(([name]) =>
    input.isMeant(name),
  );
  const read = await Promise.all(entries.map(([name, raw]) => resolveOne(name, raw, input)));
  const problems = read.flatMap((each) => ('problem' in each ? [each.problem] : []));
  if (problems.length > 0) throw configInvalid(problems);
  const good = read.flatMap((each) => ('placed' in each ? [each] : []));
  return {
    databases: good.map(({ placed }) => placed),
    warnings: good.flatMap(({ warnings }) => warnings),
  };
}

async function resolveOne(
  name: string,
  raw: RawPlaced,
  input: PlacedInput,
): Promise<
  { readonly placed: PlacedDatabase; readonly warnings: readonly string[] } | { readonly problem: Problem }
> {
  const { level, envs, passwordFile, readSecret } = input;
  const { departments = [], groups = [], urlEnv, rolePrefix, ...database } = raw;
  const source = level.label('databases');
  const problem = async (message: string, key = ''): Promise<{ readonly problem: Problem }> => {
    const path = ['databases', name, ...(key === '' ? [] : [key])];
    return { problem: { source, line: await level.lineOf?.(path), path: path.join('.'), message } };
  };
  const unknown = groups.find((group) => level.settings.groups?.[group] === undefined);
  if (unknown !== undefined) return problem(`there is no group named ${unknown}`, 'groups');
  const text = urlEnv && envs.map((env) => env[urlEnv]).findLast(Boolean);
  if (urlEnv !== undefined && !text) return problem(`${urlEnv} is not set`, 'urlEnv');
  const own: Level = {
    ...level,
    settings: { database },
    ...(urlEnv !== undefined && text && { url: { label: urlEnv, text } }),
  };
  const entry = readLevelUrl(own);
  if ('problem' in entry) return problem(entry.problem.message);
  const id = secretOf(own);
  const secret =
    id === undefined ? undefined : parseDatabaseSecret(await readSecret(id), `${source} ${name}`);
  const resolved = await resolveDatabase([secret ? { ...entry, secret } : entry], passwordFile);
  if (resolved.database === undefined) return problem('names no host');
  const patterns = [...departments, ...groups.flatMap((group) => level.settings.groups?.[group] ?? [])];
  return {
    placed: { name, database: resolved.database, departments: patterns, rolePrefix },
    warnings: resolved.warnings,
  };
}
