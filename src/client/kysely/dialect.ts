import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { FedgenError } from '../../shared/errors.js';
import type { TenantClient } from '../tenant-client.js';
import type { TenantRules } from './pack-tables.js';
import { keepToTenant } from './tenant-filter.js';

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE']);

/**
 * Kysely's dialect of one tenant's transaction. The filter is part of the compiler and not a plugin: it comes after all
 * plugins, and `withoutPlugins()` does not get round it.
 */
export function tenantDialect(client: TenantClient, rules: TenantRules): Dialect {
  const compiler = new PostgresQueryCompiler();
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driverOver(client),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => ({
      compileQuery: (node, queryId) => compiler.compileQuery(keepToTenant(node, queryId, rules), queryId),
    }),
  };
}

function driverOver(client: TenantClient): Driver {
  const connection: DatabaseConnection = {
    executeQuery: async <R>(query: {
      sql: string;
      parameters: readonly unknown[];
    }): Promise<QueryResult<R>> => {
      const { rows, command, rowCount } = await client.query({ text: query.sql, values: query.parameters });
      const result = { rows: rows as R[] };
      return WRITES.has(command) ? { ...result, numAffectedRows: BigInt(rowCount ?? 0) } : result;
    },
    streamQuery: () => {
      throw misused('stream()', 'Read page by page, by a condition on the last key that was read.');
    },
  };
  const noTransaction = (): Promise<void> =>
    Promise.reject(
      misused(
        'transaction()',
        'The transaction of the tenant is open already: use savepoint() for a part of it.',
      ),
    );
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: noTransaction,
    commitTransaction: noTransaction,
    rollbackTransaction: noTransaction,
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
}

const misused = (what: string, hint: string): FedgenError =>
  new FedgenError('E_USAGE', `the Kysely of a tenant has no ${what}`, { hint });
