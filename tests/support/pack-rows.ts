import pg from 'pg';
import type { PackUnderTest } from './shared-pack.js';

/** A value of a column; objects are JSON. */
export type Value = string | number | boolean | object | null;

/** Values by column. The tenant is left out. */
export type Row = Readonly<Record<string, Value>>;

/**
 * The n-th rows of every table that tenants write: unlike those of another n in every key, referring to rows with the
 * same n. A table has several where a reference of it may be left out.
 */
export type PackRows = Readonly<Record<string, (n: number) => readonly Row[]>>;

const uuid = (n: number, kind = 0): string => `00000000-0000-4000-800${kind}-00000000000${n}`;

/** Rows of the pack "bi". */
export const BI_ROWS: PackRows = {
  roles: (n) => [{ id: uuid(n), name: `Role ${n}` }],
  permissions: (n) => [{ id: uuid(n), role_id: uuid(n), resource: 'dashboard', action: 'view' }],
  users: (n) => [{ id: uuid(n), username: `User${n}`, email: `User${n}@example.com`, role_id: uuid(n) }],
  dashboards: (n) => [{ id: uuid(n), name: `d${n}`, owner_id: uuid(n), layout: {}, components: [] }],
  dashboard_permissions: (n) => [
    { id: uuid(n), dashboard_id: uuid(n), user_id: uuid(n), permission_type: 'view', granted_by: uuid(n) },
    { id: uuid(n, 1), dashboard_id: uuid(n), role_id: uuid(n), permission_type: 'edit', granted_by: null },
  ],
  data_sources: (n) => [
    {
      id: uuid(n),
      name: `s${n}`,
      type: 'postgresql',
      connection_config: { host: 'db.example.com', port: 5432 },
      secret_ref: `vault:bi/source-${n}`,
      owner_id: uuid(n),
    },
  ],
  data_source_schemas: (n) => [
    { id: uuid(n), data_source_id: uuid(n), schema_name: 'public', table_name: 't', column_name: 'c' },
  ],
  saved_queries: (n) => [
    { id: uuid(n), name: `q${n}`, query_text: 'select 1', data_source_id: uuid(n), user_id: uuid(n) },
  ],
  alerts: (n) => [
    {
      id: uuid(n),
      name: `a${n}`,
      query_id: uuid(n),
      condition_config: {},
      notification_config: {},
      user_id: uuid(n),
    },
  ],
  alert_history: (n) => [{ id: uuid(n), alert_id: uuid(n), condition_met: true }],
};

const day = (n: number): string => `2024-01-0${n}`;

/** Rows of the pack "shop". Of its log, which keeps its rows for ever, only those that are rolled back name a user. */
export const SHOP_ROWS: PackRows = {
  users: (n) => [
    { user_id: `U${n}`, email: `User${n}@example.com`, cognito_user_id: `c${n}`, role: 'Admin' },
  ],
  orders: (n) => [{ order_id: `O${n}`, order_date: day(n), gross_revenue: 10 * n }],
  fulfillment: (n) => [{ fulfillment_id: n, order_id: `O${n}` }],
  marketing_campaigns: (n) => [{ campaign_id: `C${n}`, date: day(n) }],
  role_metric_visibility: (n) => [{ id: n, role: 'Admin', metric_name: `metric ${n}` }],
  governance_rules: (n) => [{ rule_id: uuid(n), user_id: `U${n}`, dimension: 'team', values: '{a}' }],
  audit_logs: (n) => [
    { log_id: uuid(n), user_id: n < 8 ? null : `U${n}`, action: 'login', resource_type: 'session' },
  ],
};

const PROVIDERS: Readonly<Record<number, string>> = {
  1: 'google',
  2: 'gmail',
  7: 'slack',
  8: 'notion',
  9: 'stripe',
};

/** Rows of the pack "csuite". */
export const CSUITE_ROWS: PackRows = {
  users: (n) => [{ id: `u${n}`, clerk_id: `clerk-${n}`, email: `User${n}@example.com` }],
  tenant_members: (n) => [{ id: `m${n}`, user_id: `u${n}`, role: 'member' }],
  business_profiles: (n) => [{ id: `p${n}`, industry: 'retail' }],
  conversations: (n) => [{ id: `c${n}`, user_id: `u${n}`, persona_type: 'ceo' }],
  messages: (n) => [{ id: `x${n}`, conversation_id: `c${n}`, role: 'user', content: 'hello' }],
  connectors: (n) => [
    { id: `k${n}`, provider: PROVIDERS[n] ?? '', status: 'active', encrypted_access_token: 'v1.envelope' },
  ],
  tasks: (n) => [{ id: `t${n}`, user_id: `u${n}`, type: 'sync', payload: {}, connector_id: `k${n}` }],
  usage_snapshots: (n) => [{ id: `s${n}`, date: day(n) }],
  knowledge_entries: (n) => [{ id: `e${n}`, source: 'notion', content: 'how to' }],
  module_insights: (n) => [{ id: `i${n}`, module_slug: 'growth-pulse', severity: 'info', summary: 'up' }],
  analytics_snapshots: (n) => [
    { id: `a${n}`, connector_id: `k${n}`, date: day(n), source_breakdown: { organic: 40 } },
  ],
};

const literal = (value: Value): string =>
  value === null
    ? 'null'
    : pg.escapeLiteral(typeof value === 'object' ? JSON.stringify(value) : String(value));

const names = (row: Row): string[] => Object.keys(row).map((name) => pg.escapeIdentifier(name));

/** An INSERT of one row; without a tenant it is the one that the session acts for. */
export function insertRow(pack: PackUnderTest, table: string, row: Row, tenant?: string | null): string {
  const all: Row = tenant === undefined ? row : { tenant_id: tenant, ...row };
  return `insert into ${pack.schema}.${table} (${names(all).join(', ')}) values (${Object.values(all).map(literal).join(', ')})`;
}

/** `a = 1, b = 'x'` of some columns of a row; with ' and ' between them it is a condition. */
export const equalities = (row: Row, columns: readonly string[], between = ', '): string =>
  columns.map((name) => `${pg.escapeIdentifier(name)} = ${literal(row[name] ?? null)}`).join(between);

/** Whether none of the columns is null in a row. */
export const hasAll = (row: Row, columns: readonly string[]): boolean =>
  columns.every((name) => (row[name] ?? null) !== null);
