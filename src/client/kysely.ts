/** The tenant client for Kysely: both layers, row security and a filter in every query. @module */
import { Kysely, type KyselyConfig } from 'kysely';
import type { Pool } from 'pg';
import { tenantDialect } from './kysely/dialect.js';
import type { PackTables } from './kysely/pack-tables.js';
import type { WithTenantOptions } from './options.js';
import type { TenantClient } from './tenant-client.js';
import { withTenant } from './with-tenant.js';

export type { PackTables, TenantScope } from './kysely/pack-tables.js';

/** What holds for every transaction of {@link createTenantDb}. */
export interface TenantDbOptions
  extends
    Omit<WithTenantOptions, 'pack' | 'tenancy' | 'tenantId' | 'userId' | 'signal'>,
    Pick<KyselyConfig, 'plugins' | 'log'> {
  /** What `fedgen generate --types` wrote beside the types. */
  readonly pack: PackTables;
}

/** For whom a transaction is; what is given here comes before what {@link createTenantDb} was given. */
export type TenantDbTransaction = Omit<WithTenantOptions, 'pack' | 'tenancy'>;

/** What goes with the Kysely of a transaction. */
export interface TenantTools<DB> {
  /** The same transaction without the second layer. */
  readonly client: TenantClient;
  /** Runs a part of the transaction that may fail; meanwhile only what `fn` is given may be used. */
  readonly savepoint: <T>(fn: (db: Kysely<DB>, tools: TenantTools<DB>) => Promise<T>) => Promise<T>;
}

/** Transactions of tenants, with Kysely. */
export interface TenantDb<DB> {
  /**
   * `withTenant` of `fedgen/client` with a Kysely whose every query is kept to the tenant: what it reads, changes and
   * removes is filtered, what it inserts is given the tenant's id.
   * @throws FedgenError as withTenant does; E_STATEMENT_REFUSED also for another tenant's id and for tables that are not the pack's.
   */
  withTenant<T>(
    transaction: TenantDbTransaction,
    fn: (db: Kysely<DB>, tools: TenantTools<DB>) => T | Promise<T>,
  ): Promise<T>;
}

/** Makes the tenant client of a pack from a pool and what `fedgen generate --types` wrote. */
export function createTenantDb<DB>(pool: Pool, options: TenantDbOptions): TenantDb<DB> {
  const { pack, plugins, log, ...defaults } = options;
  const toolsOf = (client: TenantClient): [Kysely<DB>, TenantTools<DB>] => {
    const dialect = tenantDialect(client, { pack, tenantId: client.tenantId });
    const db = new Kysely<DB>({ dialect, ...(plugins && { plugins }), ...(log && { log }) });
    return [db, { client, savepoint: (fn) => client.savepoint((inner) => fn(...toolsOf(inner))) }];
  };
  return {
    withTenant: (transaction, fn) =>
      withTenant(pool, { ...defaults, ...transaction, pack: pack.pack, tenancy: pack.tenancy }, (client) =>
        fn(...toolsOf(client)),
      ),
  };
}
