import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { applyFleet, rollbackFleet } from '../../../src/index.js';
import { withClient } from '../../support/database.js';
import { ADD_COLUMN, departments, makeFleet, type TestFleet } from '../../support/fleet.js';
import { underTraffic, type TrafficInput } from '../../support/traffic.js';

const COUNT = 12;
const NOTES = `{{ 'notes' | qualified(target.schema) }}`;

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await makeFleet(inject('testServer'), 'traffic');
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
  const schemas = departments(COUNT).map(({ id }) => `${id}_tenant`);
  const input: TrafficInput = { url: database.url, schemas, clients: 4, everyMs: 25, holdMs: 1200 };
  const without = await underTraffic(input, () =>
    withClient(database.url, async (client) => {
      for (const schema of schemas) {
        await client.query(`alter table ${schema}.notes add column body text`);
        await client.query(`create index notes_body on ${schema}.notes (body)`);
      }
    }),
  );
  await fleet.query(schemas.map((schema) => `alter table ${schema}.notes drop column body`).join(';'));
  const result = await underTraffic(input, async () => {
    expect(await applyFleet({ settings, all: true })).toMatchObject({ succeeded: COUNT, failed: [] });
  });
  expect(result.failures).toEqual([]);
  // All of the traffic may stand in the queue from its first moment on.
  expect(without.transactions).toBeGreaterThan(input.clients);
  expect(result.transactions).toBeGreaterThan(100);
  const figures = JSON.stringify({ result, without });
  expect(result.p99, figures).toBeLessThan(without.p99 / 2);
  const undone = await rollbackFleet({
    settings,
    all: true,
    goal: { kind: 'to', number: 2 },
    allowDataLoss: true,
  });
  expect(undone.failed).toEqual([]);
});
