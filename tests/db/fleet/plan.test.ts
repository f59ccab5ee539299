import { afterEach, describe, expect, inject, it } from 'vitest';
import { applyFleet, planFleet } from '../../../src/index.js';
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

describe('a plan', () => {
  it('says what runs where with its hazards, is carried out once, and is empty then', async () => {
    const fleet = await newFleet('plan');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(4) });
    await fleet.script('0003_add_body', ADD_COLUMN.replace('text', 'uuid default gen_random_uuid()'));
    await applyFleet({ settings, targets: ['d02'] });
    await fleet.script('0004_add_tag', ADD_COLUMN.replace('body', 'tag'));
    const plan = await planFleet({ settings, all: true });
    expect(plan.steps.map(({ pending, targets }) => [pending.length, targets.map(({ id }) => id)])).toEqual([
      [2, ['d01', 'd03', 'd04']],
      [1, ['d02']],
    ]);
    expect(plan.scripts.map(({ key, hazards }) => [key, hazards.map(({ kind }) => kind)])).toEqual([
      ['small/0003_add_body', ['rewrite']],
      ['small/0004_add_tag', ['lock']],
    ]);
    const kept: typeof plan = JSON.parse(JSON.stringify(plan)) as typeof plan;
    expect(await applyFleet({ settings, plan: kept })).toMatchObject({ succeeded: 4, failed: [] });
    expect(await planFleet({ settings, all: true })).toMatchObject({ steps: [], scripts: [], unchanged: 4 });
    await expect(applyFleet({ settings, plan: kept })).rejects.toMatchObject({ code: 'E_PLAN_STALE' });
  });

  it('is refused when templates or the database moved since', async () => {
    const fleet = await newFleet('stale');
    const { settings } = fleet;
    await applyFleet({ settings, named: departments(2) });
    await fleet.script('0003_add_body', ADD_COLUMN);
    const plan = await planFleet({ settings, all: true });
    await fleet.script('0003_add_body', ADD_COLUMN.replace('text', 'varchar(10)'));
    await expect(applyFleet({ settings, plan })).rejects.toMatchObject({
      code: 'E_PLAN_STALE',
      message: expect.stringContaining('templates') as string,
    });
    await fleet.script('0003_add_body', ADD_COLUMN);
    await applyFleet({ settings, targets: ['d01'] });
    await expect(applyFleet({ settings, plan })).rejects.toMatchObject({
      code: 'E_PLAN_STALE',
      message: expect.stringContaining('departments stand elsewhere') as string,
    });
    expect(
      await fleet.query(`select table_schema from information_schema.columns where column_name = 'body'`),
    ).toEqual([{ table_schema: 'd01_tenant' }]);
  });
});
