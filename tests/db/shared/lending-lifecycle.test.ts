import { expect, it } from 'vitest';
import { apply, rollback, status } from '../../../src/index.js';
import {
  describeAppliedByEach,
  describeOnVersions,
  expectBackAndAgain,
  expectGoneAndAgain,
  expectStepsBackAndAgain,
  snapshotOf,
} from '../../support/lifecycle.js';
import { withClient } from '../../support/database.js';
import { addLibrary, ALPHA, lendingSettings } from '../../support/lending.js';

describeOnVersions(
  'a shared pack',
  (server, major) => {
    describeAppliedByEach({ server, name: `lending ${major}`, settingsOf: lendingSettings }, (life) => {
      it('applies, goes back to the first catalogue, and comes to the same catalogue again', async () => {
        const { database, settings } = life;
        const before = await snapshotOf(database);
        const result = await apply({ settings });
        expect(result).toMatchObject({ target: 'pack:lending', departmentId: undefined, schema: 'lending' });
        const applied = await snapshotOf(database);
        expect((await apply({ settings })).scripts.map(({ state }) => state)).toEqual(
          Array.from({ length: 4 }, () => 'already-applied'),
        );
        expect((await status({ settings })).packs).toMatchObject([
          { pack: 'lending', status: 'INSTALLED', identity: 'role', tenants: 0, version: 4, pending: 0 },
        ]);

        await expectBackAndAgain(life, before, applied);
        await expectGoneAndAgain(life, applied);
      });

      it('rolls single scripts back and applies them again without a trace', async () => {
        await expectStepsBackAndAgain(life, [1, 2, 3]);
      });

      it('does not go while a tenant is registered, not by SQL either', async () => {
        const { database, settings } = life;
        await addLibrary(database, ALPHA, 'alpha');
        await expect(
          rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true }),
        ).rejects.toMatchObject({
          code: 'E_USAGE',
          message: 'pack "lending" still serves 1 tenant',
          hint: expect.stringContaining(
            'fedgen tenant remove --pack lending --tenant-id <id> --yes',
          ) as string,
        });
        await withClient(database.url, async (client) => {
          const remove = `delete from federation.packs`;
          await expect(client.query(remove)).rejects.toMatchObject({ code: '23503' });
          await client.query('delete from federation.tenants');
        });
        await rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true });
      });
    });
  },
  [14, 18],
);
