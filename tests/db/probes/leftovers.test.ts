import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply } from '../../../src/index.js';
import { diffCatalogues } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { everything } from '../../support/everything.js';
import { loginUrl } from '../../support/rows.js';
import { probeDepartment } from './department-world.js';
import { buildSharedWorld, findingsOf, probeShared } from './shared-world.js';

let departments: TestDatabase;
let shared: TestDatabase;
beforeAll(async () => {
  departments = await createTestDatabase(inject('testServer'), 'leftovers');
  const settings = testSettings(departments);
  for (const departmentId of ['hr', 'sales'])
    await apply({ departmentId, department: departmentId, settings });
  await withClient(departments.url, (client) =>
    client.query(`insert into hr_tenant.contacts (contact_id) select 'c' || n from generate_series(1, 500) n;
      insert into hr_tenant.conversation_history (session_id, turn_index, speaker, message_text) select 's', n, 'user', 'm' from generate_series(1, 5) n`),
  );
  shared = await createTestDatabase(inject('testServer'), 'leftovers');
  await buildSharedWorld(shared);
});
afterAll(async () => {
  await departments.drop();
  await shared.drop();
});

const suspect =
  'create view public.v as select contact_id from sales_tenant.contacts; grant select on public.v to public';

describe('after a run everything is as before', () => {
  it.each([
    ['of a department', () => probeDepartment(departments)],
    [
      'with holes',
      () =>
        probeDepartment(departments, {
          sabotage: 'grant pg_write_all_data to hr_role; alter role hr_role superuser',
        }),
    ],
    ['with rows planted in a neighbour', () => probeDepartment(departments, { sabotage: suspect })],
    [
      'that fails in the middle',
      async () => {
        const run = probeDepartment(departments, {
          change: (arena) => ({ ...arena, gateway: 'nobody_of_this_name' }),
        });
        await expect(run).rejects.toMatchObject({ code: '22023' });
      },
    ],
  ])('%s', async (_what, run) => {
    const before = await everything(departments);
    await run();
    expect(diffCatalogues(before, await everything(departments))).toEqual([]);
  });

  it('in shared tables', async () => {
    const before = await everything(shared);
    await probeShared(shared, 'alter table shared.project disable row level security');
    expect(diffCatalogues(before, await everything(shared))).toEqual([]);
  });
});

describe('within a run', () => {
  it('no row of a live table is written or locked, not even while an application works on it', async () => {
    await withClient(loginUrl(departments, 'hr'), async (application) => {
      await application.query(`begin; update hr_tenant.contacts set notes = 'busy'`);
      const report = await probeDepartment(departments, {
        look: async (client) => {
          const { rows } = await client.query(
            `select count(*)::int as n from hr_tenant.contacts where xmax <> 0 and contact_id like 'c%' and xmax::text = (txid_current() % (2^32)::bigint)::text`,
          );
          expect(rows).toEqual([{ n: 0 }]);
        },
      });
      expect(findingsOf(report)).toEqual([]);
      await application.query('rollback');
    });
  });

  it('the caller’s listeners hear no notice of the attacks', async () => {
    const heard: string[] = [];
    await probeDepartment(departments, {
      change: (arena) => {
        arena.session.client.on('notice', (notice) => heard.push(notice.message ?? ''));
        return arena;
      },
    });
    expect(heard.filter((text) => text.includes('fgdept7'))).toEqual([]);
  });

  it('nothing stays of what was tried, but the planted rows', async () => {
    await probeDepartment(departments, {
      look: async (client) => {
        const { rows } = await client.query(
          `select count(*)::int as n, (select count(*)::int from pg_roles where rolname like 'fedgen_probe%') as roles,
                  (select count(*)::int from pg_prepared_statements) as prepared, current_user = session_user as self
             from hr_tenant.contacts`,
        );
        expect(rows).toEqual([{ n: 501, roles: 0, prepared: 0, self: true }]);
      },
    });
  });
});
