import pg from 'pg';
import { apply } from '../../src/index.js';
import { CSUITE } from './built-in-packs.js';
import { createTestDatabase, openPool, withClient } from './database.js';
import { urlOf } from './lending.js';
import { insertRow, type Row } from './pack-rows.js';
import type { TestServerFacts } from './postgres.js';
import { addTenants, packSettings, roleOf, roleOfTenant, urlOfTenant } from './shared-pack.js';

/** The tenants of the original's fixtures: test-tenant-1 and test-tenant-2. */
export type CsuiteTenant = 'alpha' | 'beta';

/** Runs one statement as a tenant; refusals are rejections with a SQLSTATE. */
export type Asking = (tenant: CsuiteTenant, sql: string) => Promise<pg.QueryResult<Record<string, unknown>>>;

/** A database with the pack "csuite", two tenants, and the two ways in which they ask. */
export interface CsuiteWorld {
  /** As a pooled application does: a gateway becomes the tenant for one transaction. */
  readonly pooled: Asking;
  /** As somebody with the tenant's own login does. */
  readonly raw: Asking;
  /** What stands, whoever asks. */
  readonly stands: (sql: string) => Promise<unknown[]>;
  /** Gives both tenants the same rows again: a user, a connector, two insights, two snapshots. */
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** An INSERT of an insight with the defaults of the original's fixtures. */
export const insight = (id: string, changed: Row = {}): string => {
  const { tenant_id: tenant, ...row } = changed;
  const all = { id, module_slug: 'growth-pulse', severity: 'info', summary: `summary of ${id}`, ...row };
  return insertRow(CSUITE, 'module_insights', all, tenant as string | undefined);
};

/** An INSERT of a snapshot with the defaults of the original's fixtures. */
export const snapshot = (id: string, date: string, changed: Row = {}): string => {
  const { tenant_id: tenant, ...row } = changed;
  const source_breakdown = { organic: 40, paid: 30, direct: 20, referral: 10 };
  const figures = { sessions: 100, users: 50, conversions: 10, revenue: 1000, source_breakdown };
  return insertRow(
    CSUITE,
    'analytics_snapshots',
    { id, date, ...figures, ...row },
    tenant as string | undefined,
  );
};

const FIXTURES = (tenant: CsuiteTenant): string =>
  [
    'delete from csuite.analytics_snapshots; delete from csuite.module_insights; delete from csuite.tasks',
    'delete from csuite.connectors; delete from csuite.users',
    insertRow(CSUITE, 'users', { id: 'test-user', clerk_id: 'clerk', email: 'user@example.com' }),
    insertRow(CSUITE, 'connectors', {
      id: 'k1',
      provider: 'google',
      status: 'active',
      encrypted_access_token: 'v1.envelope',
    }),
    insertRow(CSUITE, 'connectors', {
      id: `only-${tenant}`,
      provider: 'slack',
      status: 'active',
      encrypted_access_token: 'v1.envelope',
    }),
    insight('i1', { summary: `of ${tenant}` }),
    insight('i2', { summary: `of ${tenant}`, module_slug: 'churn-watch', severity: 'warning', score: 40 }),
    snapshot('a1', '2024-01-01', { connector_id: 'k1', metadata: { of: tenant } }),
    snapshot('a2', '2024-01-05', { metadata: { of: tenant } }),
  ].join(';\n');

/** Builds it. */
export async function createCsuiteWorld(server: TestServerFacts): Promise<CsuiteWorld> {
  const database = await createTestDatabase(server, 'csuite cases');
  const settings = packSettings(CSUITE, database);
  await apply({ settings });
  await addTenants(settings, CSUITE);
  await withClient(database.url, (client) =>
    client.query(`create role "${roleOf(database, 'app')}" login noinherit;
      grant "${roleOf(database, 'cross_dept_query_role')}" to "${roleOf(database, 'app')}"`),
  );
  const pool = openPool(urlOf(database, 'app'), { max: 2 });
  const tenants = {
    alpha: openPool(urlOfTenant(database, CSUITE, 'alpha'), { max: 1 }),
    beta: openPool(urlOfTenant(database, CSUITE, 'beta'), { max: 1 }),
  };
  const raw: Asking = (tenant, sql) => tenants[tenant].query<Record<string, unknown>>(sql);
  const become = (tenant: CsuiteTenant): string =>
    `set local role ${pg.escapeIdentifier(roleOfTenant(database, CSUITE, tenant))}`;
  return {
    raw,
    pooled: (tenant, sql) => inTransaction(pool, become(tenant), sql),
    stands: (sql) =>
      withClient(database.url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows),
    reset: async () => {
      for (const tenant of ['alpha', 'beta'] as const) await raw(tenant, FIXTURES(tenant));
    },
    close: async () => {
      await Promise.all([pool, tenants.alpha, tenants.beta].map((each) => each.end()));
      await database.drop();
    },
  };
}

async function inTransaction(
  pool: pg.Pool,
  enter: string,
  sql: string,
): Promise<pg.QueryResult<Record<string, unknown>>> {
  const client = await pool.connect();
  try {
    await client.query(`begin; ${enter}`);
    const result = await client.query<Record<string, unknown>>(sql);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
