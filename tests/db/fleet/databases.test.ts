import { afterEach, describe, expect, inject, it } from 'vitest';
import {
  apply,
  applyFleet,
  makeDatabase,
  planDatabases,
  rollbackFleet,
  status,
  validate,
  type RunEvent,
  type Settings,
} from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { ADD_COLUMN, makeFleet, type TestFleet } from '../../support/fleet.js';
import { makeTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NAMES = ['north', 'east', 'south', 'west'] as const;

interface World {
  readonly fleet: TestFleet;
  readonly settings: Settings;
  /** What leads to the database `west`. */
  readonly proxy: TcpProxy;
  readonly databases: Readonly<Record<string, TestDatabase>>;
}

/** Four databases; those of `west` are reached through an address that refuses at first. */
async function makeWorld(label: string, overrides: Partial<Settings> = {}): Promise<World> {
  const server = inject('testServer');
  const fleet = await makeFleet(server, label, overrides);
  cleanups.push(fleet.drop);
  const proxy = await makeTcpProxy(server);
  cleanups.push(proxy.stop);
  const databases: Record<string, TestDatabase> = { north: fleet.database };
  for (const name of NAMES.slice(1)) {
    const database = await createTestDatabase(server, `${label}_${name}`);
    databases[name] = database;
    cleanups.push(() => database.drop());
  }
  const places = NAMES.map((name) => {
    const own = testSettings(databases[name] as TestDatabase).database;
    const fields = { ...own, password: own?.password?.reveal(), host: own?.host ?? '' };
    return {
      name,
      database: makeDatabase(
        { ...fields, ...(name === 'west' && { host: proxy.host, port: proxy.port }) },
        name,
      ),
      departments: [`${name}_*`],
      // They are on one server, whose roles they share.
      rolePrefix: databases[name]?.rolePrefix,
    };
  });
  const { database: _one, ...settings } = fleet.settings;
  return { fleet, settings: { ...settings, databases: places }, proxy, databases };
}

const named = (count: number): { id: string; name: string }[] =>
  NAMES.flatMap((name) =>
    Array.from({ length: count }, (_, index) => ({ id: `${name}_${index}`, name: `${name} ${index}` })),
  );

const ids = async ({ url }: TestDatabase): Promise<string[]> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'select department_id as id from federation.departments order by 1',
    );
    return rows.map(({ id }) => id);
  });

describe('a fleet on four servers', () => {
  it('with one of them down: three finish, the fourth is reported, resume finishes it when it is back', async () => {
    const { settings, proxy, databases, fleet } = await makeWorld('four');
    await proxy.start();
    const made = await applyFleet({ settings, named: named(3) });
    expect(made).toMatchObject({ targets: 12, succeeded: 12, failed: [], unreached: [], notRun: [] });
    for (const name of NAMES)
      expect(await ids(databases[name] as TestDatabase)).toEqual([0, 1, 2].map((n) => `${name}_${n}`));

    await fleet.script('0003_add_body', ADD_COLUMN);
    await proxy.stop();
    const run = await applyFleet({ settings, all: true });
    expect(run).toMatchObject({ targets: 9, succeeded: 9, failed: [], notRun: [], interrupted: false });
    expect(run.unreached).toMatchObject([{ database: 'west', error: { code: 'E_DB_UNREACHABLE' } }]);
    const during = await status({ settings });
    expect(during.departments).toHaveLength(9);
    expect(during.unreached).toMatchObject([{ database: 'west', error: { code: 'E_DB_UNREACHABLE' } }]);

    await proxy.start();
    const vague = await applyFleet({ settings, resume: run.runId });
    expect(vague.unreached).toMatchObject([{ database: 'west', error: { code: 'E_RUN_UNKNOWN' } }]);
    const resumed = await applyFleet({ settings, all: true, resume: run.runId });
    expect(resumed).toMatchObject({ targets: 3, succeeded: 3, failed: [], unreached: [] });
    const after = await status({ settings });
    expect(after.unreached).toEqual([]);
    expect(
      after.departments.map(({ database, departmentId, version }) => [database, departmentId, version]),
    ).toEqual(named(3).map(({ id }) => [id.split('_')[0], id, 3]));
    expect(await applyFleet({ settings, all: true })).toMatchObject({ runId: undefined, unchanged: 12 });

    // One run id stands for all databases.
    const undone = await rollbackFleet({ settings, goal: { kind: 'run', runId: run.runId ?? '' } });
    expect(undone).toMatchObject({ targets: 9, succeeded: 9, failed: [], unreached: [] });
  });

  it('that are all down says so, and a department of no database is refused before anything connects', async () => {
    const { settings } = await makeWorld('down');
    const west = { ...settings, databases: settings.databases.slice(3) };
    await expect(applyFleet({ settings: west, all: true })).rejects.toMatchObject({
      code: 'E_DB_UNREACHABLE',
    });
    await expect(status({ settings: west })).rejects.toMatchObject({ code: 'E_DB_UNREACHABLE' });
    await expect(planDatabases({ settings: west, all: true })).rejects.toMatchObject({
      code: 'E_DB_UNREACHABLE',
    });
    await expect(applyFleet({ settings, named: [{ id: 'hr', name: 'HR' }] })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('belongs to none of the databases') as string,
    });
    await expect(applyFleet({ settings })).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

describe('several databases', () => {
  it('get each department that is named where it is placed, and patterns may match in one alone', async () => {
    const { settings, proxy, databases } = await makeWorld('placed');
    await proxy.start();
    await apply({ settings, departmentId: 'south_0', department: 'South 0' });
    expect(await ids(databases['south'] as TestDatabase)).toEqual(['south_0']);
    await applyFleet({ settings, named: named(1).slice(0, 2) });
    expect((await status({ settings, departmentId: 'south_0' })).departments).toMatchObject([{ version: 2 }]);
    const report = await validate({ settings, departmentId: 'south_0', skip: ['department_status'] });
    expect(report.targets.map(({ target }) => target)).toEqual(['south_0']);
    expect(report.passed).toBe(true);
    await expect(validate({ settings, all: true })).rejects.toMatchObject({ code: 'E_NO_DATABASE' });
    expect((await status({ settings, targets: ['south*'] })).departments).toHaveLength(1);
    const undo = { kind: 'to', number: 1 } as const;
    expect(await rollbackFleet({ settings, targets: ['south_*'], goal: undo })).toMatchObject({
      succeeded: 1,
    });
    await expect(rollbackFleet({ settings, targets: ['q*'], goal: undo })).rejects.toMatchObject({
      code: 'E_TARGET_UNKNOWN',
    });
    await expect(status({ settings, targets: ['q*'] })).rejects.toMatchObject({ code: 'E_TARGET_UNKNOWN' });
  });

  it('know a pattern together, and one that none of them knows is refused before anything is touched', async () => {
    const { settings, proxy, fleet } = await makeWorld('patterns');
    await proxy.start();
    await applyFleet({ settings, named: named(1) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const refused = { code: 'E_TARGET_UNKNOWN' };
    for (const mistyped of [{ exclude: ['q*'] }, { exclude: ['south_0', 'nope'] }]) {
      await expect(applyFleet({ settings, all: true, ...mistyped })).rejects.toMatchObject(refused);
      await expect(planDatabases({ settings, all: true, ...mistyped })).rejects.toMatchObject(refused);
      await expect(status({ settings, ...mistyped })).rejects.toMatchObject(refused);
    }
    const half = { settings, targets: ['north_0', 'south_9'] };
    await expect(applyFleet(half)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('"south_9" is not registered') as string,
    });
    expect(await status({ settings, targets: ['south_0'] })).toMatchObject({ known: 1 });
    expect(await status({ settings, exclude: ['n*', 'e*', 's*', 'w*'] })).toMatchObject({
      departments: [],
      known: 4,
    });
    expect((await status({ settings, onlyPending: true })).departments).toHaveLength(4);
    expect(await applyFleet({ settings, all: true, exclude: ['south_*'] })).toMatchObject({ succeeded: 3 });
    await proxy.stop();
    // The database that is down may have what the pattern means, and not what belongs elsewhere.
    const left = await applyFleet({ settings, all: true, exclude: ['west_*'] });
    expect(left).toMatchObject({ succeeded: 1, unreached: [{ database: 'west' }] });
    await expect(applyFleet(half)).rejects.toMatchObject(refused);
  });

  it('go wave by wave together, and none begins after a failure anywhere', async () => {
    const groups = { canary: ['north_0', 'east_0'] };
    const { settings, proxy, fleet } = await makeWorld('waves', { groups });
    await proxy.start();
    await applyFleet({ settings, named: named(2) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent): void => void events.push(event);
    await applyFleet({ settings, all: true, onEvent });
    const order = events.flatMap((event) => (event.type === 'target-done' ? [event.target] : []));
    expect(order.slice(0, 2).sort()).toEqual(['east_0', 'north_0']);
    expect(order).toHaveLength(8);
    const spoiled = `text{% if target.id == 'east_0' %} default (1 / 0)::text{% endif %}`;
    await fleet.script('0004_add_tag', ADD_COLUMN.replace('body text', `tag ${spoiled}`));
    const stopped = await applyFleet({ settings, all: true, onError: 'continue' });
    expect(stopped.failed).toMatchObject([{ target: 'east_0', database: 'east' }]);
    expect(stopped).toMatchObject({ succeeded: 1, interrupted: false });
    expect([...stopped.notRun].sort()).toEqual(
      ['east_1', 'north_1', 'south_0', 'south_1', 'west_0', 'west_1'].sort(),
    );
  });

  it('are planned together, and a plan that one of them has left is refused before anything is touched', async () => {
    const { settings, proxy, fleet } = await makeWorld('plans');
    await proxy.start();
    await applyFleet({ settings, named: named(2) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const { plans } = await planDatabases({ settings, all: true });
    expect(Object.keys(plans)).toEqual([...NAMES]);
    await applyFleet({ settings, targets: ['south_1'] });
    await expect(applyFleet({ settings, plans })).rejects.toMatchObject({ code: 'E_PLAN_STALE' });
    const behind = (await status({ settings, onlyPending: true })).departments;
    expect(behind).toHaveLength(7);
    const { plans: fresh } = await planDatabases({ settings, all: true });
    expect(await applyFleet({ settings, plans: fresh })).toMatchObject({ succeeded: 7, failed: [] });
    const last = await planDatabases({ settings, all: true });
    expect(Object.values(last.plans).flatMap(({ steps }) => steps)).toEqual([]);
    await proxy.stop();
    const partial = await planDatabases({ settings, all: true });
    expect(Object.keys(partial.plans)).toEqual(NAMES.slice(0, 3));
    expect(partial.unreached).toMatchObject([{ database: 'west', error: { code: 'E_DB_UNREACHABLE' } }]);
  });
});
