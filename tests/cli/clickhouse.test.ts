import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expectError,
  makeWorkspace,
  parseDocument,
  runCli,
  startCli,
  type CliResult,
  type Workspace,
} from '../support/cli.js';
import { ask, startClickHouse, type TestClickHouse } from '../support/clickhouse.js';

const PACK = ['--pack', 'bi-analytics'];
const TENANT = 'aaaaaaaa-0000-4000-8000-000000000001';

let server: TestClickHouse;
let workspace: Workspace;
beforeAll(async () => {
  [server, workspace] = await Promise.all([startClickHouse(), makeWorkspace()]);
});
afterAll(async () => {
  await workspace.remove();
  await server.stop();
});

const run = (...args: readonly string[]): Promise<CliResult> =>
  startCli([...args, ...PACK], { cwd: workspace.dir, env: { FEDGEN_CLICKHOUSE_URL: server.url } }).done;

describe('a pack for ClickHouse', () => {
  it('is generated for a cluster without a server', async () => {
    const result = await runCli(['generate', ...PACK, '--var', 'cluster=main', '--stdout']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('on cluster "main"');
    expect(result.stdout).toContain(`ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/`);
    const again = await runCli(['generate', ...PACK, '--var', 'cluster=main', '--stdout']);
    expect(again.stdout).toBe(result.stdout);
  });

  it('has no control plane to generate', async () => {
    expectError(await runCli(['generate', ...PACK, '--control-plane', '--stdout']), 2, 'E_USAGE');
    expectError(await runCli(['generate', ...PACK, '--types']), 2, 'E_USAGE');
  });

  it('needs a server that is named', async () => {
    const result = await runCli(['apply', ...PACK]);
    expectError(result, 2, 'E_NO_DATABASE');
    expect(result.stderr).toContain('--clickhouse-url');
    const wrong = await runCli(['apply', ...PACK, '--clickhouse-url', 'tcp://localhost:9000']);
    expectError(wrong, 2, 'E_CONFIG_INVALID');
  });

  it('is applied, looked at, validated and rolled back', async () => {
    const applied = await startCli(['apply', ...PACK, '--clickhouse-url', server.url], { cwd: workspace.dir })
      .done;
    expect(applied).toMatchObject({ code: 0 });
    expect(applied.stderr).toMatch(/connected to 127\.0\.0\.1:\d+, ClickHouse \d+/);
    expect(applied.stdout).toContain('Applied 3 scripts to bi_analytics');
    expect((await run('apply')).stdout).toContain('Nothing to do:');

    const added = await run('tenant', 'add', '--tenant-id', TENANT, '--name', 'Alpha');
    expect(added.stdout).toContain(`Added tenant ${TENANT} to bi-analytics`);
    const status = await run('status', '--check');
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toMatch(/bi-analytics +bi_analytics +INSTALLED +role +1 +0003 +none/);

    const valid = await run('validate');
    expect(valid.stdout).toContain('All 10 checks passed');
    expect(valid.code).toBe(0);
    const admin = ask(server);
    await admin.run('drop row policy fedgen_floor on bi_analytics.user_activity');
    const broken = await run('validate', '--format', 'json');
    expect(broken.code).toBe(5);
    expect(parseDocument(broken)).toMatchObject({
      validate: { passed: false, isolationBroken: true },
    });
    await admin.client.close();

    const refused = await run('rollback', '--all', '--yes');
    expectError(refused, 2, 'E_USAGE');
    const removed = await run('tenant', 'remove', '--tenant-id', TENANT, '--yes');
    expect(removed.stdout).toContain('Removed');
    const gone = await run('rollback', '--all', '--yes');
    expect(gone.stdout).toContain('Rolled back 3 scripts of bi_analytics');
    expect((await run('status')).stdout).not.toContain('INSTALLED');
  });

  it('is refused by commands of PostgreSQL', async () => {
    expectError(await run('plan', '--all', '--database-url', 'postgres://localhost:9/none'), 2, 'E_USAGE');
  });
});
