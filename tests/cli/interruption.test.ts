import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { diffCatalogues, snapshotCatalogue } from '../support/catalogue.js';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { query, waitForSleeper, writeSleepingPack } from '../support/fixtures/sleeping-pack.js';
import { poll } from '../support/poll.js';

/** Far longer than a test may take: whoever waits for the sleep to end fails. */
const FOR_EVER = 600;

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'interruption', { FEDGEN_PACK: 'tiny' });
});
beforeEach(async () => await writeSleepingPack(installation.workspace, FOR_EVER));
afterEach(async () => {
  // Should a test have failed in the middle, the next ones find nobody.
  await query(
    installation.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'fedgen'`,
  );
});
afterAll(async () => await installation.drop());

const catalogue = (): Promise<string[]> =>
  withClient(installation.url, (client) => snapshotCatalogue(client));
const standing = async (id: string): Promise<string[]> => {
  const rows = await query<{ script: string }>(
    installation.url,
    `select script from federation.schema_migrations where target = $1 and state = 'applied' order by number`,
    [id],
  );
  return rows.map(({ script }) => script);
};

const BEFORE = ['0001_create_department', '0002_register_department', '0003_add_beds'];

/** Whatever ended the run: the sleeping script left nothing, no lock is held, and the next run finishes. */
async function expectNothingHalfDone(id: string): Promise<void> {
  await poll('the backends of fedgen to be gone', async () => {
    const rows = await query(
      installation.url,
      `select 1 from pg_stat_activity where datname = current_database() and application_name = 'fedgen'`,
    );
    return rows.length === 0 || undefined;
  });
  expect(
    await query(
      installation.url,
      `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ),
  ).toEqual([]);
  expect(await standing(id)).toEqual(BEFORE);
  const tables = await query(
    installation.url,
    'select relname from pg_class where relnamespace = $1::regnamespace',
    [`${id}_tenant`],
  );
  expect(tables).toEqual([{ relname: 'beds' }]);
  await writeSleepingPack(installation.workspace, 0);
  const next = await installation.ok('apply', '--department-id', id, '--lock-wait', '0');
  expect(next.stdout).toContain('Applied 1 script');
  expect(await standing(id)).toEqual([...BEFORE, '0004_sleep']);
}

const lastRun = async (): Promise<unknown> =>
  (
    await query(
      installation.url,
      'select state from federation.migration_runs order by started_at desc limit 1',
    )
  )[0];

describe('an apply in the middle of a script', () => {
  it('killed with SIGKILL: the server notices and nothing half-done is left', async () => {
    const running = installation.start('apply', '--department-id', 'killed', '--department', 'Killed');
    await waitForSleeper(installation.url, running);
    running.kill('SIGKILL');
    expect((await running.done).code).toBeNull();
    await expectNothingHalfDone('killed');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s: the statement is cancelled, exit code 130', async (signal) => {
    const id = signal.toLowerCase();
    const running = installation.start('apply', '--department-id', id, '--department', signal);
    await waitForSleeper(installation.url, running);
    running.kill(signal);
    const result = await running.done;
    expectError(result, 130, 'E_INTERRUPTED');
    expect(result.stderr).toContain('Run the same command again to go on.');
    expect(await lastRun()).toEqual({ state: 'interrupted' });
    await expectNothingHalfDone(id);
  });

  it('SIGINT in json: the fate of every script', async () => {
    const running = installation.start(
      'apply',
      '--department-id',
      'told',
      '--department',
      'T',
      '--format',
      'json',
    );
    await waitForSleeper(installation.url, running);
    running.kill('SIGINT');
    const result = await running.done;
    expect(result.code).toBe(130);
    expect(parseDocument(result)).toMatchObject({
      error: {
        code: 'E_INTERRUPTED',
        details: {
          scripts: [
            ...BEFORE.map((script) => ({ target: 'told', script, state: 'applied' })),
            { target: 'told', script: '0004_sleep', state: 'failed' },
          ],
        },
      },
    });
    await expectNothingHalfDone('told');
  });

  it('its backend terminated on the server: E_DB_LOST', async () => {
    const running = installation.start('apply', '--department-id', 'lost', '--department', 'Lost');
    const pid = await waitForSleeper(installation.url, running);
    await query(installation.url, 'select pg_terminate_backend($1)', [pid]);
    const result = await running.done;
    expectError(result, 3, 'E_DB_LOST');
    expect(result.stderr).toContain('0004_sleep');
    await expectNothingHalfDone('lost');
  });

  it('its statement cancelled on the server: the script failed', async () => {
    const running = installation.start('apply', '--department-id', 'cancelled', '--department', 'Cancelled');
    const pid = await waitForSleeper(installation.url, running);
    await query(installation.url, 'select pg_cancel_backend($1)', [pid]);
    const result = await running.done;
    expectError(result, 4, 'E_APPLY_FAILED');
    expect(result.stderr).toContain('(SQLSTATE 57014)');
    expect(await lastRun()).toEqual({ state: 'failed' });
    await expectNothingHalfDone('cancelled');
  });

  it('longer than --statement-timeout: the script failed', async () => {
    const result = await installation.run(
      ...['apply', '--department-id', 'slow', '--department', 'Slow', '--statement-timeout', '300ms'],
    );
    expectError(result, 4, 'E_APPLY_FAILED');
    expect(result.stderr).toContain('statement timeout (SQLSTATE 57014)');
    await expectNothingHalfDone('slow');
  });
});

it.each(['text', 'ndjson'])(
  'SIGINT to a run over many departments is told at once, and the second one cancels it: %s',
  async (format) => {
    const id = `many_${format}`;
    await installation.workspace.write('targets.txt', `${id},Many\n`);
    const running = installation.start('apply', '--targets-from', 'targets.txt', '--format', format);
    await waitForSleeper(installation.url, running);
    running.kill('SIGINT');
    await poll('the run to say what it does', () =>
      Promise.resolve(/^finishing what is under way, /m.test(running.stderr()) || undefined),
    );
    running.kill('SIGINT');
    const result = await running.done;
    expect(result, result.stderr).toMatchObject({ code: 130 });
    expect(result.stderr.match(/^finishing /gm)).toHaveLength(1);
    await expectNothingHalfDone(id);
  },
);

it('SIGINT while waiting for another run leaves at once', async () => {
  const first = installation.start('apply', '--department-id', 'waited', '--department', 'Waited');
  await waitForSleeper(installation.url, first);
  const second = installation.start('apply', '--department-id', 'waited', '--department', 'Waited');
  await poll('the second run to wait', () =>
    Promise.resolve(second.stderr().includes('waiting waited') || undefined),
  );
  second.kill('SIGINT');
  expectError(await second.done, 130, 'E_INTERRUPTED');
  first.kill('SIGINT');
  expectError(await first.done, 130, 'E_INTERRUPTED');
  await expectNothingHalfDone('waited');
});

it('a rollback that is interrupted leaves the department as it was', async () => {
  await writeSleepingPack(installation.workspace, 0, {
    '0004_sleep.down.sql.njk': `drop table {{ 'mornings' | qualified(target.schema) }};\nselect pg_sleep(${FOR_EVER});\n`,
  });
  await installation.ok('apply', '--department-id', 'back', '--department', 'Back');
  const before = await catalogue();
  const running = installation.start('rollback', '--department-id', 'back', '--steps', '1');
  await waitForSleeper(installation.url, running);
  running.kill('SIGINT');
  expectError(await running.done, 130, 'E_INTERRUPTED');
  expect(diffCatalogues(before, await catalogue())).toEqual([]);
  expect(await standing('back')).toEqual([...BEFORE, '0004_sleep']);
  await writeSleepingPack(installation.workspace, 0);
  // `dreams` holds the row of its query.
  expectError(
    await installation.run('rollback', '--department-id', 'back', '--steps', '1'),
    4,
    'E_DATA_LOSS',
  );
  await installation.ok('rollback', '--department-id', 'back', '--steps', '1', '--allow-data-loss');
});
