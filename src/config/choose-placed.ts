import type { SecretReader } from './database-secret.js';
import type { Environment } from './levels.js';
import { resolvePlaced, type PlacedDatabase } from './placed-databases.js';
import { configInvalid } from './problems.js';
import type { DatabaseLevel, ResolvedDatabase } from './resolve-database.js';

/** The one database to work on, or several; or neither. */
export interface ChosenDatabase extends ResolvedDatabase {
  readonly databases: readonly PlacedDatabase[];
  /** Of the database that was picked. */
  readonly rolePrefix?: string | undefined;
}

/**
 * Which databases hold: one that a flag or a variable names outranks the several of the file, and `--database` picks one of
 * these.
 * @throws FedgenError E_CONFIG_INVALID, E_SECRET_*.
 */
export async function choosePlaced(input: {
  /** The file's is the lowest, where there is a file. */
  readonly levels: readonly DatabaseLevel[];
  readonly envs: readonly Environment[];
  readonly passwordFile: string | undefined;
  readonly readSecret: SecretReader;
  readonly resolved: ResolvedDatabase;
  readonly databaseName: string | undefined;
  readonly withoutDatabase: boolean;
}): Promise<ChosenDatabase> {
  const { resolved, databaseName, levels } = input;
  const level = levels.map((each) => each.level).find(({ settings }) => settings.databases !== undefined);
  const names = Object.keys(level?.settings.databases ?? {});
  if (databaseName !== undefined) refuseName(databaseName, names, resolved.database?.source);
  if (level === undefined || input.withoutDatabase) return { ...resolved, databases: [] };
  if (databaseName === undefined && resolved.database !== undefined) {
    const warning = `${level.label('databases')}: databases are not used: ${resolved.database.source} names the one database`;
    return { ...resolved, databases: [], warnings: [...resolved.warnings, warning] };
  }
  const isMeant = (name: string): boolean => databaseName === undefined || name === databaseName;
  const { databases, warnings } = await resolvePlaced({ ...input, level, isMeant });
  const all = [...(databaseName === undefined ? resolved.warnings : []), ...warnings];
  if (databaseName === undefined) return { ...resolved, databases, warnings: all };
  const [one] = databases;
  return {
    ...(one && { database: one.database, rolePrefix: one.rolePrefix }),
    databases: [],
    withoutHost: [],
    warnings: all,
  };
}

function refuseName(name: string, names: readonly string[], given: string | undefined): void {
  const source = '--database';
  if (given?.startsWith('--'))
    throw configInvalid([{ source, message: `cannot be given together with ${given}` }]);
  if (names.includes(name)) return;
  const message =
    names.length === 0
      ? 'names one of the databases of the configuration, and there are none'
      : `there is no database of that name: ${names.join(', ')}`;
  throw configInvalid([{ source, message }]);
}
