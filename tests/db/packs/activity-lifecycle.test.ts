import { expect, it } from 'vitest';
import { apply, rollback, status, validate } from '../../../src/index.js';
import { activitySettings } from '../../support/activity.js';
import {
  describeAppliedByEach,
  describeOnVersions,
  expectBackAndAgain,
  expectStepsBackAndAgain,
  snapshotOf,
} from '../../support/lifecycle.js';

/** What is said of these servers, whatever the pack. */
const SERVERS_OWN = ['server_version', 'public_privileges'];

describeOnVersions('pack activity', (server, major) => {
  describeAppliedByEach({ server, name: `activity ${major}`, settingsOf: activitySettings }, (life) => {
    it('applies, goes back to the first catalogue, and comes to the same catalogue again', async () => {
      const { database, settings } = life;
      const before = await snapshotOf(database);
      await apply({ settings });
      const applied = await snapshotOf(database);
      await expectBackAndAgain(life, before, applied);
      expect((await status({ settings })).packs).toMatchObject([
        { pack: 'activity', status: 'INSTALLED', pending: 0 },
      ]);
    });

    it('rolls scripts back one by one and applies them again without a trace', async () => {
      await expectStepsBackAndAgain(life, [1, 2, 3, 5, 8, 10]);
    });

    it('is found to be as declared, and nothing in it can be reached', async () => {
      const { settings } = life;
      const report = await validate({ settings, skip: SERVERS_OWN });
      const checks = [...report.checks, ...report.targets.flatMap((target) => target.checks)];
      const findings = checks.flatMap((check) =>
        check.findings
          .filter(({ severity }) => severity !== 'note')
          .map(({ object, message }) => [check.code, object, message]),
      );
      expect(findings).toEqual([]);
      expect(report.passed).toBe(true);
    });

    it('is rolled back as a whole', async () => {
      const { settings } = life;
      await rollback({ settings, goal: { kind: 'all' } });
      expect((await status({ settings })).packs).toEqual([]);
    });
  });
});
