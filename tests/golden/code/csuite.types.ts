// Written by "fedgen generate --types" for pack csuite: to be written again, not to be edited.
import type { ColumnType } from 'kysely';
import type { PackTables } from 'fedgen/client/kysely';

type Defaulted<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
type ReadOnly<T> = T extends ColumnType<infer S, infer _I, infer _U> ? ColumnType<S, never, never> : ColumnType<T, never, never>;
/** Filled in; never changes. */
type Tenant<T extends string | null> = ColumnType<T, string | undefined, never>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as text: it may have more digits than a number of JavaScript. */
type Numeric = ColumnType<string, string | number, string | number>;
type Int8 = ColumnType<string, string | number | bigint, string | number | bigint>;
type JsonInput = string | number | boolean | object;
type Json = ColumnType<unknown, JsonInput, JsonInput>;

/** A customer organisation */
export interface Tenants {
  tenant_id: Tenant<string>;
  name: string;
  slug: Defaulted<string>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Which tenant has which slug; kept by a trigger on tenants, read by the platform alone */
export interface TenantSlugs {
  slug: string;
  tenant: string;
}

/** A person as one tenant knows it, authenticated by Clerk */
export interface Users {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  clerk_id: string;
  email: string;
  name: string | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Membership with a role */
export interface TenantMembers {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  user_id: string;
  role: string;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** One profile per tenant */
export interface BusinessProfiles {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  industry: string | null;
  size: string | null;
  revenue: string | null;
  stage: string | null;
  goals: Defaulted<string[]>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** A chat of a user with one persona */
export interface Conversations {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  user_id: string;
  persona_type: string;
  title: string | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** One utterance of a conversation */
export interface Messages {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  conversation_id: string;
  role: string;
  content: string;
  metadata: Json | null;
  created_at: Defaulted<Timestamp>;
}

/** A linked third-party account with encrypted tokens */
export interface Connectors {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  provider: string;
  status: string;
  encrypted_access_token: string;
  encrypted_refresh_token: string | null;
  encryption_key_version: Defaulted<number>;
  token_expires_at: Timestamp | null;
  scopes: Defaulted<string[]>;
  metadata: Json | null;
  last_synced_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Background job */
export interface Tasks {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  user_id: string;
  type: string;
  status: Defaulted<string>;
  priority: Defaulted<string>;
  payload: Json;
  result: Json | null;
  error: string | null;
  job_id: string | null;
  queue_name: string | null;
  executed_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
  module_slug: string | null;
  connector_id: string | null;
}

/** Daily usage counters */
export interface UsageSnapshots {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  date: Timestamp;
  api_calls: Defaulted<number>;
  tokens_used: Defaulted<number>;
  tasks_executed: Defaulted<number>;
  storage_bytes: Defaulted<Int8>;
  created_at: Defaulted<Timestamp>;
}

/** Text with embedding for retrieval; without a tenant: for all */
export interface KnowledgeEntries {
  tenant_id: Tenant<string | null>;
  tenant_key: ReadOnly<string>;
  id: Defaulted<string>;
  source: string;
  content: string;
  embedding: number[] | null;
  metadata: Json | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Finding produced by a dashboard module, with recommended actions */
export interface ModuleInsights {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  module_slug: string;
  severity: string;
  summary: string;
  highlights: Defaulted<string[]>;
  action_items: Defaulted<Json>;
  score: number | null;
  metadata: Json | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Daily traffic and revenue figures, optionally from one connector */
export interface AnalyticsSnapshots {
  tenant_id: Tenant<string>;
  id: Defaulted<string>;
  connector_id: string | null;
  date: Timestamp;
  sessions: Defaulted<number>;
  users: Defaulted<number>;
  conversions: Defaulted<number>;
  revenue: Defaulted<Numeric>;
  source_breakdown: Json;
  metadata: Json | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** The tables and views of pack csuite, for Kysely. */
export interface CsuiteDatabase {
  'csuite.tenants': Tenants;
  'csuite.tenant_slugs': TenantSlugs;
  'csuite.users': Users;
  'csuite.tenant_members': TenantMembers;
  'csuite.business_profiles': BusinessProfiles;
  'csuite.conversations': Conversations;
  'csuite.messages': Messages;
  'csuite.connectors': Connectors;
  'csuite.tasks': Tasks;
  'csuite.usage_snapshots': UsageSnapshots;
  'csuite.knowledge_entries': KnowledgeEntries;
  'csuite.module_insights': ModuleInsights;
  'csuite.analytics_snapshots': AnalyticsSnapshots;
}

/** What createTenantDb has to know of pack csuite. */
export const csuitePack: PackTables = {
  pack: 'csuite',
  tenancy: 'shared',
  tenantColumn: 'tenant_id',
  tables: {
    'csuite.tenants': 'tenant',
    'csuite.tenant_slugs': 'reference',
    'csuite.users': 'tenant',
    'csuite.tenant_members': 'tenant',
    'csuite.business_profiles': 'tenant',
    'csuite.conversations': 'tenant',
    'csuite.messages': 'tenant',
    'csuite.connectors': 'tenant',
    'csuite.tasks': 'tenant',
    'csuite.usage_snapshots': 'tenant',
    'csuite.knowledge_entries': 'mixed',
    'csuite.module_insights': 'tenant',
    'csuite.analytics_snapshots': 'tenant',
  },
};
