import { describe, expect, it } from 'vitest';
import { apply, status } from '../../../src/index.js';
import { SHARED_PACKS } from '../../support/built-in-packs.js';
import {
  describeAppliedByEach,
  describeOnVersions,
  expectBackAndAgain,
  expectCatalogue,
  expectGoneAndAgain,
  expectStepsBackAndAgain,
  snapshotOf,
} from '../../support/lifecycle.js';
import { addTenants, findingsOf, packSettings } from '../../support/shared-pack.js';

const SCRIPTS = 6;

describeOnVersions('shared packs', (server, major) => {
  describe.each(SHARED_PACKS)('pack $pack.name', ({ pack }) => {
    describeAppliedByEach(
      { server, name: `${pack.name} life ${major}`, settingsOf: (database) => packSettings(pack, database) },
      (life) => {
        it('applies, validates, goes back to the first catalogue, and comes to the same catalogue again', async () => {
          const { database, settings } = life;
          const before = await snapshotOf(database);
          await apply({ settings });
          const applied = await snapshotOf(database);
          expect(await findingsOf(settings)).toEqual([]);
          await expectCatalogue(life, applied);
          expect((await apply({ settings })).scripts.map(({ state }) => state)).toEqual(
            Array.from({ length: SCRIPTS }, () => 'already-applied'),
          );
          expect((await status({ settings })).packs).toMatchObject([
            {
              pack: pack.name,
              status: 'INSTALLED',
              identity: 'role',
              tenants: 0,
              version: SCRIPTS,
              pending: 0,
            },
          ]);

          await expectBackAndAgain(life, before, applied);
          await expectGoneAndAgain(life, applied);
        });

        it('rolls single scripts back and applies them again without a trace', async () => {
          await expectStepsBackAndAgain(life, [1, 2, 4]);
        });

        it('has nothing to be found with tenants in it either', async () => {
          const { settings } = life;
          await addTenants(settings, pack);
          expect(await findingsOf(settings)).toEqual([]);
        });
      },
    );
  });
});
