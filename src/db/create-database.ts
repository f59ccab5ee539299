import { describeDatabase, type DatabaseSettings } from '../config/database.js';
import { FedgenError } from '../shared/errors.js';
import { isServerError, sqlState } from './errors.js';
import { withSession, type SessionOptions } from './session.js';

/** Databases that every cluster begins with, and from which others can be created; managed services may close one. */
const MAINTENANCE = ['postgres', 'template1'] as const;

/** duplicate_database; unique_violation when somebody else created it in the same moment. */
const THERE_ALREADY: readonly (string | undefined)[] = ['42P04', '23505'];

/**
 * Creates the database if the server has none of that name: from template0, in UTF8, owned by the role that connects.
 * Of several who do this at once one creates it, and the others find it.
 * @returns whether this call created it.
 * @throws FedgenError E_PRIVILEGE without CREATEDB, E_DB_* and E_APPLY_FAILED.
 */
export async function ensureDatabase(database: DatabaseSettings, options: SessionOptions): Promise<boolean> {
  try {
    // Asked by connecting, since who may connect need not be let in anywhere else.
    await withSession(database, options, () => Promise.resolve());
    return false;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return createDatabase(database, options, MAINTENANCE);
}

const isMissing = (error: unknown): boolean => error instanceof FedgenError && error.code === 'E_DB_MISSING';

async function createDatabase(
  database: DatabaseSettings,
  options: SessionOptions,
  [from, ...others]: readonly string[],
): Promise<boolean> {
  try {
    return await withSession(
      { ...database, ...(from !== undefined && { name: from }) },
      options,
      async ({ client }) => {
        await client.query(
          `create database ${client.escapeIdentifier(database.name ?? '')} template template0 encoding 'UTF8'`,
        );
        return true;
      },
    );
  } catch (error) {
    if (THERE_ALREADY.includes(sqlState(error))) return false;
    if (isServerError(error)) throw refusal(error, database);
    if (others.length > 0 && error instanceof FedgenError && /^E_DB_(?:MISSING|AUTH)$/.test(error.code)) {
      return createDatabase(database, options, others);
    }
    throw error;
  }
}

function refusal(cause: Error, database: DatabaseSettings): FedgenError {
  const name = database.name ?? '';
  const isRight = sqlState(cause) === '42501';
  return new FedgenError(
    isRight ? 'E_PRIVILEGE' : 'E_APPLY_FAILED',
    `cannot create the database of ${describeDatabase(database)}: ${cause.message}`,
    {
      hint: isRight
        ? `As a superuser: alter role "${database.user ?? ''}" createdb. Or let one create it: createdb -T template0 -E UTF8 "${name}".`
        : `Create it yourself: createdb -T template0 -E UTF8 "${name}", with a locale that goes with UTF8.`,
      details: { database: name, sqlState: sqlState(cause) },
      cause,
    },
  );
}
