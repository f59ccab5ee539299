import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { diffCatalogues } from '../support/catalogue.js';
import { makeInstallation, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';
import { everything } from '../support/everything.js';
import { query } from '../support/fixtures/sleeping-pack.js';
import { poll } from '../support/poll.js';

/** What the server is at when the validation is killed. */
const MOMENTS = {
  'scratch targets are made': 'set local client_min_messages',
  'rows are planted': 'item jsonb; memory',
  'attacks are carried out': 'act jsonb; step text',
};

const TARGETS = { department: ['--department-id', 'hr'], 'shared pack': ['--pack', 'shop'] };

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'leftovers');
  const { ok } = installation;
  for (const id of ['hr', 'sales']) await ok('apply', '--department-id', id, '--department', id);
  await ok('apply', '--pack', 'shop');
  await ok('seed', '--pack', 'shop');
});
afterAll(async () => await installation.drop());

const sessions = (condition: string): Promise<unknown[]> =>
  query(
    installation.url,
    `select 1 from pg_stat_activity where datname = current_database() and application_name = 'fedgen' and ${condition}`,
  );

/** Kills a validation while its session is at something; a run that was too quick to be seen at it is repeated. */
async function killAt(moment: string, args: readonly string[]): Promise<void> {
  await poll('a validation to be killed at its work', async () => {
    const running = installation.start('validate', ...args);
    const ended = running.done.then(({ code }) => code);
    let code: number | null | undefined;
    void ended.then((each) => (code = each));
    while (code === undefined) {
      if ((await sessions(`state = 'active' and query like '%${moment}%'`)).length > 0)
        running.kill('SIGKILL');
    }
    return code === null ? true : undefined;
  });
  await poll(
    'the backends of fedgen to be gone',
    async () => (await sessions('true')).length === 0 || undefined,
  );
}

describe.each(Object.entries(TARGETS))('of a %s', (kind, args) => {
  it.each(Object.entries(MOMENTS))(
    'nothing is left of a validation that is killed while %s',
    async (_what, moment) => {
      const before = await everything(installation);
      await killAt(moment, args);
      expect(diffCatalogues(before, await everything(installation))).toEqual([]);
    },
  );

  it('nothing is left of a validation that runs to its end', async () => {
    const before = await everything(installation);
    await installation.ok('validate', ...args);
    expect(diffCatalogues(before, await everything(installation))).toEqual([]);
  });

  it('nothing is left of a validation that finds holes, or that the server ends', async () => {
    const table = kind === 'department' ? 'hr_tenant.contacts' : 'shop.orders';
    await query(installation.url, `alter table ${table} disable row level security`);
    const before = await everything(installation);
    expect((await installation.run('validate', ...args)).code).toBe(5);
    expect(diffCatalogues(before, await everything(installation))).toEqual([]);

    const running = installation.start('validate', ...args);
    await poll('attacks to begin', async () => {
      const found = await withClient(installation.url, (client) =>
        client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'fedgen' and query like '%act jsonb; step text%'`,
        ),
      );
      return found.rows.length > 0 || undefined;
    });
    expect((await running.done).code).toBe(3);
    expect(diffCatalogues(before, await everything(installation))).toEqual([]);
    await query(installation.url, `alter table ${table} enable row level security`);
  });
});
