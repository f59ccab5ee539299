import { describe, expect, it } from 'vitest';
import {
  DELETED,
  describeAttacks,
  expectEach,
  FRESH,
  ONLY_BETA,
  SEEN,
  UNKNOWN,
  UPDATED,
} from '../../support/pack-attacks.js';
import { equalities, hasAll, type Row } from '../../support/pack-rows.js';
import { descendantsOf, type LinkShape, type TableShape } from '../../support/pack-shape.js';
import { isSingle, type PackActor } from '../../support/pack-world.js';

const DUPLICATE = '23505';
const DANGLING = '23503';
const AS_ALPHA = 'set local session authorization "tenant:alpha"';

describeAttacks('a tenant beside another', (kit) => {
  describe('learns of no other tenant', () => {
    it('by any unique key', async () => {
      const { run, written, variants, insert, prepare } = kit();
      const keys = written.flatMap((table) =>
        table.keys.map((key) => ({ name: `${table.name} ${key.name}`, table, key })),
      );
      /** A new row, but for the columns of the key: they are those of row n, in whichever variant has them all. */
      const attempt =
        (n: number) =>
        async ({ table, key }: (typeof keys)[0]) => {
          const at = Math.max(
            0,
            variants(table, FRESH).findIndex((row) => hasAll(row, key.columns)),
          );
          const other = variants(table, n)[at] ?? {};
          const row = {
            ...variants(table, FRESH)[at],
            ...Object.fromEntries(
              key.columns.flatMap((name) => (name in other ? [[name, other[name]]] : [])),
            ),
          } as Row;
          const room = n === 1 ? '' : prepare(table, n);
          return run(
            'alpha',
            isSingle(table) && n === 1 ? '' : prepare(table, FRESH),
            room,
            insert(table, row),
          );
        };
      await expectEach(keys, attempt(1), DUPLICATE);
      await expectEach(keys, attempt(UNKNOWN), 'INSERT 1');
      await expectEach(keys, attempt(ONLY_BETA), 'INSERT 1');
    });

    it('by any reference', async () => {
      const { world, run, written, changeable, deletable, named, variants, first, insert, prepare } = kit();
      const links = written.flatMap((table) =>
        table.links.map((link) => ({ name: `${table.name} ${link.name}`, table, link })),
      );
      const variantOf = (among: TableShape, { columns }: LinkShape, n: number): Row =>
        variants(among, n).find((row) => hasAll(row, columns)) ?? {};
      const pointing = (link: LinkShape, n: number): Row => {
        const parent = world.tables.find(({ name }) => name === link.parent);
        const target = parent ? first(parent, n) : {};
        return Object.fromEntries(
          link.columns.map((column, at) => [column, target[link.parentColumns[at] ?? ''] ?? null]),
        );
      };
      const adding =
        (actor: PackActor, n: number, before: readonly string[] = []) =>
        ({ table, link }: (typeof links)[0]) =>
          run(
            actor,
            ...before,
            prepare(table, FRESH),
            insert(table, { ...variantOf(table, link, FRESH), ...pointing(link, n) }),
          );
      // Its own row of that number may hold the place of the new one in a key.
      const room = (table: TableShape): string[] =>
        [...descendantsOf(world.tables, table), table]
          .filter((each) => deletable.includes(each))
          .map((each) => `delete from ${named(each)}`);
      await expectEach(links, (each) => adding('beta', ONLY_BETA, room(each.table))(each), 'INSERT 1');
      await expectEach(links, adding('alpha', FRESH), 'INSERT 1');
      await expectEach(links, adding('alpha', UNKNOWN), DANGLING);
      await expectEach(links, adding('alpha', ONLY_BETA), DANGLING);

      const turnable = links.filter(({ table }) => changeable.includes(table));
      const turning =
        (n: number) =>
        ({ table, link }: (typeof links)[0]) =>
          run(
            'alpha',
            prepare(table, FRESH),
            `update ${named(table)} set ${equalities(pointing(link, n), link.columns)}
             where ${equalities(variantOf(table, link, 1), table.primary, ' and ')}`,
          );
      await expectEach(turnable, turning(FRESH), 'UPDATE 1');
      await expectEach(turnable, turning(UNKNOWN), DANGLING);
      await expectEach(turnable, turning(ONLY_BETA), DANGLING);
    });

    it('by handing what refers to it to the other', async () => {
      const { run, written, pack, first, insert, prepare } = kit();
      const { beta } = pack.tenants;
      const hand = (table: TableShape): Promise<string> =>
        run('alpha', prepare(table, FRESH), insert(table, first(table, FRESH), beta));
      await expectEach(written, hand, '42501');
    });
  });

  describe('changes nothing of another', () => {
    it('by changing all of its own', async () => {
      const { world, changeable, named } = kit();
      const before = await world.rowsOf('beta');
      const own = await world.rowsOf('alpha');
      await expectEach(
        changeable,
        (table) => world.run('alpha', `update ${named(table)} set tenant_id = tenant_id`, 'commit'),
        UPDATED,
      );
      expect(await world.rowsOf('alpha')).not.toBe(own);
      expect(await world.rowsOf('beta')).toBe(before);
    });

    it('by deleting any of its own, with what refers to it', async () => {
      const { world, deletable, named, pack } = kit();
      const { alpha } = pack.tenants;
      const before = await world.rowsOf('beta');
      for (const table of deletable) {
        const own = await world.rowsOf('alpha');
        const answer = await world.run(
          'alpha',
          [...descendantsOf(world.tables, table), table]
            .filter((each) => deletable.includes(each))
            .map((each) => `delete from ${named(each)} where tenant_id = '${alpha}'`)
            .join(';\n'),
          'commit',
        );
        expect([table.name, answer]).toEqual([table.name, DELETED]);
        expect(await world.rowsOf('alpha')).not.toBe(own);
        expect(await world.rowsOf('beta')).toBe(before);
        await world.plant('alpha');
      }
    });

    it('by deleting single rows, so that cascades and cleared references do the rest', async () => {
      const { world, deletable, named, first } = kit();
      const before = await world.rowsOf('beta');
      const answers: string[] = [];
      for (const table of deletable) {
        const which = equalities(first(table, 1), table.primary, ' and ');
        answers.push(await world.run('alpha', `delete from ${named(table)} where ${which}`, 'commit'));
        expect(await world.rowsOf('beta')).toBe(before);
        await world.plant('alpha');
      }
      // Owners and authors cannot go before their work: 23503 is the other answer, and there is no third.
      expect(answers.filter((answer) => answer !== DANGLING)).toEqual(
        expect.arrayContaining(['DELETE 1']) as string[],
      );
      expect(answers.filter((answer) => !['DELETE 1', DANGLING].includes(answer))).toEqual([]);
    });
  });

  // What proves that the attacks above would succeed if something were wrong.
  describe('and without its protection', () => {
    const dropped = (table: TableShape): string[] =>
      table.policies.map((policy) => `drop policy "${policy}" on ${kit().named(table)}`);

    it('each table leaks when row security is off', async () => {
      const { run, tenanted, written, changeable, named, foreign, first, insert, pack } = kit();
      const { beta } = pack.tenants;
      const off = (table: TableShape): string => `alter table ${named(table)} disable row level security`;
      const attack = (sql: (table: TableShape) => string) => (table: TableShape) =>
        run('superuser', off(table), AS_ALPHA, sql(table));
      await expectEach(tenanted, attack(foreign), SEEN);
      await expectEach(
        changeable,
        attack((table) => `update ${named(table)} set tenant_id = tenant_id where tenant_id = '${beta}'`),
        UPDATED,
      );
      await expectEach(
        written,
        attack((table) => insert(table, first(table, 1), beta)),
        DUPLICATE,
      );
    });

    it('each table leaks when an open policy replaces its own, and not while the floor stands', async () => {
      const { run, tenanted, named, foreign } = kit();
      const open = (table: TableShape): string => `create policy open on ${named(table)} using (true)`;
      await expectEach(
        tenanted,
        (table) => run('superuser', ...dropped(table), open(table), AS_ALPHA, foreign(table)),
        SEEN,
      );
      await expectEach(tenanted, (table) => run('superuser', open(table), AS_ALPHA, foreign(table)), '0');
    });

    it('each table shows nothing, its own neither, when its policies are gone', async () => {
      const { run, tenanted, named } = kit();
      const own = (table: TableShape): string => `select count(*) from ${named(table)}`;
      await expectEach(tenanted, (table) => run('superuser', ...dropped(table), AS_ALPHA, own(table)), '0');
    });
  });
});
