import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, validate, type Settings, type ValidationReport } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { loginUrl } from '../../support/rows.js';

let database: TestDatabase;
let settings: Settings;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'live');
  settings = testSettings(database);
  await apply({ departmentId: 'hr', department: 'HR', settings });
  await withClient(loginUrl(database, 'hr'), (client) =>
    client.query(
      `insert into hr_tenant.contacts (contact_id) select 'c' || n from generate_series(1, 500) n`,
    ),
  );
  // As autovacuum would, at a moment of its own: what has most rows is what the pool probes read.
  await sql('analyze hr_tenant.contacts');
});
afterAll(() => database.drop());

const findingsOf = (report: ValidationReport): string[] =>
  report.targets
    .flatMap(({ checks }) => checks)
    .flatMap((check) => check.findings.map((finding) => `${check.code}: ${finding.message}`));
const sql = async (text: string): Promise<unknown[]> =>
  (await withClient(database.url, (client) => client.query<Record<string, unknown>>(text))).rows;

describe('validate beside an application at work', () => {
  it('touches and locks no row of the department', async () => {
    const rows = 'select ctid::text, xmin::text, md5(t::text) from hr_tenant.contacts t order by 1';
    const before = await sql(rows);
    await withClient(loginUrl(database, 'hr'), async (application) => {
      await application.query('begin');
      await application.query(`update hr_tenant.contacts set notes = 'busy' where contact_id = 'c7'`);
      expect(findingsOf(await validate({ departmentId: 'hr', settings }))).toEqual([]);
      await application.query('rollback');
    });
    expect(await sql(rows)).toEqual(before);
  });

  it('names who locks a table instead of waiting for ever', async () => {
    await withClient(database.url, async (blocker) => {
      await blocker.query('begin; lock table hr_tenant.contacts in access exclusive mode');
      await expect(validate({ departmentId: 'hr', settings })).rejects.toMatchObject({
        code: 'E_DB_LOCKED',
        message: expect.stringMatching(/backend \d+ .*contacts/) as string,
      });
      await blocker.query('rollback');
    });
    expect(findingsOf(await validate({ departmentId: 'hr', settings }))).toEqual([]);
  });

  it('finds a table that belongs to somebody else', async () => {
    const owner = `"${database.rolePrefix}federation_owner"`;
    await sql(`alter table hr_tenant.api_keys owner to "${database.rolePrefix}hr_role"`);
    const report = await validate({ departmentId: 'hr', settings });
    expect(findingsOf(report).join('\n')).toContain('an owner can switch row level security off');
    await sql(`alter table hr_tenant.api_keys owner to ${owner}`);
  });
});
