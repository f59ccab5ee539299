import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, validate, type Settings, type ValidationReport } from '../../../src/index.js';
import { readSqlFiles } from '../../../src/validate/sql-files.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';

/** The roles that the examples in templates/_checks name; in a test they carry its prefix. */
const ROLES =
  /\b(hr_role|sales_role|spy|federation_owner|federation_tenant|federation_admin_role|cross_dept_query_role|mcp_user)\b/g;

const files = (await readSqlFiles('_checks', 180_000)).filter(({ name }) => !name.startsWith('_'));
const withExample = files.filter(({ head }) => head['example'] !== undefined);

let database: TestDatabase;
let settings: Settings;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'checks');
  settings = testSettings(database);
  for (const departmentId of ['hr', 'sales'])
    await apply({ departmentId, department: departmentId, settings });
  await apply({ pack: 'activity', settings });
  await sql('create role spy nologin');
}, 60_000);
afterAll(() => database.drop());

const sql = async (text: string): Promise<void> => {
  const named = text.replaceAll(ROLES, `${database.rolePrefix}$1`).replaceAll('{database}', database.name);
  await withClient(database.url, (client) => client.query(named));
};

/** Looks at a department, or at the pack that the check's file names. */
const look = (code: string): Promise<ValidationReport> => {
  const pack = files.find(({ name }) => name === code)?.head['pack'];
  const target = pack === undefined ? { departmentId: 'hr' } : { pack };
  return validate({ ...target, settings, only: [code], failOn: 'note' });
};

/** Objects of the findings that were not there before. */
const foundBy = (report: ValidationReport, code: string): string[] =>
  [...report.checks, ...report.targets.flatMap(({ checks }) => checks)]
    .filter((check) => check.code === code)
    .flatMap(({ findings }) => findings.map((finding) => finding.key));

describe('every check of the catalogue', () => {
  it('says what is true, why it matters, what it looks at, and gives an example', () => {
    for (const { name, head } of files) {
      expect(head, name).toMatchObject({
        title: expect.stringMatching(/\S/) as string,
        why: expect.stringMatching(/\S/) as string,
        scope: expect.stringMatching(/^(?:server|target|rows)$/) as string,
      });
    }
    // A server cannot be downgraded in a test.
    expect(files.filter((file) => !withExample.includes(file)).map(({ name }) => name)).toEqual([
      'server_version',
    ]);
  });

  it.each(withExample.map(({ name, head }) => [name, head['example'] ?? '', head['mended'] ?? '']))(
    '%s finds its example and nothing once that is mended',
    async (code, example, mended) => {
      const before = foundBy(await look(code), code);
      await sql(example);
      const broken = foundBy(await look(code), code);
      expect(broken.filter((key) => !before.includes(key))).not.toEqual([]);
      await sql(mended);
      expect(foundBy(await look(code), code)).toEqual(before);
    },
  );
});
