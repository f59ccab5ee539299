import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { probeDepartment } from './department-world.js';
import { codesOf, findingsOf } from './shared-world.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'department');
  const settings = testSettings(database);
  for (const departmentId of ['hr', 'sales'])
    await apply({ departmentId, department: departmentId, settings });
  await withClient(database.url, (client) =>
    client.query(`insert into hr_tenant.contacts (contact_id) select 'c' || n from generate_series(1, 500) n;
      insert into sales_tenant.contacts (contact_id) select 'c' || n from generate_series(1, 500) n; analyze`),
  );
});
afterAll(() => database.drop());

/** What breaks, and the checks that find it, all of them. */
const SABOTAGE: Readonly<
  Record<string, { readonly sql: string; readonly later?: string; readonly codes: readonly string[] }>
> = {
  'a grant on a neighbour': {
    sql: 'grant usage on schema sales_tenant to hr_role; grant select on sales_tenant.notifications to hr_role',
    codes: ['foreign_read', 'foreign_write'],
  },
  'a grant of one column of a neighbour': {
    sql: 'grant usage on schema sales_tenant to hr_role; grant select (title) on sales_tenant.notifications to public',
    codes: ['foreign_read'],
  },
  'a grant to write': {
    sql: 'grant usage on schema sales_tenant to hr_role; grant delete on sales_tenant.notifications to hr_role',
    codes: ['foreign_write'],
  },
  'a strong privilege on a neighbour': {
    sql: 'grant usage on schema sales_tenant to hr_role; grant trigger on sales_tenant.notifications to hr_role',
    codes: ['ddl_attempts'],
  },
  'a sequence of a neighbour': {
    sql: 'grant usage on schema sales_tenant to hr_role; grant usage on sequence sales_tenant.conversation_history_id_seq to hr_role',
    codes: ['foreign_write'],
  },
  'a grant to everybody on the own schema': {
    sql: 'grant usage on schema hr_tenant to public; grant select on hr_tenant.contacts to public',
    codes: ['foreign_read', 'foreign_write'],
  },
  'a predefined role': {
    sql: 'grant pg_read_all_data to hr_role',
    codes: ['foreign_read', 'foreign_write', 'becoming_others', 'server_reach'],
  },
  'membership of a neighbour': {
    sql: 'grant sales_role to hr_role',
    codes: ['foreign_read', 'foreign_write', 'becoming_others'],
  },
  'a role that passes by': {
    sql: 'alter role hr_role bypassrls',
    codes: ['foreign_read', 'hand_over', 'becoming_others'],
  },
  'row security off on a live table': {
    sql: 'alter table hr_tenant.contacts disable row level security',
    codes: ['foreign_read', 'hand_over'],
  },
  'a live table that belongs to its tenant': {
    sql: 'alter table hr_tenant.error_logs owner to hr_role',
    codes: ['ddl_attempts'],
  },
  'a lost policy on a live table': {
    sql: 'drop policy isolation_insert on hr_tenant.audit_trail',
    codes: ['positive_controls'],
  },
  'a lost grant on a live table': {
    sql: 'revoke update on hr_tenant.contacts from hr_role',
    codes: ['positive_controls'],
  },
  'a check that lets other departments in': {
    sql: 'alter table hr_tenant.contacts drop constraint contacts_department_check; alter policy isolation on hr_tenant.contacts with check (true); alter policy floor_insert on hr_tenant.contacts with check (true)',
    codes: ['hand_over'],
  },
  'an append-only table that is not': {
    sql: `grant delete on hr_tenant.audit_trail to hr_role; create policy d on hr_tenant.audit_trail for delete using (true);
      drop trigger audit_trail_append_only on hr_tenant.audit_trail`,
    codes: ['positive_controls'],
  },
  'policies to a group': {
    sql: 'create policy p on sales_tenant.contacts to federation_tenant using (false)',
    codes: ['ddl_attempts'],
  },
  'a live table that cannot be filled': {
    sql: 'alter table hr_tenant.contacts add constraint odd check (length(contact_id) * length(contact_id) = 1522756) not valid',
    codes: ['unprobed_tables'],
  },
  'a view over a neighbour': {
    sql: 'create view public.v as select full_name from sales_tenant.contacts; grant select on public.v to public',
    codes: ['canary_sweep'],
  },
  'a function over a neighbour': {
    sql: `create function public.f() returns setof text language sql security definer as 'select contact_id from sales_tenant.contacts';`,
    codes: ['callable_functions'],
  },
  'a function that looks into every schema': {
    sql: `create function public.f() returns setof text language plpgsql security definer as $$ declare s text; begin
      for s in select nspname from pg_namespace where nspname like '%\\_tenant' loop
        return query execute format('select full_name::text from %I.contacts', s); end loop; end $$`,
    codes: ['callable_functions'],
  },
  'a table that a definer trigger copies to': {
    sql: `create table public.log (line text); grant select on public.log to public;
      create function public.spill() returns trigger language plpgsql security definer as $$ begin insert into public.log values (new::text); return new; end $$;`,
    later:
      'create trigger spill before insert on scratch_tenant.contacts for each row execute function public.spill()',
    codes: ['canary_sweep'],
  },
};

describe('a department', () => {
  it('is apart as built', async () => {
    expect(findingsOf(await probeDepartment(database), ['error', 'warning'])).toEqual([]);
  });

  it.each(Object.entries(SABOTAGE))('is not with %s', async (_what, { sql, later = '', codes }) => {
    const report = await probeDepartment(database, { sabotage: sql, later });
    expect([codesOf(report), findingsOf(report).join('\n')]).toEqual([codes, expect.anything()]);
  });
});
