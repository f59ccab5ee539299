import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import {
  expectError,
  makeInstallation,
  parseDocument,
  startCli,
  type CliResult,
  type Installation,
} from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { writeTinyPack } from '../support/fixtures/packs.js';
import { makeTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

let installation: Installation;
let south: TestDatabase;
let proxy: TcpProxy;
beforeAll(async () => {
  const server = inject('testServer');
  installation = await makeInstallation(server, 'databases');
  south = await createTestDatabase(server, 'databases_south');
  proxy = await makeTcpProxy(server);
  const { workspace } = installation;
  await writeTinyPack(workspace);
  const url = new URL(south.url);
  url.host = `${proxy.host}:${proxy.port}`;
  await workspace.write(
    'fedgen.config.yaml',
    `pack: tiny
packs: [packs]
databases:
  north: { url: "${installation.url}", rolePrefix: ${installation.rolePrefix}, departments: ["n_*"] }
  south: { url: "${url.href}", rolePrefix: ${south.rolePrefix}, departments: ["s_*"] }
`,
  );
  await workspace.write('targets.txt', 'n_1,North 1\nn_2,North 2\ns_1,South 1\n');
});
afterAll(async () => {
  await proxy.stop();
  await south.drop();
  await installation.drop();
});

const run = async (...args: readonly string[]): Promise<CliResult> =>
  await startCli(args, { cwd: installation.workspace.dir }).done;

it('one command goes over several databases, and one that is down is reported with exit 4', async () => {
  const first = await run('apply', '--targets-from', 'targets.txt', '--on-error', 'continue');
  expect(first, first.stderr).toMatchObject({ code: 4 });
  expect(first.stdout).toMatch(/^Applied 4 scripts at 2 departments in /);
  expect(first.stdout).toMatch(/✗ database south E_DB_UNREACHABLE /);
  const id = /^run (\S+)$/m.exec(first.stdout)?.[1] ?? '';
  expect(first.stdout).toContain(`run the same command with --resume ${id}`);
  const down = await run('status', '--check', '--format', 'json');
  expect(down.code).toBe(4);
  expect(parseDocument(down)).toMatchObject({
    status: {
      departments: [{ database: 'north' }, { database: 'north' }],
      unreached: [{ database: 'south', code: 'E_DB_UNREACHABLE' }],
    },
  });
  expect((await run('status')).stdout).toContain('✗ database south E_DB_UNREACHABLE');

  const planned = await run('plan', '--all', '--format', 'json');
  expect(planned.code).toBe(4);
  expect(parseDocument(planned)).toMatchObject({
    plan: { databases: { north: { unchanged: 2 } }, unreached: [{ database: 'south' }] },
  });
  expect((await run('plan', '--all')).stdout).toMatch(
    /^database north\n[^]*✗ database south E_DB_UNREACHABLE/,
  );
  const unwritten = await run('plan', '--all', '--out', 'partial.json');
  expectError(unwritten, 3, 'E_DB_UNREACHABLE');
  expect(unwritten.stderr).toContain('would lack database south, and partial.json was not written');
  expect(await installation.workspace.files()).not.toContain('partial.json');

  await proxy.start();
  const again = await run('apply', '--targets-from', 'targets.txt', '--resume', id, '--format', 'json');
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(parseDocument(again)).toMatchObject({ apply: { targets: 1, succeeded: 1, unreached: [] } });
  expect((await run('status', '--check')).stdout).toMatch(/^database +department/);
  const whole = await run('plan', '--all', '--out', 'plan.json');
  expect(whole.stdout).toContain('database south\nNothing to do');
  expect((await run('apply', 'plan.json')).stdout).toMatch(/^Nothing to do: 0 departments in north, south/);
});

it('what concerns one database wants to know which', async () => {
  await proxy.start().catch(() => undefined);
  expectError(await run('doctor'), 2, 'E_NO_DATABASE');
  expectError(await run('status', '--database', 'west'), 2, 'E_CONFIG_INVALID');
  expect((await run('status', '--database', 'north')).stdout).toContain('2 departments in ');
  expectError(await run('apply', '--department-id', 'hr', '--department', 'HR'), 2, 'E_USAGE');
});
