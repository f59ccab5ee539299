import { fileURLToPath } from 'node:url';

/** What stands before a mutation. */
export interface Fixture {
  readonly name: string;
  readonly pack: string;
  readonly packDirs: readonly string[];
  /** Applied in this order; mutations that say nothing else must be found in the first one. */
  readonly departments: readonly { readonly departmentId: string; readonly department: string }[];
  /** Rows and permissions: all that makes the fixture look like a database in use. */
  readonly prepare: string;
}

const USER_PACKS = fileURLToPath(new URL('../fixtures/packs', import.meta.url));

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
];

/** Folder of the packs that users might have written. */
export const userPacks = USER_PACKS;
