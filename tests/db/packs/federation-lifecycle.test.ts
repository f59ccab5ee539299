import { expect, it } from 'vitest';
import {
  apply,
  rollback,
  rollbackControlPlane,
  status,
  validate,
  type Settings,
} from '../../../src/index.js';
import {
  describeAppliedByEach,
  describeOnVersions,
  expectCatalogue,
  expectStepsBackAndAgain,
  snapshotOf,
} from '../../support/lifecycle.js';
import { testSettings } from '../../support/department.js';

const DEPARTMENTS = [
  { departmentId: 'hr', department: 'Human Resources' },
  { departmentId: 'sales', department: "Sales & O'Brien" },
] as const;

async function applyAll(settings: Settings): Promise<void> {
  for (const department of DEPARTMENTS) await apply({ ...department, settings });
}

/** What fails; warnings say what a provisioner cannot show, and what PostgreSQL 14 lets everybody do in schema public. */
async function failuresOf(settings: Settings, departmentId: string): Promise<string[]> {
  const report = await validate({ departmentId, settings });
  return report.targets
    .flatMap(({ checks }) => checks)
    .flatMap((check) =>
      check.findings
        .filter(({ severity }) => severity === 'error')
        .map((each) => `${check.code} ${each.object}: ${each.message}`),
    );
}

describeOnVersions('pack federation', (server, major) => {
  describeAppliedByEach({ server, name: `life ${major}`, settingsOf: testSettings }, (life) => {
    it('applies, validates, goes back to the first catalogue, and comes to the same catalogue again', async () => {
      const { database, settings } = life;
      const before = await snapshotOf(database);
      await applyAll(settings);
      const applied = await snapshotOf(database);
      for (const { departmentId } of DEPARTMENTS)
        expect(await failuresOf(settings, departmentId)).toEqual([]);
      await expectCatalogue(life, applied);

      for (const { departmentId } of DEPARTMENTS) {
        await rollback({ departmentId, settings, goal: { kind: 'to', number: 0 } });
      }
      await rollbackControlPlane({ settings, allowDataLoss: true });
      await expectCatalogue(life, before);

      await applyAll(settings);
      await expectCatalogue(life, applied);
    });

    it('rolls some scripts back and applies them again without a trace', async () => {
      // The newest script only fills in data, so a single step leaves the catalogue as it is.
      await expectStepsBackAndAgain(life, [2, 5, 8, 10], DEPARTMENTS[0]);
    });

    it('removes a department at once with --all and leaves the other one whole', async () => {
      const { settings } = life;
      await rollback({ departmentId: 'hr', settings, goal: { kind: 'all' } });
      const names = (await status({ settings })).departments.map((each) => each.departmentId);
      expect(names).toEqual(['sales']);
      expect(await failuresOf(settings, 'sales')).toEqual([]);
      await rollback({ departmentId: 'sales', settings, goal: { kind: 'all' } });
      await rollbackControlPlane({ settings, allowDataLoss: true });
    });
  });
});
