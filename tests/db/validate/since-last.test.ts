import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, rollback, status, validate, type Settings } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';

let database: TestDatabase;
let settings: Settings;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'since');
  settings = testSettings(database);
  await apply({ departmentId: 'hr', department: 'HR', settings });
  await apply({ departmentId: 'sales', department: 'Sales', settings });
});
afterAll(() => database.drop());

const sql = (text: string): Promise<unknown> => withClient(database.url, (client) => client.query(text));

/** Which departments were found unchanged, and how many findings the others have. */
async function look(): Promise<Record<string, 'unchanged' | number>> {
  const { targets } = await validate({ all: true, sinceLast: true, settings });
  return Object.fromEntries(
    targets.map(({ target, unchanged, checks }) => [
      target,
      unchanged ? 'unchanged' : checks.flatMap(({ findings }) => findings).length,
    ]),
  );
}

async function drifted(): Promise<Record<string, number>> {
  const { departments } = await status({ settings });
  return Object.fromEntries(
    departments.flatMap(({ departmentId, drifted: found }) =>
      found ? [[departmentId, found.findings] as const] : [],
    ),
  );
}

describe('validate --since-last', () => {
  it('looks again at what has changed, and status tells what had drifted until a script is run there', async () => {
    expect(await drifted()).toEqual({});
    expect(await look()).toEqual({ hr: 0, sales: 0 });
    expect(await look()).toEqual({ hr: 'unchanged', sales: 'unchanged' });
    expect(await drifted()).toEqual({});

    await sql('alter table hr_tenant.contacts alter column contact_id drop not null');
    const found = await look();
    expect(found['sales']).toBe('unchanged');
    expect(found['hr']).toBeGreaterThan(0);
    expect(await drifted()).toEqual({ hr: found['hr'] });
    // It is looked at again although it stands as it stood: only a clean one is known.
    expect(await look()).toEqual(found);

    await sql('alter table hr_tenant.contacts alter column contact_id set not null');
    expect(await look()).toEqual({ hr: 0, sales: 'unchanged' });
    expect(await drifted()).toEqual({});

    await sql('alter table sales_tenant.contacts alter column contact_id drop not null');
    await look();
    expect(Object.keys(await drifted())).toEqual(['sales']);
    await rollback({ departmentId: 'sales', settings, goal: { kind: 'all' } });
    await apply({ departmentId: 'sales', department: 'Sales', settings });
    expect(await drifted()).toEqual({});
    expect(await look()).toEqual({ hr: 'unchanged', sales: 0 });
  });

  it('remembers nothing of a validation that left something out', async () => {
    await sql('alter table hr_tenant.contacts alter column contact_id drop not null');
    await validate({ departmentId: 'hr', sinceLast: true, only: ['drift'], settings });
    expect(await drifted()).toEqual({});
    await sql('alter table hr_tenant.contacts alter column contact_id set not null');
  });
});
