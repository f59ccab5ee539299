import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { ALPHA, PACKS } from '../support/lending.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'tenant');
  await cp(PACKS, path.join(installation.workspace.dir, 'packs'), { recursive: true });
  await installation.workspace.write('fedgen.config.yaml', 'packs: [packs]\npack: lending\n');
});
afterAll(() => installation.drop());

const tenant = (...args: string[]): Promise<Awaited<ReturnType<Installation['run']>>> =>
  installation.run('tenant', ...args);
const ok = (...args: string[]): Promise<Awaited<ReturnType<Installation['run']>>> =>
  installation.ok('tenant', ...args);
const ID = ['--tenant-id', ALPHA] as const;

describe('fedgen tenant', () => {
  it.each([
    [['add', '--name', 'A'], 'fedgen tenant needs --tenant-id'],
    [['add', ...ID], 'fedgen tenant needs --name'],
    [['show'], 'fedgen tenant needs --tenant-id'],
    [['rotate-key', '--overlap', 'soon'], '--overlap soon is no duration'],
  ])('%j says what is missing', async (args, message) => {
    const result = await tenant(...args);
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain(message);
  });

  it.each([
    [['add', '--tenant-id', 'T001', '--name', 'A'], 'tenant id "T001" is no UUID'],
    [['add', ...ID, '--name', ' '], 'tenant name " " is empty'],
  ])('%j refuses bad names', async (args, message) => {
    const result = await tenant(...args);
    expectError(result, 2, 'E_NAME_INVALID');
    expect(result.stderr).toContain(message);
  });

  it('needs the pack to be installed', async () => {
    expect((await ok('list')).stdout).toBe('No tenant is registered.\n');
    expectError(await tenant('add', ...ID, '--name', 'A'), 4, 'E_TARGET_UNKNOWN');
  });

  it('goes through the life of a tenant', async () => {
    await installation.ok('apply');
    expect((await ok('add', ...ID, '--name', "Al's", '--no-login')).stdout).toMatch(
      new RegExp(`^Added tenant ${ALPHA} to lending: its role is ${installation.rolePrefix}lending_`),
    );
    expect((await ok('add', ...ID, '--name', "Al's")).stdout).toMatch(/^Nothing to do: tenant .* is active/);
    expect((await ok('list')).stdout).toMatch(
      new RegExp(`^${ALPHA} +Al's +lending +active +\\S+_role +no +0$`, 'm'),
    );
    expect(parseDocument(await ok('show', ...ID, '--format', 'json'))).toMatchObject({
      tenant: { tenant: { tenantId: ALPHA, login: false }, rows: [{ rows: 0 }, {}, {}, {}] },
    });
    expect((await ok('suspend', ...ID)).stdout).toBe(`Suspended tenant ${ALPHA} of lending.\n`);
    expect((await ok('resume', ...ID)).stdout).toBe(`Resumed tenant ${ALPHA} of lending.\n`);
    expect((await ok('resume', ...ID)).stdout).toContain('Nothing to do');
  });

  it('removes what was confirmed, and no rows without a word', async () => {
    await withClient(installation.url, (client) =>
      client.query(`insert into lending.notices (library_id, body) values ($1, 'x')`, [ALPHA]),
    );
    expectError(await tenant('remove', ...ID), 2, 'E_CONFIRMATION');
    expectError(await tenant('remove', ...ID, '--yes'), 4, 'E_DATA_LOSS');
    expect((await ok('remove', ...ID, '--dry-run')).stdout).toContain('lending.notices: 1 row would go');
    const refused = await installation.run('rollback', '--all', '--yes', '--allow-data-loss');
    expect(refused.stderr).toContain('pack "lending" still serves 1 tenant');
    expect((await ok('remove', ...ID, '--yes', '--allow-data-loss')).stdout).toContain(
      `Removed tenant ${ALPHA} of lending.`,
    );
    expect((await ok('remove', ...ID, '--yes')).stdout).toContain('Nothing to do');
    expectError(await tenant('suspend', ...ID), 4, 'E_TARGET_UNKNOWN');
  });

  it('shows a new key once, for packs that have keys', async () => {
    expectError(await tenant('rotate-key'), 2, 'E_USAGE');
    await installation.ok('rollback', '--all', '--yes');
    await installation.ok('apply', '--var', 'identity=signed');
    expect((await ok('rotate-key')).stdout).toMatch(/^New key .*\n[0-9a-f]{16}\.[\w-]{43}\n$/);
    const { stdout } = await ok('rotate-key', '--overlap', '1h');
    expect(stdout).toMatch(/ {2}[0-9a-f]{16} stays valid until \d{4}-/);
  });
});
