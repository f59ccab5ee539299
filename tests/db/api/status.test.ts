import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, rollback, status, type DepartmentStatus, type Settings } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';

let database: TestDatabase;
let settings: Settings;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'status');
  settings = testSettings(database);
  for (const departmentId of ['hr', 'sales', 'legal']) {
    await apply({ departmentId, department: departmentId.toUpperCase(), settings });
  }
});
afterAll(() => database.drop());

const one = async (departmentId: string): Promise<DepartmentStatus | undefined> =>
  (await status({ settings, departmentId })).departments[0];
const ledger = (sql: string): Promise<unknown> => withClient(database.url, (client) => client.query(sql));

describe('status', () => {
  it('lists every department, also one that was rolled back below its registration', async () => {
    await rollback({ departmentId: 'legal', settings, goal: { kind: 'to', number: 1 } });
    const { departments } = await status({ settings });
    expect(departments.map((each) => [each.departmentId, each.status, each.version, each.pending])).toEqual([
      ['hr', 'ACTIVE', 11, 0],
      ['sales', 'ACTIVE', 11, 0],
      ['legal', 'UNREGISTERED', 1, 10],
    ]);
    await rollback({ departmentId: 'legal', settings, goal: { kind: 'to', number: 0 } });
    expect((await status({ settings })).departments).toHaveLength(2);
  });

  it('tells a script of another pack without failing as a whole', async () => {
    await ledger(
      `update federation.schema_migrations set pack = 'acme' where target = 'sales' and number = 11`,
    );
    const { departments } = await status({ settings });
    expect(departments.map((each) => [each.departmentId, each.unknown, each.pending])).toEqual([
      ['hr', 0, 0],
      ['sales', 1, 1],
    ]);
    await ledger(
      `update federation.schema_migrations set pack = 'federation' where target = 'sales' and number = 11`,
    );
  });

  it('tells edited scripts from those with other values', async () => {
    await ledger(
      `update federation.schema_migrations set rendered_checksum = 'x',
              template_checksum = case number when 3 then 'x' else template_checksum end
        where target = 'hr' and number in (3, 4)`,
    );
    const states = (await one('hr'))?.scripts.slice(2, 5).map((script) => script.state);
    expect(states).toEqual(['edited', 'revalued', 'applied']);
    expect((await status({ settings })).departments[0]).toMatchObject({ departmentId: 'hr', edited: 1 });
  });

  it('marks runs whose backend is gone as interrupted when the next one begins', async () => {
    await ledger(`update federation.migration_runs set state = 'running', backend_pid = 1, finished_at = null
                   where run_id = (select run_id from federation.migration_runs order by started_at limit 1)`);
    await apply({ departmentId: 'it_support', department: 'IT', settings });
    const { rows } = await withClient(database.url, (client) =>
      client.query('select state, count(*)::int as n from federation.migration_runs group by 1 order by 1'),
    );
    expect(rows).toContainEqual({ state: 'interrupted', n: 1 });
    expect(rows.map((row: { state: string }) => row.state)).not.toContain('running');
  });
});
