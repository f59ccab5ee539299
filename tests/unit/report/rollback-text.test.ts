import { describe, expect, it } from 'vitest';
import type { RollbackResult } from '../../../src/index.js';
import { formatRollback } from '../../../src/report/rollback-text.js';
import { PLAIN, unpainted, VISIBLE } from './paints.js';

const RESULT: RollbackResult = {
  target: 'hr',
  departmentId: 'hr',
  schema: 'hr_tenant',
  runId: '8',
  scripts: [
    { target: 'hr', script: '0003_create_core_execution', state: 'rolled-back', durationMs: 5 },
    { target: 'hr', script: '0002_register_department', state: 'rolled-back', durationMs: 2 },
  ],
  steps: [],
  losses: [],
};
const DRY: RollbackResult = {
  ...RESULT,
  steps: [
    { label: '0003_create_core_execution', sql: 'drop table a;\ndrop table b;\n' },
    { label: '0002_register_department', sql: 'delete from x;' },
  ],
  losses: [
    { object: 'hr_tenant.a', rows: 1 },
    { object: 'hr_tenant.b', rows: 1204 },
  ],
};

describe('a rollback', () => {
  it('is told script by script', async () => {
    const text = formatRollback(RESULT, { dryRun: false, paint: PLAIN });
    await expect(`${text}\n`).toMatchFileSnapshot('../../golden/report/rollback.txt');
  });

  it('that would be is told as SQL, with the rows that would go', async () => {
    const text = formatRollback(DRY, { dryRun: true, paint: PLAIN });
    await expect(`${text}\n`).toMatchFileSnapshot('../../golden/report/rollback-dry-run.sql');
  });

  it.each([true, false])('of nothing says so (dry run: %s)', (dryRun) => {
    const text = formatRollback({ ...RESULT, scripts: [] }, { dryRun, paint: PLAIN });
    expect(text).toBe('Nothing to do: nothing above that point is applied.');
  });

  it('says the same with and without colour', () => {
    const painted = formatRollback(RESULT, { dryRun: false, paint: VISIBLE });
    expect(painted).toContain('<green>Rolled back</green>');
    expect(unpainted(painted)).toBe(formatRollback(RESULT, { dryRun: false, paint: PLAIN }));
  });
});
