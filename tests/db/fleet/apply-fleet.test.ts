import { afterEach, describe, expect, inject, it } from 'vitest';
import { defaultSettings } from '../../../src/config/settings.js';
import { applyFleet, planFleet, rollbackFleet, status, validate, type RunEvent } from '../../../src/index.js';
import { withClient } from '../../support/database.js';
import { ADD_COLUMN, departments, makeFleet, type TestFleet } from '../../support/fleet.js';

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.drop();
});
async function newFleet(label: string, ...more: [Parameters<typeof makeFleet>[2]?]): Promise<TestFleet> {
  const fleet = await makeFleet(inject('testServer'), label, ...more);
  fleets.push(fleet);
  return fleet;
}

const SPOILED = ADD_COLUMN.replace(
  'text',
  `text{% if target.id == 'd03' %} default (1 / 0)::text{% endif %}`,
);
const versions = async ({ settings }: TestFleet): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await status({ settings })).departments.map((each) => [each.departmentId, each.version]),
  );

describe('a fleet', () => {
  it('is provisioned from names, and then nothing is to do', async () => {
    const fleet = await newFleet('provision');
    const { settings } = fleet;
    const events: RunEvent[] = [];
    // What is new counts as known to --exclude.
    const named = [{ id: 'd01' }, ...departments(8), ...departments(2)];
    const first = await applyFleet({
      settings,
      named,
      exclude: ['d08'],
      onEvent: (event) => events.push(event),
    });
    expect(first).toMatchObject({
      targets: 7,
      succeeded: 7,
      unchanged: 0,
      scripts: 14,
      failed: [],
      notRun: [],
    });
    expect(events.filter(({ type }) => type === 'target-done')).toHaveLength(7);
    expect(
      await fleet.query(`select state, count(*)::int as n from federation.run_targets group by 1`),
    ).toEqual([{ state: 'succeeded', n: 7 }]);
    const runs = await fleet.query('select run_id from federation.migration_runs');
    const again = await applyFleet({ settings, all: true });
    expect(again).toMatchObject({ runId: undefined, targets: 7, succeeded: 0, unchanged: 7 });
    expect(await fleet.query('select run_id from federation.migration_runs')).toEqual(runs);
  });

  it('is chosen by patterns, exceptions, groups and shards', async () => {
    const fleet = await newFleet('choose', { groups: { canary: ['d04'], even: ['d02', 'd04', 'd06'] } });
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(6) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent): void => void events.push(event);
    await applyFleet({ settings, targets: ['d0*'], exclude: ['d01', 'd03'], concurrency: 1, onEvent });
    expect(await versions(fleet)).toEqual({ d01: 2, d02: 3, d03: 2, d04: 3, d05: 3, d06: 3 });
    const order = events.flatMap((event) => (event.type === 'target-start' ? [event.target] : []));
    expect(order).toEqual(['d04', 'd02', 'd06', 'd05']);
    const shards = await Promise.all(
      ['1/3', '2/3', '3/3'].map(
        async (shard) => (await rollbackFleet({ settings, shard, goal: { kind: 'to', number: 2 } })).targets,
      ),
    );
    expect(shards.reduce((sum, each) => sum + each, 0)).toBe(6);
    expect(Object.values(await versions(fleet))).toEqual([2, 2, 2, 2, 2, 2]);
    expect((await applyFleet({ settings, groups: ['even'], onlyPending: true })).succeeded).toBe(3);
    const query = `select department_id from federation.departments where department_id in ('d01', 'd03')`;
    expect((await applyFleet({ settings, targetsQuery: query })).succeeded).toBe(2);
    await expect(applyFleet({ settings, targets: ['nobody'] })).rejects.toMatchObject({
      code: 'E_TARGET_UNKNOWN',
    });
    const undo = { kind: 'to', number: 1 } as const;
    for (const mistyped of ['nope', 'q*'])
      for (const refused of [
        () => applyFleet({ settings, all: true, exclude: ['d01', mistyped] }),
        () => planFleet({ settings, all: true, exclude: [mistyped] }),
        () => rollbackFleet({ settings, targets: ['*'], exclude: [mistyped], goal: undo }),
        () => status({ settings, exclude: [mistyped] }),
        () => status({ settings, exclude: [mistyped], onlyPending: true }),
        () => validate({ settings, all: true, exclude: [mistyped] }),
      ])
        await expect(refused()).rejects.toMatchObject({
          code: 'E_TARGET_UNKNOWN',
          message: expect.stringContaining(`--exclude "${mistyped}" matches no department`) as string,
        });
    await expect(applyFleet({ settings, groups: ['nobody'] })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(applyFleet({ settings })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('stops at the first failure or goes on, and a later run finishes the rest', async () => {
    const fleet = await newFleet('failure');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(6) });
    await fleet.script('0003_add_body', SPOILED);
    const stopped = await applyFleet({ settings, all: true, concurrency: 1 });
    expect(stopped).toMatchObject({ succeeded: 2, notRun: ['d04', 'd05', 'd06'] });
    expect(stopped.failed).toMatchObject([{ target: 'd03', error: { code: 'E_APPLY_FAILED' } }]);
    const on = await applyFleet({ settings, all: true, onError: 'continue' });
    expect(on).toMatchObject({ succeeded: 3, unchanged: 2, notRun: [] });
    expect((await status({ settings, onlyFailed: true })).departments).toMatchObject([
      { departmentId: 'd03', version: 2, failed: expect.stringContaining('division by zero') as string },
    ]);
    await fleet.script('0003_add_body', ADD_COLUMN);
    const resumed = await applyFleet({ settings, resume: stopped.runId });
    expect(resumed).toMatchObject({ targets: 4, succeeded: 1, unchanged: 3 });
    expect((await applyFleet({ settings, onlyFailed: true })).targets).toBe(0);
    expect(await status({ settings, onlyFailed: true })).toMatchObject({ departments: [], known: 6 });
    await expect(applyFleet({ settings, resume: 'nothing' })).rejects.toMatchObject({
      code: 'E_RUN_UNKNOWN',
    });
  });

  it('that was to be made and is not registered needs its names again, to go on with a run', async () => {
    const fleet = await newFleet('unmade');
    const { settings } = fleet;
    const named = departments(5);
    await fleet.script('0003_add_body', SPOILED);
    const { runId } = await applyFleet({ settings, named, concurrency: 1 });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const refused = { code: 'E_USAGE', message: expect.stringContaining('yet: d04, d05') as string };
    await expect(applyFleet({ settings, resume: runId })).rejects.toMatchObject(refused);
    await expect(planFleet({ settings, resume: runId })).rejects.toMatchObject(refused);
    const goal = { kind: 'to', number: 2 } as const;
    expect(await rollbackFleet({ settings, resume: runId, goal })).toMatchObject({ targets: 1, failed: [] });
    expect(await applyFleet({ settings, resume: runId, targets: ['d03'] })).toMatchObject({ succeeded: 1 });
    expect(await applyFleet({ settings, resume: runId, named })).toMatchObject({ targets: 3, succeeded: 2 });
    expect(await applyFleet({ settings, resume: runId })).toMatchObject({ targets: 3, unchanged: 3 });
  });

  it('is taken back to where each was before a run, and only by it', async () => {
    const fleet = await newFleet('undo');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(5) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    await applyFleet({ settings, targets: ['d01', 'd02'] });
    await fleet.script('0004_add_tag', ADD_COLUMN.replace('body', 'tag'));
    const before = await versions(fleet);
    const run = await applyFleet({ settings, targets: ['d02', 'd03', 'd04'] });
    const undone = await rollbackFleet({ settings, goal: { kind: 'run', runId: run.runId ?? '' } });
    expect(undone).toMatchObject({ targets: 3, succeeded: 3, scripts: 5 });
    expect(await versions(fleet)).toEqual(before);
    expect(before).toEqual({ d01: 3, d02: 3, d03: 2, d04: 2, d05: 2 });
    // what a later run built on a run's scripts keeps them
    const lower = await applyFleet({ settings, targets: ['d05'] });
    await fleet.script('0005_add_more', ADD_COLUMN.replace('body', 'more'));
    const upper = await applyFleet({ settings, targets: ['d05'] });
    const refused = await rollbackFleet({ settings, goal: { kind: 'run', runId: lower.runId ?? '' } });
    expect(refused.failed).toMatchObject([{ target: 'd05', error: { code: 'E_SCRIPT_ORDER' } }]);
    expect(refused.failed[0]?.error.hint).toContain(upper.runId);
  });

  it('gives way to locks while the others go on', async () => {
    const fleet = await newFleet('locks');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(5) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const events: RunEvent[] = [];
    await withClient(fleet.database.url, async (client) => {
      await client.query('begin; lock table d02_tenant.notes in access share mode');
      const running = applyFleet({
        settings,
        all: true,
        concurrency: 1,
        onEvent: (event) => {
          events.push(event);
          if (event.type === 'target-done' && event.target === 'd05') void client.query('rollback');
        },
      });
      expect(await running).toMatchObject({ succeeded: 5, failed: [] });
    });
    const later = events.find((event) => event.type === 'target-later');
    expect(later).toMatchObject({
      target: 'd02',
      reason: expect.stringContaining('AccessShareLock on notes') as string,
    });
    const done = events.flatMap((event) => (event.type === 'target-done' ? [event.target] : []));
    expect(done.at(-1)).toBe('d02');
  });

  it('drains: what is under way is finished, and nothing more is begun', async () => {
    const fleet = await newFleet('drain');
    const { settings } = fleet;
    const drain = new AbortController();
    const result = await applyFleet({
      settings,
      named: departments(6),
      concurrency: 1,
      drain: drain.signal,
      onEvent: (event) => {
        if (event.type === 'target-start' && event.target === 'd03') drain.abort();
      },
    });
    expect(result).toMatchObject({ succeeded: 3, interrupted: true, notRun: ['d04', 'd05', 'd06'] });
    expect(
      await fleet.query(`select state from federation.migration_runs where state <> 'succeeded'`),
    ).toEqual([{ state: 'interrupted' }]);
  });

  it('tells which run is under way, which another run does not close; one that died the next closes', async () => {
    const fleet = await newFleet('alive');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(4) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const seen: Promise<unknown>[] = [];
    const look = async (): Promise<unknown> => {
      const runs = (await status({ settings })).runs.map(({ command, targets }) => ({ command, targets }));
      await applyFleet({ settings, targets: ['d04'] });
      const open = await fleet.query(
        `select state from federation.migration_runs where state <> 'succeeded'`,
      );
      return { runs, open };
    };
    await withClient(fleet.database.url, async (client) => {
      await client.query('begin; lock table d02_tenant.notes in access share mode');
      const running = applyFleet({
        settings,
        targets: ['d01', 'd02', 'd03'],
        concurrency: 1,
        onEvent: (event) => {
          if (event.type === 'target-later' && seen.length === 0)
            seen.push(look().finally(() => client.query('rollback')));
        },
      });
      expect(await running).toMatchObject({ succeeded: 3, failed: [] });
    });
    expect(await Promise.all(seen)).toEqual([
      { runs: [{ command: 'apply', targets: 3 }], open: [{ state: 'running' }] },
    ]);
    await fleet.query(`update federation.migration_runs set state = 'running', finished_at = null, backend_pid = 1
                        where run_id = (select run_id from federation.migration_runs limit 1)`);
    expect(await applyFleet({ settings, all: true })).toMatchObject({ runId: undefined, unchanged: 4 });
    expect(
      await fleet.query(`select state from federation.migration_runs where state <> 'succeeded'`),
    ).toEqual([{ state: 'interrupted' }]);
  });

  it('refuses a number of failures that is none before it connects', async () => {
    const nowhere = defaultSettings();
    for (const maxFailures of ['abc', '0', '0%', '101%', -1])
      await expect(applyFleet({ settings: nowhere, all: true, maxFailures })).rejects.toMatchObject({
        code: 'E_USAGE',
        message: `"${maxFailures}" is no number of failures`,
      });
  });

  it('refuses to stop at the first failure and at another one', async () => {
    const nowhere = { settings: defaultSettings(), all: true };
    for (const maxFailures of [3, '5%']) {
      await expect(applyFleet({ ...nowhere, onError: 'stop', maxFailures })).rejects.toMatchObject({
        code: 'E_USAGE',
        message: `--on-error stop and --max-failures ${maxFailures} contradict each other`,
      });
      await expect(applyFleet({ ...nowhere, onError: 'continue', maxFailures })).rejects.toMatchObject({
        code: 'E_NO_DATABASE',
      });
    }
  });

  it('refuses a department with two names before it connects, and in what a query answers', async () => {
    const twice = [...departments(2), { id: 'd02', name: 'Another' }];
    const refused = {
      code: 'E_USAGE',
      message: 'department "d02" is named twice: "Department 02" and "Another"',
    };
    await expect(applyFleet({ settings: defaultSettings(), named: twice })).rejects.toMatchObject(refused);
    const { settings } = await newFleet('twice');
    const targetsQuery = `values ('d02', 'Department 02'), ('d02', 'Another')`;
    await expect(applyFleet({ settings, targetsQuery })).rejects.toMatchObject(refused);
  });

  it('is worked on by eight runners at once, each script exactly once', async () => {
    const fleet = await newFleet('runners');
    const { settings } = fleet;
    const named = departments(12);
    await applyFleet({ settings, named: named.slice(0, 1) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const runs = await Promise.all(
      Array.from({ length: 8 }, () => applyFleet({ settings, named, concurrency: 2 })),
    );
    expect(runs.flatMap(({ failed }) => failed)).toEqual([]);
    expect(runs.reduce((sum, { scripts }) => sum + scripts, 0)).toBe(11 * 3 + 1);
    const rows = await fleet.query<{ n: number }>(
      `select count(*)::int as n from federation.schema_migrations where target like 'd%'`,
    );
    expect(rows).toEqual([{ n: 12 * 3 }]);
  });
});
