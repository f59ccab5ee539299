import { afterEach, expect, inject, it } from 'vitest';
import { applyFleet, type RunEvent } from '../../../src/index.js';
import { withClient } from '../../support/database.js';
import { ADD_COLUMN, departments, makeFleet, type TestFleet } from '../../support/fleet.js';

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.drop();
});

const COUNT = 20;

it('a run whose connections are cut again and again finishes, each script once, and leaves no lock', async () => {
  const fleet = await makeFleet(inject('testServer'), 'cut');
  fleets.push(fleet);
  const { settings, database } = fleet;
  await applyFleet({ settings, named: departments(2) });
  await fleet.script('0003_add_body', ADD_COLUMN);
  let cuts = 0;
  const result = await withClient(database.url, async (client) => {
    const cut = async (): Promise<void> => {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and application_name = 'fedgen'
          order by random() limit 1`,
      );
      cuts += rowCount ?? 0;
    };
    const cutting: Promise<void>[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'target-start' && cuts < 6) cutting.push(cut());
    };
    const named = departments(COUNT);
    const outcome = await applyFleet({ settings, named, concurrency: 3, onError: 'continue', onEvent });
    await Promise.all(cutting);
    return outcome;
  });
  expect(cuts).toBeGreaterThan(3);
  expect(result.failed).toEqual([]);
  // Where every worker was cut off for good, the next run has the rest.
  const rest = await applyFleet({ settings, named: departments(COUNT) });
  expect(rest).toMatchObject({ failed: [], notRun: [] });
  expect(
    await fleet.query(
      `select number, count(*)::int as n from federation.schema_migrations
        where target like 'd%' and state = 'applied' group by 1 order by 1`,
    ),
  ).toEqual([1, 2, 3].map((number) => ({ number, n: COUNT })));
  expect(
    await fleet.query(
      `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ),
  ).toEqual([]);
  expect(await fleet.query(`select 1 from federation.migration_runs where state = 'running'`)).toEqual([]);
});
