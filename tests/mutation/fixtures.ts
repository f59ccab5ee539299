import { fileURLToPath } from 'node:url';
import type { Settings } from '../../src/index.js';
import type { Major } from '../support/postgres.js';

/** What stands before a mutation. */
export interface Fixture {
  readonly name: string;
  readonly pack: string;
  readonly packDirs: readonly string[];
  /** Applied in this order; mutations that say nothing else must be found in the first one. */
  readonly departments: readonly { readonly departmentId: string; readonly department: string }[];
  /** Rows and permissions: all that makes the fixture look like a database in use. */
  readonly prepare: string;
  /** Whether departments of it can be attacked; true when missing. */
  readonly probe?: boolean;
  /** Values of the pack's variables on servers of one version. */
  readonly variables?: (version: Major) => Settings['variables'];
}

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
  variables: (version) => (version < 15 ? { bookkeeping: { invoker_views: false } } : {}),
  // The attacks cannot fill every table of these packs yet.
  probe: false,
});

/** The databases that are mutated, by name. */
export const FIXTURES: readonly Fixture[] = [
  {
    name: 'federation',
    pack: 'federation',
    packDirs: [],
    departments: [
      { departmentId: 'hr', department: 'Human Resources' },
      { departmentId: 'sales', department: "Sales & O'Brien" },
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
];
