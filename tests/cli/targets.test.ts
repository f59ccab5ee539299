import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { ADD_TABLE, writeTinyPack } from '../support/fixtures/packs.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'targets', { FEDGEN_PACK: 'tiny' });
});
beforeEach(async () => {
  await writeTinyPack(installation.workspace);
});
afterAll(async () => await installation.drop());

const forget = (): Promise<unknown> =>
  withClient(installation.url, (client) =>
    client.query(`delete from federation.schema_migrations where target <> 'federation';
      delete from federation.tenants; delete from federation.departments`),
  );

it('targets import takes departments over that stand, and refuses those that differ with exit 4', async () => {
  for (const id of ['hr', 'it'])
    await installation.ok('apply', '--department-id', id, '--department', `The ${id}`);
  await forget();
  const one = await installation.ok('targets', 'import', '--department-id', 'hr', '--department', 'The hr');
  expect(one.stdout).toMatch(/^Imported 2 scripts at 1 department in /);
  await writeTinyPack(installation.workspace, { '0003_add_tickets.sql.njk': ADD_TABLE });
  const refused = await installation.run('targets', 'import', '--all', '--format', 'json');
  expect(refused.code).toBe(4);
  expect(parseDocument(refused)).toMatchObject({
    import: { targets: 2, unchanged: 1, succeeded: 0, failed: [{ target: 'it', code: 'E_IMPORT_REFUSED' }] },
  });
  const rest = await installation.ok('targets', 'import', '--tenant', '*', '--to', '2');
  expect(rest.stdout).toMatch(/^Imported 2 scripts at 1 department in .*, 1 unchanged\./);
  await installation.ok('apply', '--all');
  await installation.ok('status', '--check');
});

it('a file of targets may say a department twice, and not with two names', async () => {
  await installation.workspace.write('targets.txt', 'law\nlaw,The law\nlaw,The law\n');
  await installation.ok('apply', '--targets-from', 'targets.txt');
  await installation.workspace.write('targets.txt', 'law,The law\nlaw,Outlaws\n');
  const refused = await installation.run('apply', '--targets-from', 'targets.txt');
  expectError(refused, 2, 'E_USAGE');
  expect(refused.stderr).toContain('department "law" is named twice: "The law" and "Outlaws"');
});

it('--max-failures says when to stop, and --on-error stop beside it is refused', async () => {
  await installation.workspace.write('targets.txt', 'limited,The limited\n');
  const limit = ['--targets-from', 'targets.txt', '--max-failures', '2'];
  expectError(await installation.run('apply', ...limit, '--on-error', 'stop'), 2, 'E_USAGE');
  await installation.ok('apply', ...limit);
  await installation.ok('apply', ...limit, '--on-error', 'continue');
});

it('--resume is enough of a selection, in apply and in rollback', async () => {
  const { workspace, run, ok } = installation;
  await writeTinyPack(workspace, {
    '0003_fail.sql.njk': `-- fedgen: irreversible it is nothing\nselect 1{% if target.id == 'res_2' %} / 0{% endif %};\n`,
  });
  await workspace.write('targets.txt', 'res_1,One\nres_2,Two\n');
  const failed = await run('apply', '--targets-from', 'targets.txt', '--on-error', 'continue');
  expect(failed.code).toBe(4);
  const id = /go on with --resume (\S+)\.$/m.exec(failed.stdout)?.[1] ?? '';
  await writeTinyPack(workspace);
  expect((await ok('rollback', '--resume', id, '--to', '1')).stdout).toMatch(/^Rolled back 1 script at 1 /);
  await ok('apply', '--department-id', 'res_2', '--department', 'Two');
  expect((await ok('apply', '--resume', id)).stdout).toMatch(/^Nothing to do: 1 department in /);
});

it('status of a selection that chooses nothing says out of how many', async () => {
  await installation.ok('apply', '--department-id', 'calm', '--department', 'The calm');
  const { stdout } = await installation.ok('status', '--only-failed');
  expect(stdout).toMatch(/^None of \d departments? in \S+ meets the selection\.$/m);
});

it('targets import says what it needs', async () => {
  expectError(await installation.run('targets', 'import'), 2, 'E_USAGE');
  const named = ['--department', 'Name', '--department-id', 'a*'];
  expectError(await installation.run('targets', 'import', ...named), 2, 'E_USAGE');
  expectError(await installation.run('targets', 'import', '--department-id', 'zz'), 4, 'E_TARGET_UNKNOWN');
});
