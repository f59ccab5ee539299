import { afterEach, describe, expect, inject, it } from 'vitest';
import { apply, applyFleet, rollback, rollbackFleet, validate } from '../../../src/index.js';
import { withClient } from '../../support/database.js';
import { ADD_COLUMN, departments, makeFleet, type TestFleet } from '../../support/fleet.js';

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.drop();
});
async function newFleet(label: string): Promise<TestFleet> {
  const fleet = await makeFleet(inject('testServer'), label);
  fleets.push(fleet);
  return fleet;
}

const NOTES = `{{ 'notes' | qualified(target.schema) }}`;
const SCRIPT = `-- fedgen: no-transaction
alter table ${NOTES} add column extra integer;
create unique index concurrently notes_body on ${NOTES} (body);
comment on index {{ 'notes_body' | qualified(target.schema) }} is 'quick';
vacuum ${NOTES};
`;
const DOWN = `drop index {{ 'notes_body' | qualified(target.schema) }};\nalter table ${NOTES} drop column extra;\n`;
const progress = (fleet: TestFleet): Promise<Record<string, unknown>[]> =>
  fleet.query(
    `select target, state, statements_done as done from federation.schema_migrations where number = 4 and target like 'd%' order by target`,
  );

async function withBody(label: string, count: number): Promise<TestFleet> {
  const fleet = await newFleet(label);
  await fleet.script('0003_add_body', ADD_COLUMN);
  await applyFleet({ settings: fleet.settings, named: departments(count) });
  await fleet.script('0004_index_body', SCRIPT);
  await fleet.script('0004_index_body.down', DOWN);
  return fleet;
}

describe('a script without a transaction', () => {
  it('is run statement by statement at a fleet, and taken back', async () => {
    const fleet = await withBody('outside', 3);
    const { settings } = fleet;
    expect(await applyFleet({ settings, all: true })).toMatchObject({ succeeded: 3, failed: [] });
    expect(await progress(fleet)).toEqual(
      ['d01', 'd02', 'd03'].map((target) => ({ target, state: 'applied', done: 4 })),
    );
    const drift = await validate({ settings, all: true, only: ['drift'] });
    expect(drift.targets.flatMap(({ checks }) => checks.flatMap(({ findings }) => findings))).toEqual([]);
    const undone = await rollbackFleet({
      settings,
      all: true,
      goal: { kind: 'steps', steps: 1 },
      allowDataLoss: true,
    });
    expect(undone).toMatchObject({ succeeded: 3, failed: [] });
    expect(await fleet.query(`select indexname from pg_indexes where indexname = 'notes_body'`)).toEqual([]);
  });

  it('that is half-done is named when its run is to be taken back, and says what stands', async () => {
    const fleet = await withBody('half_done', 1);
    const { settings } = fleet;
    await fleet.script('0004_index_body', SCRIPT.replace('(body)', '(nobody)'));
    const { runId = '', failed } = await applyFleet({ settings, all: true });
    expect(failed[0]?.error.hint).toContain('The statements before it are kept');
    const undone = await rollbackFleet({ settings, goal: { kind: 'run', runId } });
    expect(undone.failed).toMatchObject([{ target: 'd01', error: { code: 'E_SCRIPT_ORDER' } }]);
  });

  it('gives way to locks with what can run in a transaction, and goes on there', async () => {
    const fleet = await withBody('gives_way', 3);
    const { settings } = fleet;
    const later: string[] = [];
    await withClient(fleet.database.url, async (client) => {
      await client.query('begin; lock table d02_tenant.notes in access share mode');
      const result = await applyFleet({
        settings,
        targets: ['d02'],
        onEvent: (event) => {
          if (event.type !== 'target-later') return;
          later.push(event.reason);
          if (later.length === 2) void client.query('rollback');
        },
      });
      expect(result).toMatchObject({ succeeded: 1, failed: [] });
    });
    expect(later[0]).toContain('AccessShareLock on notes');
    expect((await progress(fleet)).filter(({ target }) => target === 'd02')).toMatchObject([
      { state: 'applied', done: 4 },
    ]);
  });

  it('goes on at the statement that failed, over the invalid index that it left', async () => {
    const fleet = await withBody('resume', 1);
    const { settings } = fleet;
    await fleet.query(`insert into d01_tenant.notes (body) values ('twice'), ('twice')`);
    await expect(apply({ departmentId: 'd01', settings })).rejects.toMatchObject({ code: 'E_APPLY_FAILED' });
    expect(await progress(fleet)).toEqual([{ target: 'd01', state: 'running', done: 1 }]);
    expect(
      await fleet.query(
        `select indisvalid from pg_index where indexrelid = 'd01_tenant.notes_body'::regclass`,
      ),
    ).toEqual([{ indisvalid: false }]);
    await expect(
      rollback({ departmentId: 'd01', settings, goal: { kind: 'steps', steps: 1 } }),
    ).rejects.toMatchObject({ code: 'E_SCRIPT_ORDER' });
    await fleet.query(`delete from d01_tenant.notes where ctid = (select max(ctid) from d01_tenant.notes)`);
    await apply({ departmentId: 'd01', settings });
    expect(await progress(fleet)).toEqual([{ target: 'd01', state: 'applied', done: 4 }]);
    expect(
      await fleet.query(
        `select indisvalid from pg_index where indexrelid = 'd01_tenant.notes_body'::regclass`,
      ),
    ).toEqual([{ indisvalid: true }]);
  });

  it('takes an index for done that was built before its booking was lost, and no other', async () => {
    const fleet = await withBody('booking', 2);
    const { settings } = fleet;
    await applyFleet({ settings, targets: ['d01'] });
    await fleet.query(
      `update federation.schema_migrations set state = 'running', statements_done = 1 where target = 'd01' and number = 4`,
    );
    expect(await applyFleet({ settings, targets: ['d01'] })).toMatchObject({ succeeded: 1, failed: [] });
    await withClient(fleet.database.url, (client) =>
      client.query('create index notes_body on d02_tenant.notes (id)'),
    );
    const refused = await applyFleet({ settings, targets: ['d02'] });
    expect(refused.failed).toMatchObject([
      { error: { code: 'E_APPLY_FAILED', message: expect.stringContaining('already exists') as string } },
    ]);
  });

  it('is refused where its statements stand in a script with a transaction, before anything is run', async () => {
    const fleet = await withBody('refused', 1);
    await fleet.script('0004_index_body', SCRIPT.replace('-- fedgen: no-transaction\n', ''));
    await expect(applyFleet({ settings: fleet.settings, all: true })).rejects.toMatchObject({
      code: 'E_SQL_FORBIDDEN',
      hint: expect.stringContaining('no-transaction') as string,
    });
    expect(await progress(fleet)).toEqual([]);
  });
});

describe('apply --verify', () => {
  it('keeps what is as its scripts make it, and takes back what is not', async () => {
    const fleet = await newFleet('verify');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(3) });
    await fleet.query('create table d02_tenant.stray ()');
    await fleet.script('0003_add_body', ADD_COLUMN);
    const result = await applyFleet({ settings, all: true, verify: true, onError: 'continue' });
    expect(result).toMatchObject({ succeeded: 2 });
    expect(result.failed).toMatchObject([
      {
        target: 'd02',
        error: { code: 'E_VERIFY_FAILED', message: expect.stringContaining('stray') as string },
      },
    ]);
    expect(
      await fleet.query(
        `select table_schema from information_schema.columns where column_name = 'body' order by 1`,
      ),
    ).toEqual([{ table_schema: 'd01_tenant' }, { table_schema: 'd03_tenant' }]);
  });
});
