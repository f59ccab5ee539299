import path from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { diffCatalogues, snapshotCatalogue } from '../support/catalogue.js';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { ADD_TABLE, ADD_TABLE_YAML, writePack } from '../support/fixtures/packs.js';

let installation: Installation;
let dir: string;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'extending');
  dir = await writePack(installation.workspace, {
    name: 'mine',
    extends: 'federation',
    yaml: ADD_TABLE_YAML,
    files: { '0012_add_table.sql.njk': ADD_TABLE },
  });
});
afterAll(async () => await installation.drop());

const HR = ['--department-id', 'hr'];
const MINE = ['--pack', 'mine'];

it('a table is added to a department by a pack that extends its own', async () => {
  const { ok, run } = installation;
  const catalogue = (): Promise<string[]> =>
    withClient(installation.url, (client) => snapshotCatalogue(client));
  await ok('apply', ...HR, '--department', 'Human Resources');
  const before = await catalogue();

  expect((await run('status', ...HR, ...MINE, '--check')).code).toBe(1);
  const early = await run('validate', ...HR, ...MINE);
  expect(early.code, early.stdout).toBe(1);
  expect(early.stdout).toContain('meeting_notes');

  const dryRun = await ok('apply', ...HR, ...MINE, '--dry-run');
  expect(dryRun.stdout).toContain(`-- hr 0012_add_table (${path.join(dir, '0012_add_table.sql.njk')})`);
  expect(diffCatalogues(before, await catalogue())).toEqual([]);

  const applied = await ok('apply', ...HR, ...MINE);
  expect(applied.stdout).toMatch(/^Applied 1 script to hr_tenant in .*\n {2}✓ hr 0012_add_table /);
  const verdict = await ok('validate', ...HR, ...MINE, '--verbose');
  expect(verdict.stdout).toContain('25 of 25 tables');
  await ok('status', ...HR, ...MINE, '--check');

  // The base pack does not know what stands now, and says which pack to use.
  const base = await run('apply', ...HR);
  expectError(base, 4, 'E_SCRIPT_ORDER');
  expect(base.stderr).toContain('mine/0012_add_table');
  expect(base.stderr).toContain('--pack');

  await ok('rollback', ...HR, ...MINE, '--steps', '1');
  expect(diffCatalogues(before, await catalogue())).toEqual([]);
  const status = parseDocument(await ok('status', ...HR, ...MINE, '--format', 'json'));
  expect(status).toMatchObject({ status: { departments: [{ version: 11, pending: 1 }] } });
  await ok('apply', ...HR, ...MINE);
});

it('the extending pack takes the whole department back as well, one by one', async () => {
  const { ok } = installation;
  await ok('apply', '--department-id', 'legal', '--department', 'Legal');
  await ok('apply', '--department-id', 'legal', ...MINE);
  const undone = await ok('rollback', '--department-id', 'legal', ...MINE, '--to', '0');
  expect(undone.stdout).toContain('Rolled back 12 scripts of legal_tenant.');
});

it('a new department gets all of it at once', async () => {
  const applied = await installation.ok(
    'apply',
    '--department-id',
    'sales',
    '--department',
    'Sales',
    ...MINE,
  );
  expect(applied.stdout).toContain('Applied 12 scripts to sales_tenant');
});
