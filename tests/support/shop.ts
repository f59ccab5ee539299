import type { Settings } from '../../src/index.js';
import { tenantRole } from '../../src/plan/names.js';
import type { TestDatabase } from './database.js';
import { testSettings } from './department.js';

/** Settings under which the pack "shop" is the chosen one. */
export const shopSettings = (database: TestDatabase, overrides: Partial<Settings> = {}): Settings =>
  testSettings(database, { pack: 'shop', ...overrides });

/** The URL under which a brand's role logs in. */
export function brandUrl(database: TestDatabase, tenantId: string): string {
  const url = new URL(database.url);
  url.username = tenantRole('shop', tenantId, database.rolePrefix);
  return url.href;
}

/** The tables, the registry first. */
export const SHOP_TABLES = [
  'tenants',
  'users',
  'orders',
  'fulfillment',
  'marketing_campaigns',
  'role_metric_visibility',
  'governance_rules',
  'audit_logs',
] as const;
