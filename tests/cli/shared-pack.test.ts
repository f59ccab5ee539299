import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { diffCatalogues, snapshotCatalogue } from '../support/catalogue.js';
import { CONTROL_PLANE_SCRIPTS } from '../support/control-plane.js';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { PACKS } from '../support/lending.js';

const FILES = [
  'schema_lending.sql',
  'schema_lending.rollback.sql',
  'rls_policies_pack-lending.sql',
  'rls_policies_pack-lending.rollback.sql',
  'manifest_pack-lending.json',
];

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'shared pack');
  await cp(PACKS, path.join(installation.workspace.dir, 'packs'), { recursive: true });
  await installation.workspace.write('fedgen.config.yaml', 'packs: [packs]\n');
});
afterAll(() => installation.drop());

const snapshot = (): Promise<string[]> => withClient(installation.url, (client) => snapshotCatalogue(client));

describe('a shared pack', () => {
  it.each([
    ['generate', '--department', 'HR'],
    ['apply', '--department-id', 'hr'],
    ['rollback', '--department-id', 'hr', '--all', '--yes'],
  ])('has no department: %s %s', async (...args) => {
    const result = await installation.run(...args, '--pack', 'lending');
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain('pack lending is shared by all its tenants and belongs to no department');
  });

  it('is unknown to rollback before it is applied', async () => {
    const result = await installation.run('rollback', '--pack', 'lending', '--all', '--yes');
    expectError(result, 4, 'E_TARGET_UNKNOWN');
    expect(result.stderr).toContain('pack "lending" is not installed in');
  });

  it('is generated, applied, shown, and taken back, and asks before it goes', async () => {
    const generated = parseDocument(
      await installation.ok('generate', '--pack', 'lending', '--format', 'json'),
    );
    expect(generated).toMatchObject({
      generate: { target: 'pack:lending', schema: 'lending', files: FILES },
    });
    expect(generated['generate']).not.toHaveProperty('departmentId');

    const before = await snapshot();
    expect((await installation.run('status', '--pack', 'lending', '--check')).code).toBe(1);
    const { stdout } = await installation.ok('apply', '--pack', 'lending');
    expect(stdout).toContain(`Applied ${CONTROL_PLANE_SCRIPTS + 4} scripts to lending in`);
    expect((await installation.ok('apply', '--pack', 'lending')).stdout).toContain('Nothing to do: lending');
    const status = await installation.ok('status', '--pack', 'lending', '--check');
    expect(status.stdout).toMatch(/^lending +lending, lending_log +INSTALLED +role +0 +0004 +none$/m);
    expect((await installation.ok('status')).stdout).toContain('No department is registered');
    const other = await installation.run('status', '--pack', 'shop', '--check');
    expect(other).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^Pack shop is not installed in /) as string,
    });

    const asked = await installation.run('rollback', '--pack', 'lending', '--all');
    expectError(asked, 2, 'E_CONFIRMATION');
    expect(asked.stderr).toContain(
      'drops schemas and roles of pack "lending" with the rows of all its tenants',
    );
    const kept = await installation.run('rollback', '--control-plane', '--yes');
    expect(kept.stderr).toContain('the control plane still serves pack:lending');
    await installation.ok('rollback', '--pack', 'lending', '--all', '--yes');
    expect((await installation.run('status', '--pack', 'lending', '--check')).stdout).not.toContain(
      'INSTALLED',
    );
    await installation.ok('rollback', '--control-plane', '--yes', '--allow-data-loss');
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  });

  it('keeps the identity mode that it was installed with', async () => {
    await installation.ok('apply', '--pack', 'lending', '--var', 'identity=signed');
    expect((await installation.ok('apply', '--pack', 'lending')).stdout).toContain('Nothing to do');
    const other = await installation.run('apply', '--pack', 'lending', '--var', 'identity=role');
    expectError(other, 2, 'E_USAGE');
    expect(other.stderr).toContain('pack "lending" is installed with identity signed, not role');
    const wrong = await installation.run('apply', '--pack', 'lending', '--var', 'identity=trust');
    expectError(wrong, 2, 'E_VARIABLE_INVALID');
    await installation.ok('rollback', '--pack', 'lending', '--all', '--yes');
  });

  it('refuses to be validated as a department', async () => {
    const validate = ['validate', '--pack', 'lending', '--department-id', 'hr'];
    expectError(await installation.run(...validate), 2, 'E_USAGE');
  });
});
