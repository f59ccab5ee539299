import { describe, expect, it } from 'vitest';
import { PACKS_WITH_SLUGS } from '../../support/built-in-packs.js';
import { DELETED, describeAttacks, expectEach, FRESH, SEEN, UPDATED } from '../../support/pack-attacks.js';
import { descendantsOf, type TableShape } from '../../support/pack-shape.js';
import type { PackActor } from '../../support/pack-world.js';
import type { PackUnderTest } from '../../support/shared-pack.js';

const DENIED = '42501';
const forged = ({ tenants }: PackUnderTest): string => `set local app.current_tenant_id = '${tenants.beta}'`;

describeAttacks('a hostile tenant', (kit) => {
  it('has a row of its own and one of another tenant’s wherever it can write', async () => {
    const { rows, world, run, tenanted, written, named, foreign } = kit();
    expect(written.map(({ name }) => name).sort()).toEqual(Object.keys(rows).sort());
    const unwritten = world.tables.filter(({ name }) => !(name in rows)).map(({ name }) => name);
    expect(unwritten).toEqual(expect.arrayContaining(['tenants']));
    expect(unwritten.filter((name) => !['tenants', 'tenant_slugs'].includes(name))).toEqual([]);
    await expectEach(tenanted, (table) => run('superuser', foreign(table)), SEEN);
    await expectEach(tenanted, (table) => run('alpha', `select count(*) from ${named(table)}`), SEEN);
  });

  describe('reads', () => {
    it('no foreign row', async () => {
      const { run, tenanted, foreign } = kit();
      await expectEach(tenanted, (table) => run('beta', foreign(table)), SEEN);
      await expectEach(tenanted, (table) => run('alpha', foreign(table)), '0');
    });

    it('nothing at all under a forged variable', async () => {
      const { run, tenanted, named, foreign, pack } = kit();
      await expectEach(tenanted, (table) => run('adm', forged(pack), foreign(table)), SEEN);
      await expectEach(
        tenanted,
        (table) => run('alpha', forged(pack), `select count(*) from ${named(table)}`),
        '0',
      );
      await expectEach(
        tenanted,
        (table) => run('grouped', forged(pack), `select count(*) from ${named(table)}`),
        '0',
      );
    });

    it('nothing without a context', async () => {
      const { run, tenanted, named } = kit();
      const all = (table: TableShape): string =>
        `select count(*) from ${named(table)} where tenant_id is not null`;
      for (const actor of ['grouped', 'adm'] as const)
        await expectEach(tenanted, (table) => run(actor, all(table)), '0');
      await expectEach(tenanted, (table) => run('app', all(table)), DENIED);
      await expectEach(tenanted, (table) => run('app', 'set local role "tenant:alpha"', all(table)), SEEN);
    });

    it('nothing while it is suspended', async () => {
      const { world, run, tenanted, named, pack } = kit();
      const { alpha } = pack.tenants;
      const set = (status: string): Promise<string> =>
        world.run(
          'adm',
          `update federation.tenants set status = '${status}' where tenant_id = '${alpha}'`,
          'commit',
        );
      const all = (table: TableShape): Promise<string> =>
        run('alpha', `select count(*) from ${named(table)}`);
      expect(await set('suspended')).toBe('UPDATE 1');
      await expectEach(tenanted, all, '0');
      expect(await set('active')).toBe('UPDATE 1');
      await expectEach(tenanted, all, SEEN);
    });
  });

  describe('writes', () => {
    it('no row in another’s name', async () => {
      const { run, written, first, insert, prepare, pack } = kit();
      const { alpha, beta } = pack.tenants;
      const attempt = (actor: PackActor, tenant: string) => (table: TableShape) =>
        run(actor, prepare(table, FRESH), insert(table, first(table, FRESH), tenant));
      await expectEach(written, attempt('beta', beta), 'INSERT 1');
      await expectEach(written, attempt('alpha', alpha), 'INSERT 1');
      await expectEach(written, attempt('alpha', beta), DENIED);
    });

    it('nothing under a forged variable', async () => {
      const { run, written, changeable, first, insert, prepare, pack } = kit();
      const attempt = (actor: PackActor) => (table: TableShape) =>
        run(actor, forged(pack), prepare(table, FRESH), insert(table, first(table, FRESH)));
      await expectEach(changeable, attempt('adm'), 'INSERT 1');
      await expectEach(written, attempt('alpha'), DENIED);
      await expectEach(written, attempt('grouped'), DENIED);
    });

    it('no foreign row', async () => {
      const { run, changeable, named, pack } = kit();
      const { beta } = pack.tenants;
      const update = (table: TableShape): string =>
        `update ${named(table)} set tenant_id = tenant_id where tenant_id = '${beta}'`;
      await expectEach(changeable, (table) => run('beta', update(table)), UPDATED);
      await expectEach(changeable, (table) => run('alpha', update(table)), 'UPDATE 0');
    });

    it('no row of its own away', async () => {
      const { run, changeable, named, pack } = kit();
      const { alpha, beta } = pack.tenants;
      const hand = (table: TableShape, tenant: string): Promise<string> =>
        run('alpha', `update ${named(table)} set tenant_id = '${tenant}'`);
      await expectEach(changeable, (table) => hand(table, alpha), UPDATED);
      await expectEach(changeable, (table) => hand(table, beta), DENIED);
    });

    it('over no foreign row by ON CONFLICT', async () => {
      const { run, written, changeable, first, insert, pack } = kit();
      const { alpha, beta } = pack.tenants;
      const conflicts = written.flatMap((table) =>
        table.keys.map((key) => ({ name: `${table.name} ${key.name}`, table, key })),
      );
      const attempt =
        (actor: PackActor, tenant: string, doing: string) => async (each: (typeof conflicts)[0]) =>
          run(
            actor,
            `${insert(each.table, first(each.table, 1), tenant)} on conflict (${each.key.inference}) ${doing}`,
          );
      for (const doing of ['do nothing', 'do update set tenant_id = excluded.tenant_id']) {
        const control = doing === 'do nothing' ? /^(INSERT 0|23505)$/ : /^(INSERT 1|23505)$/;
        const open = conflicts.filter(({ table }) => doing === 'do nothing' || changeable.includes(table));
        await expectEach(open, attempt('alpha', alpha, doing), expect.stringMatching(control) as string);
        await expectEach(conflicts, attempt('alpha', beta, doing), DENIED);
      }
    });

    it('nothing to what the platform keeps', async () => {
      const { pack, run } = kit();
      const { alpha } = pack.tenants;
      const rename = { name: `update ${pack.schema}.tenants set ${pack.nameColumn} = 'x'` };
      const others = [
        `insert into ${pack.schema}.tenants (tenant_id, ${pack.nameColumn}) values ('${alpha}', 'x')`,
        `delete from ${pack.schema}.tenants`,
      ].map((name) => ({ name }));
      await expectEach([rename, ...others], ({ name }) => run('alpha', name), DENIED);
      await expectEach([rename], ({ name }) => run('adm', forged(pack), name), 'UPDATE 1');
    });

    it('off no table at once', async () => {
      const { world, run, named } = kit();
      const truncate = (table: TableShape): string => `truncate ${named(table)} cascade`;
      await expectEach(
        world.tables,
        (table) =>
          run('superuser', 'set local session_replication_role = replica', truncate(table), 'select 1'),
        '1',
      );
      await expectEach(world.tables, (table) => run('alpha', truncate(table)), DENIED);
    });

    it('off no foreign row', async () => {
      const { world, run, deletable, named, pack } = kit();
      const { beta } = pack.tenants;
      const remove = (actor: PackActor) => (table: TableShape) =>
        run(
          actor,
          ...descendantsOf(world.tables, table)
            .filter((child) => deletable.includes(child))
            .map((child) => `delete from ${named(child)}`),
          `delete from ${named(table)} where tenant_id = '${beta}'`,
        );
      await expectEach(deletable, remove('beta'), DELETED);
      await expectEach(deletable, remove('alpha'), 'DELETE 0');
    });
  });
});

describeAttacks(
  'a hostile tenant beside the directory of slugs',
  (kit) => {
    it('cannot look into it; the platform can', async () => {
      const { pack, run } = kit();
      const { beta } = pack.tenants;
      const find = `select tenant from ${pack.schema}.tenant_slugs where slug = '${beta}'`;
      expect(await run('alpha', find)).toBe(DENIED);
      expect(await run('adm', find)).toBe(beta);
    });

    it('cannot change it, nor its own slug; the platform can, and a slug is taken once', async () => {
      const { pack, run } = kit();
      const { alpha } = pack.tenants;
      const slug = (value: string): string => `update ${pack.schema}.tenants set slug = '${value}'`;
      const attempts = [
        slug('x'),
        `insert into ${pack.schema}.tenant_slugs values ('x', '${alpha}')`,
        `update ${pack.schema}.tenant_slugs set slug = 'x'`,
        `delete from ${pack.schema}.tenant_slugs`,
      ].map((name) => ({ name }));
      await expectEach(attempts, ({ name }) => run('alpha', name), DENIED);
      expect(await run('adm', forged(pack), slug('x'))).toBe('UPDATE 1');
      expect(await run('adm', forged(pack), slug(alpha))).toBe('23505');
    });
  },
  PACKS_WITH_SLUGS,
);
