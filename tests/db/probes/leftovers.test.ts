import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply } from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
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

/** The catalogue, every row with its place and its writer, and how far every sequence is. */
async function everything(database: TestDatabase): Promise<string[]> {
  return withClient(database.url, async (client) => {
    const { rows: tables } = await client.query<{ name: string; kind: string }>(
      `select oid::regclass::text as name, relkind as kind from pg_class
        where relkind in ('r', 'S') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)' order by 1`,
    );
    const contents: string[] = [];
    for (const { name, kind } of tables) {
      const { rows } = await client.query<{ row: string }>(
        kind === 'S'
          ? `select format('%s %s', last_value, is_called) as row from ${name}`
          : `select format('%s %s %s', t.ctid, t.xmin, t) as row from ${name} t order by 1`,
      );
      contents.push(...rows.map(({ row }) => `${name} ${row}`));
    }
    const { rows: objects } = await client.query<{ row: string }>(
      `select format('large object %s', oid) as row from pg_largeobject_metadata order by 1`,
    );
    return [...(await snapshotCatalogue(client)), ...contents, ...objects.map(({ row }) => row)];
  });
}

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
