// Written by "fedgen generate --types" for pack shop: to be written again, not to be edited.
import type { ColumnType } from 'kysely';
import type { PackTables } from 'fedgen/client/kysely';

type Defaulted<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
type ReadOnly<T> = T extends ColumnType<infer S, infer _I, infer _U> ? ColumnType<S, never, never> : ColumnType<T, never, never>;
/** Filled in; never changes. */
type Tenant<T extends string | null> = ColumnType<T, string | undefined, never>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as text: it may have more digits than a number of JavaScript. */
type Numeric = ColumnType<string, string | number, string | number>;
type JsonInput = string | number | boolean | object;
type Json = ColumnType<unknown, JsonInput, JsonInput>;

/** An e-commerce brand using the platform */
export interface Tenants {
  tenant_id: Tenant<string>;
  tenant_name: string;
  industry: string | null;
  plan_tier: string | null;
  country: string | null;
  created_date: Defaulted<Timestamp>;
  is_active: Defaulted<boolean>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** A person of one tenant, linked to an AWS Cognito subject */
export interface Users {
  tenant_id: Tenant<string>;
  user_id: string;
  email: string;
  cognito_user_id: string;
  role: string;
  region: string | null;
  store_id: string | null;
  is_tenant_admin: Defaulted<boolean>;
  status: Defaulted<string>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Which metric a role of a tenant may see */
export interface RoleMetricVisibility {
  tenant_id: Tenant<string>;
  id: Defaulted<number>;
  role: string;
  metric_name: string;
  is_visible: Defaulted<boolean>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Per-user restriction: a dimension and the values the user may see */
export interface GovernanceRules {
  tenant_id: Tenant<string>;
  rule_id: Defaulted<string>;
  user_id: string;
  dimension: string;
  values: string[];
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Orders with gross, discount and net revenue */
export interface Orders {
  tenant_id: Tenant<string>;
  order_id: string;
  order_date: Timestamp;
  store_id: string | null;
  region: string | null;
  channel: string | null;
  order_status: string | null;
  items_count: number | null;
  gross_revenue: Numeric | null;
  discount_amount: Defaulted<Numeric>;
  net_revenue: ReadOnly<Numeric | null>;
  currency: Defaulted<string>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Shipment of an order with promised and actual delivery date and SLA outcome */
export interface Fulfillment {
  tenant_id: Tenant<string>;
  fulfillment_id: Defaulted<number>;
  order_id: string;
  warehouse: string | null;
  carrier: string | null;
  promised_delivery_date: Timestamp | null;
  actual_delivery_date: Timestamp | null;
  fulfillment_status: string | null;
  sla_met: boolean | null;
  days_to_ship: number | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Daily spend and result of a campaign */
export interface MarketingCampaigns {
  tenant_id: Tenant<string>;
  campaign_id: string;
  date: Timestamp;
  channel: string | null;
  spend: Numeric | null;
  impressions: number | null;
  clicks: number | null;
  conversions: number | null;
  revenue_attributed: Numeric | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** What was done, by whom, from where; append-only */
export interface AuditLogs {
  tenant_id: Tenant<string>;
  log_id: Defaulted<string>;
  user_id: string | null;
  action: string;
  resource_type: string;
  resource_id: string | null;
  details: Json | null;
  ip_address: string | null;
  created_at: Defaulted<Timestamp>;
}

/** Orders with the metrics that the named user may see */
export interface VisibleOrders {
  tenant_id: ReadOnly<string>;
  order_id: ReadOnly<string>;
  order_date: ReadOnly<Timestamp>;
  store_id: ReadOnly<string | null>;
  region: ReadOnly<string | null>;
  channel: ReadOnly<string | null>;
  order_status: ReadOnly<string | null>;
  items_count: ReadOnly<number | null>;
  gross_revenue: ReadOnly<Numeric | null>;
  discount_amount: ReadOnly<Numeric | null>;
  net_revenue: ReadOnly<Numeric | null>;
  currency: ReadOnly<string>;
}

/** Fulfilment with the metrics that the named user may see */
export interface VisibleFulfillment {
  tenant_id: ReadOnly<string>;
  fulfillment_id: ReadOnly<number>;
  order_id: ReadOnly<string>;
  warehouse: ReadOnly<string | null>;
  carrier: ReadOnly<string | null>;
  promised_delivery_date: ReadOnly<Timestamp | null>;
  actual_delivery_date: ReadOnly<Timestamp | null>;
  fulfillment_status: ReadOnly<string | null>;
  sla_met: ReadOnly<boolean | null>;
  days_to_ship: ReadOnly<number | null>;
}

/** Campaigns with the metrics that the named user may see; cac is the spend per conversion */
export interface VisibleCampaigns {
  tenant_id: ReadOnly<string>;
  campaign_id: ReadOnly<string>;
  date: ReadOnly<Timestamp>;
  channel: ReadOnly<string | null>;
  impressions: ReadOnly<number | null>;
  clicks: ReadOnly<number | null>;
  spend: ReadOnly<Numeric | null>;
  conversions: ReadOnly<number | null>;
  revenue_attributed: ReadOnly<Numeric | null>;
  cac: ReadOnly<unknown>;
}

/** The tables and views of pack shop, for Kysely. */
export interface ShopDatabase {
  'shop.tenants': Tenants;
  'shop.users': Users;
  'shop.role_metric_visibility': RoleMetricVisibility;
  'shop.governance_rules': GovernanceRules;
  'shop.orders': Orders;
  'shop.fulfillment': Fulfillment;
  'shop.marketing_campaigns': MarketingCampaigns;
  'shop.audit_logs': AuditLogs;
  'shop.visible_orders': VisibleOrders;
  'shop.visible_fulfillment': VisibleFulfillment;
  'shop.visible_campaigns': VisibleCampaigns;
}

/** What createTenantDb has to know of pack shop. */
export const shopPack: PackTables = {
  pack: 'shop',
  tenancy: 'shared',
  tenantColumn: 'tenant_id',
  tables: {
    'shop.tenants': 'tenant',
    'shop.users': 'tenant',
    'shop.role_metric_visibility': 'tenant',
    'shop.governance_rules': 'tenant',
    'shop.orders': 'tenant',
    'shop.fulfillment': 'tenant',
    'shop.marketing_campaigns': 'tenant',
    'shop.audit_logs': 'tenant',
    'shop.visible_orders': 'tenant',
    'shop.visible_fulfillment': 'tenant',
    'shop.visible_campaigns': 'tenant',
  },
};
