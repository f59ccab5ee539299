import { afterEach, describe, expect, inject, it } from 'vitest';
import { applyFleet, importTargets, rollbackFleet, status, validate } from '../../../src/index.js';
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

const REGISTRY = `
  select d.department_id, d.department_name, d.tenant_schema, d.status, t.role_name, t.tenant_id, t.pack
    from federation.departments d left join federation.tenants t using (department_id) order by 1`;
const LEDGER = `
  select target, pack, script, number, template_checksum, rendered_checksum, state, statements_done
    from federation.schema_migrations where target <> 'federation' order by target, number`;

/** What the control plane knows of departments, and how to make it forget that. */
const remembered = async (fleet: TestFleet): Promise<unknown> => ({
  registry: await fleet.query(REGISTRY),
  ledger: await fleet.query(LEDGER),
});
const forget = async (fleet: TestFleet): Promise<unknown> =>
  await fleet.query(`delete from federation.schema_migrations where target <> 'federation';
    delete from federation.tenants; delete from federation.departments`);

describe('departments that stand already', () => {
  it('are imported: ledger and registry say what the scripts would have written, and nothing else changes', async () => {
    const fleet = await newFleet('import');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(4) });
    const before = await remembered(fleet);
    await forget(fleet);
    expect((await status({ settings })).departments).toEqual([]);

    const one = await importTargets({ settings, named: [{ id: 'd02', name: 'Department 02' }] });
    expect(one).toMatchObject({ command: 'import', targets: 1, succeeded: 1, scripts: 2, failed: [] });
    // Names are those of the schemas' comments, which the scripts wrote.
    const rest = await importTargets({ settings, all: true });
    expect(rest).toMatchObject({ targets: 4, succeeded: 3, unchanged: 1, scripts: 6, failed: [] });
    expect(await remembered(fleet)).toEqual(before);
    expect(
      await fleet.query('select command, state from federation.migration_runs order by started_at'),
    ).toEqual([
      { command: 'apply', state: 'succeeded' },
      { command: 'import', state: 'succeeded' },
      { command: 'import', state: 'succeeded' },
    ]);

    expect(await importTargets({ settings, all: true })).toMatchObject({ runId: undefined, unchanged: 4 });
    expect(await applyFleet({ settings, all: true })).toMatchObject({ runId: undefined, unchanged: 4 });
    const undone = await rollbackFleet({ settings, targets: ['*'], goal: { kind: 'all' } });
    expect(undone).toMatchObject({ succeeded: 4, failed: [] });
  });

  it('are refused where they differ, with the differences, and nothing is recorded', async () => {
    const fleet = await newFleet('import_differs');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(4) });
    await forget(fleet);
    await fleet.query(`alter table d01_tenant.notes add column stray text;
      alter table d02_tenant.notes drop constraint idx_notes_department;
      grant select on d03_tenant.notes to public`);
    const result = await importTargets({ settings, all: true, onError: 'continue' });
    const told = Object.fromEntries(result.failed.map(({ target, error }) => [target, error]));
    expect(Object.keys(told).sort()).toEqual(['d01', 'd02', 'd03']);
    expect(result).toMatchObject({ targets: 4, succeeded: 1, notRun: [] });
    for (const error of Object.values(told)) expect(error.code).toBe('E_IMPORT_REFUSED');
    expect(told['d01']?.message).toMatch(
      /column d01_tenant\.notes\.stray: stands there and no script made it/,
    );
    expect(told['d02']?.message).toMatch(/d02_tenant\.notes .*: is missing/);
    expect(told['d03']?.message).toMatch(/public may .*, and no script says so/i);
    expect(await fleet.query(`select department_id from federation.departments`)).toEqual([
      { department_id: 'd04' },
    ]);
    expect(
      await fleet.query(
        `select distinct target from federation.schema_migrations where target <> 'federation'`,
      ),
    ).toEqual([{ target: 'd04' }]);
    const renamed = await importTargets({ settings, named: [{ id: 'd01', name: 'Another name' }] });
    expect(renamed.failed[0]?.error.message).toContain('Another name');
    await fleet.query('alter table d01_tenant.notes drop column stray');
    expect(await importTargets({ settings, targets: ['d01'] })).toMatchObject({ succeeded: 1, failed: [] });
  });

  it('are imported at an earlier script, and apply does the rest', async () => {
    const fleet = await newFleet('import_to');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(2) });
    await forget(fleet);
    await fleet.script('0003_add_body', ADD_COLUMN);
    expect((await importTargets({ settings, all: true })).failed[0]?.error).toMatchObject({
      code: 'E_IMPORT_REFUSED',
      message: expect.stringContaining('notes.body: is missing') as string,
    });
    expect(await importTargets({ settings, all: true, upTo: 2 })).toMatchObject({ succeeded: 2, scripts: 4 });
    expect(await applyFleet({ settings, all: true, verify: true })).toMatchObject({
      succeeded: 2,
      scripts: 2,
    });
    await expect(importTargets({ settings, all: true, upTo: 0 })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('may have indexes that do the same made in another order', async () => {
    const fleet = await newFleet('import_twins');
    const { settings } = fleet;
    const create = (name: string): string =>
      `create index ${name} on {{ 'notes' | qualified(target.schema) }} (id);\n`;
    await fleet.script('0003_add_twins', create('twin_a') + create('twin_b'));
    await applyFleet({ settings, named: departments(1) });
    await forget(fleet);
    await fleet.query(`drop index d01_tenant.twin_a; create index twin_a on d01_tenant.notes (id)`);
    expect(await importTargets({ settings, all: true })).toMatchObject({ succeeded: 1, failed: [] });
  });

  it('may be registered already, without ledger rows', async () => {
    const fleet = await newFleet('import_registered');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(2) });
    const before = await remembered(fleet);
    await fleet.query(`delete from federation.schema_migrations where target <> 'federation'`);
    expect(await importTargets({ settings, targets: ['d0*'] })).toMatchObject({ succeeded: 2, scripts: 4 });
    expect(await remembered(fleet)).toEqual(before);
  });

  it('need a control plane and a schema', async () => {
    const fleet = await newFleet('import_nothing');
    const { settings } = fleet;
    await expect(importTargets({ settings, all: true })).rejects.toMatchObject({
      code: 'E_IMPORT_REFUSED',
      hint: expect.stringContaining('fedgen apply --all') as string,
    });
    expect(await applyFleet({ settings, all: true })).toMatchObject({ targets: 0 });
    expect(await importTargets({ settings, all: true })).toMatchObject({ targets: 0, runId: undefined });
    await expect(importTargets({ settings, all: true, exclude: ['q*'] })).rejects.toMatchObject({
      code: 'E_TARGET_UNKNOWN',
      message: expect.stringContaining('--exclude "q*" matches no department') as string,
    });
    await expect(importTargets({ settings, targets: ['d01'] })).rejects.toMatchObject({
      code: 'E_TARGET_UNKNOWN',
      message: expect.stringContaining('no schema "d01_tenant"') as string,
    });
  });

  it('of the pack federation pass validation afterwards', async () => {
    const fleet = await newFleet('import_federation', { pack: 'federation' });
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(1) });
    const before = await remembered(fleet);
    await forget(fleet);
    expect(await importTargets({ settings, all: true })).toMatchObject({ succeeded: 1, scripts: 11 });
    expect(await remembered(fleet)).toEqual(before);
    expect((await validate({ settings, all: true })).passed).toBe(true);
  });
});
