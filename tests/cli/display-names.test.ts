import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { writeTinyPack } from '../support/fixtures/packs.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'display_names', { FEDGEN_PACK: 'tiny' });
  await writeTinyPack(installation.workspace);
});
afterAll(async () => await installation.drop());

const NAMES: readonly (readonly [id: string, name: string])[] = [
  ['quote', `O'Brien's "Legal"`],
  ['injection', `x'; drop schema public cascade; --`],
  ['backslash', String.raw`C:\new\'table\\`],
  ['dollar', '$$ end $do$ $1 $$'],
  ['comment', 'a -- b /* c'],
  ['template', '{{ target.id }} {% raw %} {# x #}'],
  ['emoji', 'Büro 💥 👩‍👩‍👧 العربية'],
  ['longest', '💥'.repeat(255)],
  ['blanks', '  spaced  '],
  ['format', '%I %s %%'],
];

it.each(NAMES)('the display name of %s comes back as it was given: %j', async (id, name) => {
  await installation.ok('apply', '--department-id', id, `--department=${name}`);
  const registered = await withClient(installation.url, async (client) => {
    const { rows } = await client.query<{ name: string; comment: string; publics: number }>(
      `select department_name as name, obj_description(tenant_schema::regnamespace, 'pg_namespace') as comment,
              (select count(*)::integer from pg_namespace where nspname = 'public') as publics
         from federation.departments where department_id = $1`,
      [id],
    );
    return rows;
  });
  expect(registered).toEqual([{ name, comment: name, publics: 1 }]);
  const status = await installation.ok('status', '--department-id', id, '--format', 'json');
  expect(parseDocument(status)).toMatchObject({ status: { departments: [{ departmentId: id, name }] } });
  // Its name is known from now on, and nothing about it has changed.
  const again = await installation.ok('apply', '--department-id', id);
  expect(again.stdout).toBe(`Nothing to do: ${id}_tenant stands at 0002_register_department.\n`);
});
