import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { departmentScripts, writePack } from '../support/fixtures/packs.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'unprobed');
});
afterAll(async () => await installation.drop());

/** Values that satisfy it are easy to check and hard to find; the trigger swallows all rows but one. */
const PUZZLES = `-- Two tables that nobody can fill by looking at the catalogue.
{% from "_macros/tables.njk" import department_column %}
{% from "_macros/security.njk" import secure %}
create table {{ 'puzzles' | qualified(target.schema) }} (
  {{ department_column(target) }},
  n bigint not null check (n * n % 1000003 = 4 and n > 1000),
  constraint puzzles_department_check check (department = {{ target.id | literal }}),
  constraint puzzles_pkey primary key (department, n)
);
create table {{ 'sieves' | qualified(target.schema) }} (
  {{ department_column(target) }},
  word text not null,
  constraint sieves_department_check check (department = {{ target.id | literal }}),
  constraint sieves_pkey primary key (department, word)
);
create function {{ 'sift' | qualified(target.schema) }}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp
as $fn$ begin return case when new.word = 'sesame' then new end; end $fn$;
create trigger sift before insert on {{ 'sieves' | qualified(target.schema) }} for each row execute function {{ 'sift' | qualified(target.schema) }}();
{{ secure(target, roles, 'puzzles') }}
{{ secure(target, roles, 'sieves') }}
`;

const table = (name: string, sample: string): string => `  - name: ${name}
    category: riddles
    purpose: A table that is hard to fill
    retention: { none: For tests }
    essentialIndexes: [${name}_pkey]
${sample}`;

const write = async (samples: readonly [string, string]): Promise<unknown> =>
  writePack(installation.workspace, {
    name: 'riddles',
    yaml: `functions: [sift]\ntables:\n${table('puzzles', samples[0])}${table('sieves', samples[1])}`,
    files: { ...(await departmentScripts()), '0003_create_puzzles.sql.njk': PUZZLES },
  });

const ARGS = ['--pack', 'riddles', '--department-id', 'hr'];

it('a table that cannot be filled is named, and fails the run as broken isolation', async () => {
  await write(['', '']);
  await installation.ok('apply', ...ARGS, '--department', 'HR');
  const result = await installation.run('validate', ...ARGS, '--only', 'probe', '--format', 'json');
  expect(result.code).toBe(5);
  const findings = JSON.stringify(parseDocument(result)).match(/could not be probed: [^"\\]*/g) ?? [];
  // What stands in the way of the scratch is taken away, if it is a constraint; live tables are left alone.
  expect(findings.map((each) => each.replace(/\(SQLSTATE.*/, ''))).toEqual([
    'could not be probed: no row could be planted: a trigger or rule swallows it',
    'could not be probed: no row could be planted (puzzles_n_check): new row for relation ',
    'could not be probed: no row could be planted: a trigger or rule swallows it',
  ]);
  const text = await installation.run('validate', ...ARGS);
  expect(text.code).toBe(5);
  expect(text.stdout).toContain('hr_tenant.puzzles');
  expect(text.stdout).toContain('hr_tenant.sieves');
  expect(text.stdout).toContain('sample: { column:');
});

it('it is attacked once the pack says a value that it takes', async () => {
  await write([`    sample: { n: '1000005' }\n`, `    sample: { word: "'sesame'" }\n`]);
  const result = await installation.run('validate', ...ARGS, '--only', 'probe', '--verbose');
  expect(result.stdout).toContain('2 tables with a row of another department');
  expect(result.stdout).not.toContain('could not be probed');
  expect(result.code, result.stdout).toBe(0);
});
