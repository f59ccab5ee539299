import { fileURLToPath } from 'node:url';
import type { Settings } from '../../src/index.js';
import type { Major } from '../support/postgres.js';

/** What stands before a mutation. */
export interface Fixture {
  readonly name: string;
  readonly pack: string;
  readonly packDirs: readonly string[];
  /**
   * Applied in this order; mutations that say nothing else must be found in the first one. None where the pack is
   * shared.
   */
  readonly departments: readonly { readonly departmentId: string; readonly department: string }[];
  /** Tenants of a shared pack. */
  readonly tenants?: readonly { readonly tenantId: string; readonly name: string }[];
  /** Rows and permissions: all that makes the fixture look like a database in use. */
  readonly prepare: string;
  /** Logins of pooled applications. */
  readonly trustedRoles?: readonly string[];
  /** Whether departments of it can be attacked; true when missing. */
  readonly probe?: boolean;
  /** Values of the pack's variables on servers of one version. */
  readonly variables?: (version: Major) => Settings['variables'];
}

const SHARED_PACKS = fileURLToPath(new URL('../support/fixtures/packs', import.meta.url));
const USER_PACKS = fileURLToPath(new URL('../fixtures/packs', import.meta.url));

/** Two departments of a pack that a user wrote. */
const ofUserPack = (pack: string, prepare: string): Fixture => ({
  name: pack,
  pack,
  packDirs: [USER_PACKS],
  departments: [
    { departmentId: 'north', department: 'North' },
    { departmentId: 'south', department: 'South' },
  ],
  prepare,
  variables: (version) =>
    version < 15 ? { bookkeeping: { invoker_views: false }, museum: { invoker_views: false } } : {},
  // The attacks cannot fill every table of these packs yet.
  probe: false,
});

/** Two brands of the pack shop, under one of its identity modes. */
const shop = (identity: 'role' | 'signed' | 'variable'): Fixture => ({
  name: identity === 'role' ? 'shop' : `shop-${identity}`,
  pack: 'shop',
  packDirs: [],
  departments: [],
  tenants: [
    { tenantId: 'T001', name: 'Fashion Boutique' },
    { tenantId: 'T002', name: "Tech & O'Brien" },
  ],
  // As the owner, who acts for one tenant at a time: so do migrations.
  prepare: `
    set role federation_owner;
    set app.current_tenant_id = 'T001';
    insert into shop.users (user_id, email, cognito_user_id, role) values ('U1', 'a@example.org', 'c1', 'Admin');
    insert into shop.orders (order_id, order_date, region, gross_revenue) values ('O1', '2026-01-01', 'EU', 10);
    insert into shop.fulfillment (order_id) values ('O1');
    insert into shop.audit_logs (user_id, action, resource_type) values ('U1', 'read', 'orders');
    set app.current_tenant_id = 'T002';
    insert into shop.users (user_id, email, cognito_user_id, role) values ('U1', 'a@example.org', 'c1', 'Admin');
    insert into shop.orders (order_id, order_date, region, gross_revenue) values ('O1', '2026-01-01', 'US', 20);
    ${
      identity === 'signed'
        ? `insert into federation.pack_keys (pack, key_id, inner_pad, outer_pad)
           values ('shop', repeat('a', 16), decode(repeat('36', 64), 'hex'), decode(repeat('5c', 64), 'hex'));`
        : ''
    }`,
  variables: () => ({ shop: { identity } }),
});

/** Rows of no tenant, and tables in two schemas: a pack with a table of every scope. */
const LENDING: Fixture = {
  name: 'lending',
  pack: 'lending',
  packDirs: [SHARED_PACKS],
  departments: [],
  tenants: [
    { tenantId: 'aaaaaaaa-0000-4000-8000-000000000001', name: 'Alpha' },
    { tenantId: 'bbbbbbbb-0000-4000-8000-000000000002', name: 'Beta' },
  ],
  prepare: `
    set role federation_owner;
    insert into lending.genres (code) values ('crime');
    insert into lending.notices (body) values ('to all');
    set app.current_tenant_id = 'aaaaaaaa-0000-4000-8000-000000000001';
    insert into lending.notices (body) values ('to alpha');
    insert into lending.books (isbn, genre) values ('1', 'crime');
    insert into lending.loans (book_id, reader) select id, 'Ada' from lending.books;
    insert into lending_log.visits default values;`,
};

/** A pack whose tenants are who a token says, and a pooled application that brings the tokens. */
const CSUITE: Fixture = {
  name: 'csuite',
  pack: 'csuite',
  packDirs: [],
  departments: [],
  tenants: [
    { tenantId: 'acme', name: 'Acme' },
    { tenantId: 'zeta', name: 'Zeta' },
  ],
  trustedRoles: ['pool'],
  prepare: `
    create role pool login noinherit;
    alter role pool inherit;
    grant csuite_tenant to pool;
    set role federation_owner;
    insert into csuite.knowledge_entries (source, content) values ('web', 'to all');
    set app.current_tenant_id = 'acme';
    insert into csuite.users (id, clerk_id, email) values ('u1', 'c1', 'a@example.org');
    insert into csuite.tasks (user_id, type, payload) values ('u1', 'mail', '{}');
    insert into csuite.connectors (id, provider, status, encrypted_access_token) values ('k1', 'slack', 'active', 'x');
    insert into csuite.analytics_snapshots (date, connector_id, source_breakdown) values ('2026-01-01', 'k1', '{}');
    set app.current_tenant_id = 'zeta';
    insert into csuite.users (id, clerk_id, email) values ('u1', 'c1', 'a@example.org');`,
  variables: () => ({ csuite: { identity: 'signed' } }),
};

/** A pack whose tenants are who the application says, and roles of tenants nowhere. */
const BI: Fixture = {
  name: 'bi',
  pack: 'bi',
  packDirs: [],
  departments: [],
  tenants: [
    { tenantId: 'aaaaaaaa-0000-4000-8000-000000000001', name: 'Alpha' },
    { tenantId: 'bbbbbbbb-0000-4000-8000-000000000002', name: 'Beta' },
  ],
  trustedRoles: ['pool'],
  prepare: `
    create role pool login;
    grant bi_tenant to pool;`,
  variables: () => ({ bi: { identity: 'variable' } }),
};

/** The databases that are mutated, by name. */
export const FIXTURES: readonly Fixture[] = [
  {
    name: 'federation',
    pack: 'federation',
    packDirs: [],
    departments: [
      { departmentId: 'hr', department: 'Human Resources' },
      { departmentId: 'sales', department: "Sales & O'Brien" },
      // Looked at first, and clean: what stands exactly like it is taken for clean, so the digest must tell them apart.
      { departmentId: 'aid', department: 'Aid' },
    ],
    // hr may read the contacts of sales: what is permitted must never be alarmed about.
    prepare: `
      select federation.grant_cross_dept('hr', 'sales', 'read', 'contacts', 'the fixture');
      insert into hr_tenant.contacts (contact_id, full_name) values ('h1', 'Ada of hr'), ('h2', 'Ben of hr');
      insert into sales_tenant.contacts (contact_id, full_name) values ('s1', 'Cid of sales');
      insert into hr_tenant.tool_calls (tool_call_id, session_id, function_name) values ('t1', 's1', 'dial');
      insert into hr_tenant.email_logs (session_id, tool_call_id, recipient_email, subject) values ('s1', 't1', 'a@example.org', 'hello');
      insert into sales_tenant.tool_calls (tool_call_id, session_id, function_name) values ('t1', 's1', 'dial');`,
  },
  ofUserPack(
    'metering',
    `insert into north_tenant.meters (serial, medium, installed_on) values ('0A1B2C3D', 'power', '2024-05-01');
     insert into north_tenant.readings (serial, read_at, raw) values ('0A1B2C3D', '2025-06-01', 10), ('0A1B2C3D', '2026-06-01', 90);
     insert into south_tenant.meters (serial, medium, installed_on) values ('0A1B2C3D', 'gas', '2024-05-01');`,
  ),
  ofUserPack(
    'bookkeeping',
    `insert into north_tenant.accounts (code, kind, title) values ('1000', 'asset', 'Cash'), ('4000', 'income', 'Sales');
     insert into south_tenant.accounts (code, kind, title) values ('1000', 'asset', 'Cash of south');`,
  ),
  ofUserPack(
    'clinic',
    `insert into north_tenant.practitioners (licence, full_name, weekly_hours) values ('AB-123456', 'Dr. North', 38.5);
     insert into north_tenant.patients (given_name, family_name, born, email, insurance) values ('Ada', 'North', '1990-01-01', 'a@example.org', '{"number": 1}');
     insert into south_tenant.rooms (code, storey) values ('B101', 1);`,
  ),
  ofUserPack(
    'museum',
    `insert into north_tenant.objets ("order", made) values ('b', '[1,2]'), ('c', '[3,4]');
     insert into north_tenant."select" ("from") select id from north_tenant.objets;
     insert into north_tenant.loans (country, due, n) values ('FR', '2026-05-01', 1), ('DE', '2026-05-01', 1);
     insert into north_tenant.movements (weight) values (1);`,
  ),
  shop('role'),
  shop('signed'),
  shop('variable'),
  LENDING,
  CSUITE,
  BI,
];
