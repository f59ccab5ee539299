import { describe, expect, it } from 'vitest';
import {
  describeAttacks,
  expectEach,
  FRESH,
  ONLY_BETA,
  SEEN,
  UNKNOWN,
  UPDATED,
} from '../../support/pack-attacks.js';
import type { Row } from '../../support/pack-rows.js';
import { descendantsOf, type LinkShape, type TableShape } from '../../support/pack-shape.js';
import { isSingle, type PackActor } from '../../support/pack-world.js';
import type { PackUnderTest } from '../../support/shared-pack.js';

const DUPLICATE = '23505';
const DANGLING = '23503';
const asAlpha = ({ name }: PackUnderTest): string =>
  `set local session authorization "role:${name}_alpha_role"`;

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
          const has = (row: Row): boolean => key.columns.every((column) => (row[column] ?? null) !== null);
          const at = Math.max(0, variants(table, FRESH).findIndex(has));
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
      const { world, run, written, named, variants, first, insert, prepare } = kit();
      const links = written.flatMap((table) =>
        table.links.map((link) => ({ name: `${table.name} ${link.name}`, table, link })),
      );
      const variantOf = (table: TableShape, { columns }: LinkShape, n: number): Row =>
        variants(table, n).find((row) => columns.every((column) => (row[column] ?? null) !== null)) ?? {};
      const pointing = (table: TableShape, link: LinkShape, n: number): Row => {
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
            insert(table, { ...variantOf(table, link, FRESH), ...pointing(table, link, n) }),
          );
      // Its own row of that number may hold the place of the new one in a key.
      const room = (table: TableShape): string[] =>
        [...descendantsOf(world.tables, table), table].map((each) => `delete from ${named(each)}`);
      await expectEach(links, (each) => adding('beta', ONLY_BETA, room(each.table))(each), 'INSERT 1');
      await expectEach(links, adding('alpha', FRESH), 'INSERT 1');
      await expectEach(links, adding('alpha', UNKNOWN), DANGLING);
      await expectEach(links, adding('alpha', ONLY_BETA), DANGLING);

      const turning =
        (n: number) =>
        ({ table, link }: (typeof links)[0]) => {
          const row = variantOf(table, link, 1);
          const set = Object.entries(pointing(table, link, n)).map(
            ([column, value]) => `${column} = '${String(value)}'`,
          );
          return run(
            'alpha',
            prepare(table, FRESH),
            `update ${named(table)} set ${set.join(', ')} where id = '${String(row['id'])}'`,
          );
        };
      await expectEach(links, turning(FRESH), 'UPDATE 1');
      await expectEach(links, turning(UNKNOWN), DANGLING);
      await expectEach(links, turning(ONLY_BETA), DANGLING);
    });
  });

  describe('changes nothing of another', () => {
    it('by changing all of its own', async () => {
      const { world, written, named } = kit();
      const before = await world.rowsOf('beta');
      const own = await world.rowsOf('alpha');
      await expectEach(
        written,
        (table) => world.run('alpha', `update ${named(table)} set tenant_id = tenant_id`, 'commit'),
        UPDATED,
      );
      expect(await world.rowsOf('alpha')).not.toBe(own);
      expect(await world.rowsOf('beta')).toBe(before);
    });

    it('by deleting any of its own, with what refers to it', async () => {
      const { world, written, named, pack } = kit();
      const { alpha } = pack.tenants;
      const before = await world.rowsOf('beta');
      for (const table of written) {
        const own = await world.rowsOf('alpha');
        const answer = await world.run(
          'alpha',
          [...descendantsOf(world.tables, table), table]
            .map((each) => `delete from ${named(each)} where tenant_id = '${alpha}'`)
            .join(';\n'),
          'commit',
        );
        expect(answer).toMatch(/^DELETE [1-9]/);
        expect(await world.rowsOf('alpha')).not.toBe(own);
        expect(await world.rowsOf('beta')).toBe(before);
        await world.plant('alpha');
      }
    });

    it('by deleting single rows, so that cascades and cleared references do the rest', async () => {
      const { world, written, named, first } = kit();
      const before = await world.rowsOf('beta');
      for (const table of written) {
        const { id } = first(table, 1);
        await world.run('alpha', `delete from ${named(table)} where id = '${String(id)}'`, 'commit');
        expect(await world.rowsOf('beta')).toBe(before);
        await world.plant('alpha');
      }
    });

    it('when the platform deletes it as a whole', async () => {
      const { pack, world, named, insert } = kit();
      const { alpha } = pack.tenants;
      const before = await world.rowsOf('beta');
      const statements = [
        `set local app.current_tenant_id = '${alpha}'`,
        `delete from ${pack.schema}.tenants`,
      ];
      expect(await world.run('adm', statements.join(';\n'), 'commit')).toBe('DELETE 1');
      expect(await world.rowsOf('alpha')).toBe('');
      expect(await world.rowsOf('beta')).toBe(before);
      const back = `insert into ${pack.schema}.tenants (name) values ('alpha')`;
      expect(await world.run('adm', `${statements[0] ?? ''}; ${back}`, 'commit')).toBe('INSERT 1');
      await world.plant('alpha');
    });
  });

  // What proves that the attacks above would succeed if something were wrong.
  describe('and without its protection', () => {
    const dropped = (table: TableShape): string[] =>
      table.policies.map((policy) => `drop policy "${policy}" on ${named(table)}`);

    it('each table leaks when row security is off', async () => {
      const { run, tenanted, written, named, foreign, first, insert, pack } = kit();
      const { beta } = pack.tenants;
      const off = (table: TableShape): string => `alter table ${named(table)} disable row level security`;
      const attack = (sql: (table: TableShape) => string) => (table: TableShape) =>
        run('superuser', off(table), asAlpha(pack), sql(table));
      await expectEach(tenanted, attack(foreign), SEEN);
      await expectEach(
        written,
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
      const { run, tenanted, named, foreign, pack } = kit();
      const open = (table: TableShape): string => `create policy open on ${named(table)} using (true)`;
      await expectEach(
        tenanted,
        (table) => run('superuser', ...dropped(table), open(table), asAlpha(pack), foreign(table)),
        SEEN,
      );
      await expectEach(
        tenanted,
        (table) => run('superuser', open(table), asAlpha(pack), foreign(table)),
        '0',
      );
    });

    it('each table shows nothing, its own neither, when its policies are gone', async () => {
      const { run, tenanted, named, pack } = kit();
      const own = (table: TableShape): string => `select count(*) from ${named(table)}`;
      await expectEach(
        tenanted,
        (table) => run('superuser', ...dropped(table), asAlpha(pack), own(table)),
        '0',
      );
    });
  });
});
