import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { applyFleet, planFleet, status } from '../../../src/index.js';
import { ADD_COLUMN, departments, makeFleet, type TestFleet } from '../../support/fleet.js';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await makeFleet(inject('testServer'), 'ledger_scale');
  await applyFleet({ settings: fleet.settings, named: departments(1) });
});
afterAll(async () => await fleet.drop());

/** Registers departments up to this number, with the ledger rows of the first and no schemas. */
const simulate = (from: number, to: number): Promise<unknown[]> =>
  fleet.query(`
    insert into federation.departments (department_id, department_name, tenant_schema)
      select 's' || n, 'Simulated ' || n, 's' || n || '_tenant' from generate_series(${from}, ${to}) n;
    insert into federation.schema_migrations (target, pack, script, number, template_checksum, rendered_checksum, state, statements_done, run_id)
      select 's' || n, pack, script, number, template_checksum, rendered_checksum, state, statements_done, run_id
        from federation.schema_migrations, generate_series(${from}, ${to}) n where target = 'd01';
    insert into federation.run_targets (run_id, target, state, finished_at)
      select run_id, 's' || n, 'succeeded', now() from federation.run_targets, generate_series(${from}, ${to}) n where target = 'd01';
    analyze`);

/** The texts of all queries of a verb, but those that open the session. */
async function queriesOf(verb: () => Promise<unknown>): Promise<string[]> {
  const spy = vi.spyOn(pg.Client.prototype, 'query');
  await verb();
  const calls = [...spy.mock.calls];
  spy.mockRestore();
  const texts = calls.map(([query]) =>
    typeof query === 'string' ? query : String(Reflect.get(Object(query), 'text')),
  );
  return texts.filter((text) => text.includes('federation.'));
}

/** The shortest of a few runs: the machine may be busy with other tests. */
async function fastest(verb: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const started = performance.now();
    await verb();
    times.push(performance.now() - started);
  }
  return Math.min(...times);
}

it('with nothing to do, apply and status ask the ledger once, at 2,000 departments', async () => {
  const { settings } = fleet;
  await simulate(1, 1999);
  const apply = async (): Promise<unknown> =>
    expect(await applyFleet({ settings, all: true })).toMatchObject({ targets: 2000, unchanged: 2000 });
  const look = async (): Promise<unknown> =>
    expect((await status({ settings })).departments).toHaveLength(2000);
  expect(await queriesOf(apply)).toHaveLength(1);
  expect(await queriesOf(look)).toHaveLength(1);
  // Promised is 150 ms beyond the start on a machine of its own: npm run bench measures that.
  expect(await fastest(apply)).toBeLessThan(1000);
  expect(await fastest(look)).toBeLessThan(1000);
});

it('plan, status and targeting take less than a second at 10,000 departments', async () => {
  const { settings } = fleet;
  await simulate(2000, 9999);
  await fleet.script('0003_add_body', ADD_COLUMN);
  const times = {
    plan: await fastest(() => planFleet({ settings, all: true })),
    status: await fastest(() => status({ settings })),
    targeting: await fastest(() =>
      planFleet({ settings, targets: ['s1*'], exclude: ['s11*'], shard: '2/4' }),
    ),
    pending: await fastest(() => status({ settings, onlyPending: true })),
  };
  const plan = await planFleet({ settings, all: true });
  expect(plan.steps.map(({ targets }) => targets.length)).toEqual([10_000]);
  for (const [what, ms] of Object.entries(times))
    expect(ms, `${what} took ${ms.toFixed(0)} ms`).toBeLessThan(1000);
});
