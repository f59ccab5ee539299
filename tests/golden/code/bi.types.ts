// Written by "fedgen generate --types" for pack bi: to be written again, not to be edited.
import type { ColumnType } from 'kysely';
import type { PackTables } from 'fedgen/client/kysely';

type Defaulted<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
/** Filled in; never changes. */
type Tenant<T extends string | null> = ColumnType<T, string | undefined, never>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type JsonInput = string | number | boolean | object;
type Json = ColumnType<unknown, JsonInput, JsonInput>;

/** Customer organisation */
export interface Tenants {
  tenant_id: Tenant<string>;
  name: string;
  slug: Defaulted<string>;
  settings: Json | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Which tenant has which slug; kept by a trigger on tenants, read by the platform alone */
export interface TenantSlugs {
  slug: string;
  tenant: string;
}

/** Named set of permissions of a tenant */
export interface Roles {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  name: string;
  description: string | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** What a role may do with a kind of resource, with optional conditions */
export interface Permissions {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  role_id: string;
  resource: string;
  action: string;
  conditions: Json | null;
  created_at: Defaulted<Timestamp>;
}

/** Login account of one tenant, one role */
export interface Users {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  username: string;
  email: string;
  password_hash: string | null;
  first_name: string | null;
  last_name: string | null;
  role_id: string;
  is_active: Defaulted<boolean>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
  last_login_at: Timestamp | null;
}

/** A dashboard as JSON layout and components */
export interface Dashboards {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  name: string;
  description: string | null;
  owner_id: string;
  layout: Json;
  components: Json;
  filters: Json | null;
  tags: string[] | null;
  is_public: Defaulted<boolean>;
  version: Defaulted<number>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
  published_at: Timestamp | null;
}

/** Sharing of a dashboard with a user or a role */
export interface DashboardPermissions {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  dashboard_id: string;
  user_id: string | null;
  role_id: string | null;
  permission_type: string;
  granted_by: string | null;
  granted_at: Defaulted<Timestamp>;
}

/** Connection to an external database */
export interface DataSources {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  name: string;
  type: string;
  connection_config: Json;
  secret_ref: string | null;
  owner_id: string;
  schema_info: Json | null;
  status: Defaulted<string>;
  last_tested_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Introspected columns of a data source */
export interface DataSourceSchemas {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  data_source_id: string;
  schema_name: Defaulted<string>;
  table_name: string;
  column_name: string;
  data_type: string | null;
  is_nullable: Defaulted<boolean>;
  column_default: string | null;
  created_at: Defaulted<Timestamp>;
}

/** Stored SQL against a data source */
export interface SavedQueries {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  name: string;
  description: string | null;
  query_text: string;
  data_source_id: string;
  user_id: string;
  parameters: Json | null;
  is_public: Defaulted<boolean>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Condition on a saved query with notification settings */
export interface Alerts {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  name: string;
  description: string | null;
  query_id: string | null;
  condition_config: Json;
  notification_config: Json;
  user_id: string;
  is_active: Defaulted<boolean>;
  last_triggered_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Each evaluation or firing of an alert; kept for 90 days */
export interface AlertHistory {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  alert_id: string;
  triggered_at: Defaulted<Timestamp>;
  condition_met: boolean;
  notification_sent: Defaulted<boolean>;
  error_message: string | null;
}

/** The tables and views of pack bi, for Kysely. */
export interface BiDatabase {
  'bi.tenants': Tenants;
  'bi.tenant_slugs': TenantSlugs;
  'bi.roles': Roles;
  'bi.permissions': Permissions;
  'bi.users': Users;
  'bi.dashboards': Dashboards;
  'bi.dashboard_permissions': DashboardPermissions;
  'bi.data_sources': DataSources;
  'bi.data_source_schemas': DataSourceSchemas;
  'bi.saved_queries': SavedQueries;
  'bi.alerts': Alerts;
  'bi.alert_history': AlertHistory;
}

/** What createTenantDb has to know of pack bi. */
export const biPack: PackTables = {
  pack: 'bi',
  tenancy: 'shared',
  tenantColumn: 'tenant_id',
  tables: {
    'bi.tenants': 'tenant',
    'bi.tenant_slugs': 'reference',
    'bi.roles': 'tenant',
    'bi.permissions': 'tenant',
    'bi.users': 'tenant',
    'bi.dashboards': 'tenant',
    'bi.dashboard_permissions': 'tenant',
    'bi.data_sources': 'tenant',
    'bi.data_source_schemas': 'tenant',
    'bi.saved_queries': 'tenant',
    'bi.alerts': 'tenant',
    'bi.alert_history': 'tenant',
  },
};
