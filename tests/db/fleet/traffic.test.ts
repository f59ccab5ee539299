import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { applyFleet, rollbackFleet } from '../../../src/index.js';
import { withClient } from '../../support/database.js';
import { ADD_COLUMN, departments, makeFleet, type TestFleet } from '../../support/fleet.js';
import { underTraffic, type TrafficInput } from '../../support/traffic.js';

// The long form, with 500 departments and the usual tenth of a second, is `npm run chaos -- --kinds traffic`.
const COUNT = 12;
const NOTES = `{{ 'notes' | qualified(target.schema) }}`;
/** Several times what a processor that is busy with other tests may keep a process waiting. */
const LIMIT_MS = 400;

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await makeFleet(inject('testServer'), 'traffic', { lockTimeoutMs: LIMIT_MS });
  await applyFleet({ settings: fleet.settings, named: departments(COUNT) });
  await fleet.script('0003_add_body', ADD_COLUMN);
  await fleet.script(
    '0004_index_body',
    `-- fedgen: no-transaction\ncreate index concurrently notes_body on ${NOTES} (body);\n`,
  );
});
afterAll(async () => await fleet.drop());

it('a column and an index are added under traffic with a transaction open: nobody waits long, and nothing fails', async () => {
  const { settings, database } = fleet;
  expect(settings.fleetLockTimeoutMs).toBe(LIMIT_MS);
  const schemas = departments(COUNT).map(({ id }) => `${id}_tenant`);
  const input: TrafficInput = {
    url: database.url,
    schemas,
    clients: 4,
    everyMs: 50,
    holdMs: 2 * LIMIT_MS,
    held: 1,
  };
  const without = await underTraffic(input, () =>
    withClient(database.url, async (client) => {
      for (const schema of schemas) {
        await client.query(`alter table ${schema}.notes add column body text`);
        await client.query(`create index concurrently notes_body on ${schema}.notes (body)`);
      }
    }),
  );
  await fleet.query(schemas.map((schema) => `alter table ${schema}.notes drop column body`).join(';'));
  const result = await underTraffic(input, async () => {
    expect(await applyFleet({ settings, all: true })).toMatchObject({ succeeded: COUNT, failed: [] });
  });
  const figures = JSON.stringify({ result, without });
  expect(result.failures).toEqual([]);
  expect(result.longestWait, figures).toBeLessThanOrEqual(LIMIT_MS);
  expect(without.longestWait, figures).toBeGreaterThan(LIMIT_MS);
  expect(result.p99Wait, figures).toBeLessThan(without.p99Wait / 2);
  const undone = await rollbackFleet({
    settings,
    all: true,
    goal: { kind: 'to', number: 2 },
    allowDataLoss: true,
  });
  expect(undone.failed).toEqual([]);
});
