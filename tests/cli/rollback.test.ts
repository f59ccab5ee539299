import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import pg from 'pg';
import { diffCatalogues, snapshotCatalogue } from '../support/catalogue.js';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { writeTinyPack } from '../support/fixtures/packs.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'rollback');
  await installation.ok('apply', '--department-id', 'hr', '--department', 'HR');
});
afterAll(async () => await installation.drop());

const catalogue = (): Promise<string[]> =>
  withClient(installation.url, (client) => snapshotCatalogue(client));

/** A row of a department, inserted as its own role. */
async function insertCall(id: string): Promise<void> {
  await withClient(installation.url, async (client) => {
    await client.query(`set role ${pg.escapeIdentifier(`${installation.rolePrefix}${id}_role`)}`);
    await client.query(
      `insert into ${pg.escapeIdentifier(`${id}_tenant`)}.tool_calls (tool_call_id, session_id, function_name)
       values (gen_random_uuid()::text, 's', 'f')`,
    );
  });
}

/** Runs what must change nothing. */
async function unchanged(run: () => Promise<void>): Promise<void> {
  const before = await catalogue();
  await run();
  expect(diffCatalogues(before, await catalogue())).toEqual([]);
}

describe('how far must be said', () => {
  it.each([
    [[]],
    [['--department-id', 'hr']],
    [['--department-id', 'hr', '--steps', '1', '--all']],
    [['--department-id', 'hr', '--steps', '1', '--to', '1']],
  ])('%j', async (args) => {
    const result = await installation.run('rollback', ...args);
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain('--to, --steps, --all and --run');
  });

  it.each([[['--steps', '1']], [['--all']]])('and of which department: %j', async (args) => {
    const result = await installation.run('rollback', ...args);
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain('pack federation needs --department-id');
  });

  it('and --all and --control-plane need --yes where there is no terminal', async () => {
    await unchanged(async () => {
      for (const args of [
        ['--department-id', 'hr', '--all'],
        ['--department-id', 'h*', '--all'],
        ['--control-plane'],
      ]) {
        const result = await installation.run('rollback', ...args);
        expectError(result, 2, 'E_CONFIRMATION');
        expect(result.stderr).toContain('--yes');
      }
    });
  });

  it('to a script that stands', async () => {
    const result = await installation.run('rollback', '--department-id', 'hr', '--to', '77');
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain('no applied script has the number 77');
  });
});

it('--steps, --to and --all go back, and apply comes back to the same', async () => {
  const { ok, run } = installation;
  const SALES = ['--department-id', 'sales'];
  const empty = await catalogue();
  await ok('apply', ...SALES, '--department', 'Sales');
  const full = await catalogue();

  const dryRun = await ok('rollback', ...SALES, '--steps', '2', '--dry-run');
  expect(dryRun.stdout).toMatch(/-- rollback of 0011_activate[^]*-- rollback of 0010_secure/);
  expect(diffCatalogues(full, await catalogue())).toEqual([]);

  const steps = await ok('rollback', ...SALES, '--steps', '2');
  expect(steps.stdout).toBe(
    'Rolled back 2 scripts of sales_tenant.\n  ✓ 0011_activate_department\n  ✓ 0010_secure_department\n',
  );
  expect((await ok('rollback', ...SALES, '--steps', '0')).stdout).toContain('Nothing to do');
  const to = parseDocument(await ok('rollback', ...SALES, '--to', '3', '--format', 'json'));
  expect(to).toMatchObject({ rollback: { departmentId: 'sales', scripts: { length: 6 } } });
  await ok('apply', ...SALES);
  expect(diffCatalogues(full, await catalogue())).toEqual([]);

  const all = await ok('rollback', ...SALES, '--all', '--yes');
  expect(all.stdout).toContain('Rolled back 11 scripts of sales_tenant.');
  expect(diffCatalogues(empty, await catalogue())).toEqual([]);
  const twice = await run('rollback', ...SALES, '--all', '--yes');
  expectError(twice, 4, 'E_TARGET_UNKNOWN');
  expect(twice.stderr).toContain('"sales" is not registered');
  expect((await ok('status')).stdout).not.toContain('sales');
});

it.each([
  ['--all', ['--all', '--yes']],
  ['--to 0', ['--to', '0']],
  ['--steps 1', ['--steps', '1']],
])('a department of which only the first script stands goes with %s', async (_name, goal) => {
  const before = await catalogue();
  await installation.ok('apply', '--department-id', 'partly', '--department', 'Partly');
  await installation.ok('rollback', '--department-id', 'partly', '--to', '1');
  await installation.ok('rollback', '--department-id', 'partly', ...goal);
  expect(diffCatalogues(before, await catalogue())).toEqual([]);
});

it('an unknown department is told', async () => {
  const result = await installation.run('rollback', '--department-id', 'nobody', '--steps', '1');
  expectError(result, 4, 'E_TARGET_UNKNOWN');
  expect(result.stderr).toContain('department "nobody" is not registered');
});

it('rows are not destroyed unless that is meant', async () => {
  const { ok, run } = installation;
  const OPS = ['--department-id', 'ops'];
  await ok('apply', ...OPS, '--department', 'Operations');
  await insertCall('ops');
  await insertCall('ops');
  await unchanged(async () => {
    for (const goal of [
      ['--to', '2'],
      ['--all', '--yes'],
    ]) {
      const refused = await run('rollback', ...OPS, ...goal);
      expectError(refused, 4, 'E_DATA_LOSS');
      expect(refused.stderr).toContain('ops_tenant.tool_calls: 2 rows');
      expect(refused.stderr).toContain('--allow-data-loss');
      expect(refused.stderr.match(/_tenant\./g)).toHaveLength(1);
      const dryRun = await ok('rollback', ...OPS, ...goal, '--dry-run');
      expect(dryRun.stdout).toContain('-- would destroy ops_tenant.tool_calls: 2 rows');
    }
  });
  // Scripts that destroy no row go all the same.
  await ok('rollback', ...OPS, '--to', '3');
  await ok('apply', ...OPS);
  const { rows } = await withClient(installation.url, (client) =>
    client.query('select count(*)::integer as count from ops_tenant.tool_calls'),
  );
  expect(rows).toEqual([{ count: 2 }]);
  await ok('rollback', ...OPS, '--to', '2', '--allow-data-loss');
  await ok('rollback', ...OPS, '--all', '--yes');
});

it('what cannot be undone is refused before anything is touched', async () => {
  const { ok, run, workspace } = installation;
  const dir = await writeTinyPack(workspace, {
    '0003_forget.sql.njk': '-- fedgen: irreversible the rows are gone\nselect 1;\n',
    '0004_add.sql.njk': `create table {{ 'a' | qualified(target.schema) }} ();\n`,
  });
  const LEGAL = ['--department-id', 'legal', '--pack', 'tiny'];
  await ok('apply', ...LEGAL, '--department', 'Legal');
  await unchanged(async () => {
    for (const goal of [
      ['--to', '2'],
      ['--to', '0'],
      ['--steps', '2'],
      ['--steps', '2', '--dry-run'],
    ]) {
      const refused = await run('rollback', ...LEGAL, ...goal);
      expectError(refused, 4, 'E_IRREVERSIBLE');
      expect(refused.stderr).toContain('0003_forget: the rows are gone');
    }
  });
  await ok('rollback', ...LEGAL, '--to', '3');
  await writeFile(path.join(dir, '0004_add.down.sql.njk'), 'drop table nowhere;\n');
  await ok('apply', ...LEGAL);
  const failed = await run('rollback', ...LEGAL, '--steps', '1');
  expectError(failed, 4, 'E_ROLLBACK_FAILED');
  expect(failed.stderr).toContain('0004_add.down.sql.njk');
  expect(failed.stderr).toContain('SQLSTATE 42P01');
  await ok('rollback', ...LEGAL, '--all', '--yes');
});

it('--control-plane is refused while departments stand, and works after', async () => {
  const own = await makeInstallation(inject('testServer'), 'control_plane');
  try {
    const snapshot = (): Promise<string[]> => withClient(own.url, (client) => snapshotCatalogue(client));
    const before = await snapshot();
    expect((await own.ok('rollback', '--control-plane', '--yes')).stdout).toContain('Nothing to do');
    await own.ok('apply', '--department-id', 'hr', '--department', 'HR');
    const refused = await own.run('rollback', '--control-plane', '--yes');
    expectError(refused, 2, 'E_USAGE');
    expect(refused.stderr).toContain('the control plane still serves hr');
    // Its first script alone leaves schema and role, and no registration.
    await own.ok('rollback', '--department-id', 'hr', '--to', '1');
    expectError(await own.run('rollback', '--control-plane', '--yes'), 2, 'E_USAGE');
    await own.ok('rollback', '--department-id', 'hr', '--all', '--yes');
    const lossy = await own.run('rollback', '--control-plane', '--yes');
    // The ledger's own history and the audit are rows as well.
    if (lossy.code !== 0) expectError(lossy, 4, 'E_DATA_LOSS');
    if (lossy.code !== 0) await own.ok('rollback', '--control-plane', '--yes', '--allow-data-loss');
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
    expect((await own.ok('status')).stdout).toContain('No control plane');
    await own.ok('apply', '--department-id', 'hr', '--department', 'HR');
    await own.ok('validate', '--department-id', 'hr');
  } finally {
    await own.drop();
  }
});
