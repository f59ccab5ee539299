import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { expectError, makeInstallation, type Installation } from '../support/cli.js';
import { CONTROL_PLANE_SCRIPTS } from '../support/control-plane.js';
import { writePack } from '../support/fixtures/packs.js';
import { holdTable, query, waitForSleeper, writeSleepingPack } from '../support/fixtures/sleeping-pack.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'concurrency', { FEDGEN_PACK: 'tiny' });
});
afterAll(async () => await installation.drop());

/** Every script once, and only once, as applied. */
async function expectLedger(target: string, count: number): Promise<void> {
  const rows = await query<{ script: string; state: string }>(
    installation.url,
    'select script, state from federation.schema_migrations where target = $1 order by number',
    [target],
  );
  expect(rows).toHaveLength(count);
  expect(new Set(rows.map(({ script }) => script)).size).toBe(count);
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['applied']));
}

it('two departments at once on an empty database: one of them brings the control plane', async () => {
  const ids = ['hr', 'legal', 'sales'];
  const results = await Promise.all(
    ids.map((id) =>
      installation.run('apply', '--pack', 'federation', '--department-id', id, '--department', id),
    ),
  );
  for (const result of results) expect(result, result.stderr).toMatchObject({ code: 0 });
  await expectLedger('federation', CONTROL_PLANE_SCRIPTS);
  for (const id of ids) await expectLedger(id, 11);
  const done = results.flatMap(({ stderr }) => stderr.match(/^done federation \S+/gm) ?? []);
  expect(done).toHaveLength(CONTROL_PLANE_SCRIPTS);
  await installation.ok('validate', '--pack', 'federation', '--department-id', 'hr');
});

it('the same department twice at once: every script runs once, and both succeed', async () => {
  const apply = ['apply', '--pack', 'federation', '--department-id', 'twice', '--department', 'Twice'];
  const results = await Promise.all([installation.run(...apply), installation.run(...apply)]);
  for (const result of results) expect(result, result.stderr).toMatchObject({ code: 0 });
  await expectLedger('twice', 11);
  const done = results.flatMap(({ stderr }) => stderr.match(/^done twice \S+/gm) ?? []);
  expect(done).toHaveLength(11);
});

it('who works on a department is named to whoever comes second, at once with --lock-wait 0', async () => {
  await writeSleepingPack(installation.workspace, 60);
  const first = installation.start('apply', '--department-id', 'busy', '--department', 'Busy');
  const pid = await waitForSleeper(installation.url, first);
  const calls = [
    ['apply', '--department', 'Busy'],
    ['rollback', '--steps', '1'],
  ];
  for (const [verb = '', ...more] of calls) {
    const second = await installation.run(verb, '--department-id', 'busy', ...more, '--lock-wait', '0');
    expectError(second, 3, 'E_DB_LOCKED');
    expect(second.stderr).toContain(`held by backend ${pid} (fedgen, user postgres, since `);
  }
  // Another department is free meanwhile.
  await writePack(installation.workspace, { name: 'plain', extends: 'federation', files: {} });
  await installation.ok('apply', '--pack', 'plain', '--department-id', 'idle', '--department', 'Idle');
  const waiting = installation.start(
    'apply',
    '--department-id',
    'busy',
    '--department',
    'Busy',
    '--lock-wait',
    '200ms',
  );
  const late = await waiting.done;
  expectError(late, 3, 'E_DB_LOCKED');
  expect(late.stderr).toContain(`waiting busy is being worked on by backend ${pid} (fedgen)`);
  first.kill('SIGINT');
  expect((await first.done).code).toBe(130);
});

it('a lock on a table is tried for, then given up with the name of its holder', async () => {
  const { workspace, url, run, ok } = installation;
  await writeSleepingPack(workspace, 0);
  await ok('apply', '--department-id', 'locked', '--department', 'Locked');
  await writeSleepingPack(workspace, 0, {
    '0005_alter.sql.njk': `alter table {{ 'naps' | qualified(target.schema) }} add column note text;\n`,
  });
  const holder = await holdTable(url, 'locked_tenant.naps');
  try {
    await workspace.write('retries.yaml', 'packs: [packs]\nlockRetries: 2\n');
    const locked = await run(
      'apply',
      '--department-id',
      'locked',
      '--lock-timeout',
      '100ms',
      '--config',
      'retries.yaml',
    );
    expectError(locked, 3, 'E_DB_LOCKED');
    expect(
      locked.stderr.match(/^retry \d of locked 0005_alter: canceling statement due to lock timeout/gm),
    ).toHaveLength(2);
    expect(locked.stderr).toContain('gave up on target "locked" after 2 retries');
    expect(locked.stderr).toMatch(
      new RegExp(`^  backend ${holder.pid} \\(the-holder, user postgres, .*AccessExclusiveLock on naps`, 'm'),
    );
  } finally {
    await holder.release();
  }
  expect((await ok('apply', '--department-id', 'locked')).stdout).toContain('Applied 1 script');
});

it('a lock that is let go meanwhile costs a retry only', async () => {
  const { workspace, url, ok, start } = installation;
  await writeSleepingPack(workspace, 0);
  await ok('apply', '--department-id', 'patient', '--department', 'Patient');
  await writeSleepingPack(workspace, 0, {
    '0005_alter.sql.njk': `-- fedgen: lock-timeout 50ms\nalter table {{ 'naps' | qualified(target.schema) }} add column note text;\n`,
  });
  const holder = await holdTable(url, 'patient_tenant.naps');
  const running = start('apply', '--department-id', 'patient');
  await holder.releaseWhen(() => running.stderr().includes('retry 1 of patient 0005_alter'));
  const result = await running.done;
  expect(result, result.stderr).toMatchObject({ code: 0 });
});
