import { CamelCasePlugin, Kysely, sql, type Compilable } from 'kysely';
import { describe, expect, it } from 'vitest';
import { FedgenError } from '../../../src/client.js';
import type { PackTables } from '../../../src/client/kysely.js';
import { tenantDialect } from '../../../src/client/kysely/dialect.js';

interface Row {
  tenant_id: string | null;
  id: number;
  note: string | null;
}
interface Tables {
  'shop.orders': Row;
  'shop.items': Row;
  'shop.countries': { id: number; note: string };
  'shop.rules': Row;
  'other.rules': Row;
  'shop.secrets': Row;
}

const PACK: PackTables = {
  pack: 'shop',
  tenancy: 'shared',
  tenantColumn: 'tenant_id',
  tables: {
    'shop.orders': 'tenant',
    'shop.items': 'tenant',
    'shop.countries': 'reference',
    'shop.rules': 'mixed',
    'other.rules': 'tenant',
  },
};

const never = (): never => {
  throw new Error('nothing is to be run');
};
const db = new Kysely<Tables>({
  dialect: tenantDialect(
    { pack: 'shop', tenantId: 'T1', query: never, savepoint: never },
    { pack: PACK, tenantId: 'T1' },
  ),
});

const compiled = (query: Compilable): [string, readonly unknown[]] => {
  const { sql: text, parameters } = query.compile();
  return [text, parameters];
};
const kept = (table: string, n = 1): string => `(select * from ${table} where "tenant_id" = $${n})`;

describe('what is read', () => {
  it.each<[string, Compilable, string, readonly unknown[]]>([
    [
      'a table',
      db.selectFrom('shop.orders').select('shop.orders.id').where('shop.orders.id', '=', 7),
      `select "orders"."id" from ${kept('"shop"."orders"')} as "orders" where "orders"."id" = $2`,
      ['T1', 7],
    ],
    [
      'all columns of a table with an alias',
      db.selectFrom('shop.orders as o').selectAll('o'),
      `select "o".* from ${kept('"shop"."orders"')} as "o"`,
      ['T1'],
    ],
    [
      'a full join, which keeps rows of either side',
      db.selectFrom('shop.orders as o').fullJoin('shop.items as i', 'i.id', 'o.id').select('o.id'),
      `select "o"."id" from ${kept('"shop"."orders"')} as "o" full join ${kept('"shop"."items"', 2)} as "i" on "i"."id" = "o"."id"`,
      ['T1', 'T1'],
    ],
    [
      'a sub-select, and one in a condition',
      db
        .selectFrom(db.selectFrom('shop.orders').select('id').as('s'))
        .select('s.id')
        .where('s.id', 'in', db.selectFrom('shop.items').select('id')),
      `select "s"."id" from (select "id" from ${kept('"shop"."orders"')} as "orders") as "s" where "s"."id" in (select "id" from ${kept('"shop"."items"', 2)} as "items")`,
      ['T1', 'T1'],
    ],
    [
      'a common table expression, whose own name is left alone',
      db
        .with('mine', (q) => q.selectFrom('shop.orders').select('id'))
        .selectFrom('mine')
        .select('mine.id'),
      `with "mine" as (select "id" from ${kept('"shop"."orders"')} as "orders") select "mine"."id" from "mine"`,
      ['T1'],
    ],
    [
      'a union',
      db.selectFrom('shop.orders').select('id').unionAll(db.selectFrom('shop.items').select('id')),
      `select "id" from ${kept('"shop"."orders"')} as "orders" union all select "id" from ${kept('"shop"."items"', 2)} as "items"`,
      ['T1', 'T1'],
    ],
    [
      'reference rows, which are everybody’s',
      db.selectFrom('shop.countries').select('id'),
      'select "id" from "shop"."countries"',
      [],
    ],
    [
      'mixed rows: one’s own, and nobody’s',
      db.selectFrom('shop.rules').select('id'),
      'select "id" from (select * from "shop"."rules" where ("tenant_id" = $1 or "tenant_id" is null)) as "rules"',
      ['T1'],
    ],
    [
      'a query within SQL that was written by hand',
      db.selectNoFrom(sql<boolean>`exists ${db.selectFrom('shop.orders').select('id')}`.as('any')),
      `select exists (select "id" from ${kept('"shop"."orders"')} as "orders") as "any"`,
      ['T1'],
    ],
    [
      'rows that are locked',
      db.selectFrom('shop.orders as o').select('o.id').forUpdate(),
      `select "o"."id" from ${kept('"shop"."orders"')} as "o" for update`,
      ['T1'],
    ],
    [
      'through plugins, and without them',
      db.withPlugin(new CamelCasePlugin()).withoutPlugins().selectFrom('shop.orders').select('id'),
      `select "id" from ${kept('"shop"."orders"')} as "orders"`,
      ['T1'],
    ],
    [
      'a table that is named without its schema',
      db.withTables<{ items: Row }>().selectFrom('items').select('id'),
      `select "id" from ${kept('"items"')} as "items"`,
      ['T1'],
    ],
    [
      'with the schema from withSchema',
      db.withTables<{ items: Row }>().withSchema('shop').selectFrom('items').select('items.id'),
      `select "items"."id" from ${kept('"shop"."items"')} as "items"`,
      ['T1'],
    ],
  ])('%s', (_what, query, text, parameters) => {
    expect(compiled(query)).toEqual([text, parameters]);
  });
});

describe('what is written', () => {
  it.each<[string, Compilable, string, readonly unknown[]]>([
    [
      'an insert is given the tenant’s id',
      db.insertInto('shop.orders').values([
        { id: 1, note: 'a' },
        { id: 2, note: 'b' },
      ] as Row[]),
      'insert into "shop"."orders" ("id", "note", "tenant_id") values ($1, $2, $3), ($4, $5, $6)',
      [1, 'a', 'T1', 2, 'b', 'T1'],
    ],
    [
      'in rows that differ as well',
      db.insertInto('shop.orders').values([
        { id: 1, tenant_id: 'T1' },
        { id: 2, note: sql`now()` },
      ] as unknown as Row[]),
      'insert into "shop"."orders" ("id", "tenant_id", "note") values ($1, $2, default), ($3, $4, now())',
      [1, 'T1', 2, 'T1'],
    ],
    [
      'and of default values',
      db.insertInto('shop.orders').defaultValues(),
      'insert into "shop"."orders" ("tenant_id") values ($1)',
      ['T1'],
    ],
    [
      'and of what a query gives',
      db.insertInto('shop.orders').columns(['id']).expression(db.selectFrom('shop.items').select('id')),
      `insert into "shop"."orders" ("id", "tenant_id") select "given".*, $1 as "tenant" from (select "id" from ${kept('"shop"."items"', 2)} as "items") as "given"`,
      ['T1', 'T1'],
    ],
    [
      'an upsert changes the tenant’s rows only',
      db
        .insertInto('shop.orders')
        .values({ id: 1, tenant_id: 'T1', note: null })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ note: 'b' })),
      'insert into "shop"."orders" ("id", "tenant_id", "note") values ($1, $2, $3) on conflict ("id") do update set "note" = $4 where "orders"."tenant_id" = $5',
      [1, 'T1', null, 'b', 'T1'],
    ],
    [
      'an update, with a condition by hand that holds OR',
      db
        .updateTable('shop.orders')
        .set({ note: 'x' })
        .where(sql<boolean>`true or true`),
      'update "shop"."orders" set "note" = $1 where (true or true) and "orders"."tenant_id" = $2',
      ['x', 'T1'],
    ],
    [
      'an update from another table',
      db
        .updateTable('shop.orders as o')
        .from('shop.items as i')
        .set({ note: 'x' })
        .whereRef('i.id', '=', 'o.id'),
      `update "shop"."orders" as "o" set "note" = $1 from ${kept('"shop"."items"', 2)} as "i" where ("i"."id" = "o"."id") and "o"."tenant_id" = $3`,
      ['x', 'T1', 'T1'],
    ],
    [
      'a deletion',
      db.deleteFrom('shop.rules').using('shop.items').where('shop.items.id', '=', 1),
      `delete from "shop"."rules" using ${kept('"shop"."items"')} as "items" where ("items"."id" = $2) and "rules"."tenant_id" = $3`,
      ['T1', 1, 'T1'],
    ],
    [
      'a deletion in a common table expression',
      db
        .with('gone', (q) => q.deleteFrom('shop.orders').returning('id'))
        .selectFrom('gone')
        .selectAll(),
      'with "gone" as (delete from "shop"."orders" where "orders"."tenant_id" = $1 returning "id") select * from "gone"',
      ['T1'],
    ],
  ])('%s', (_what, query, text, parameters) => {
    expect(compiled(query)).toEqual([text, parameters]);
  });
});

describe('what is refused', () => {
  const T2: Row = { id: 1, tenant_id: 'T2', note: null };
  it.each<[string, Compilable, string]>([
    ['another tenant’s id', db.insertInto('shop.orders').values(T2), 'another tenant than "T1"'],
    [
      'one in the second row',
      db.insertInto('shop.orders').values([{ ...T2, tenant_id: 'T1' }, T2]),
      'another tenant than "T1"',
    ],
    [
      'one that the server works out',
      db.insertInto('shop.orders').values({ ...T2, tenant_id: sql<string>`'T' || 1` }),
      'another tenant than "T1"',
    ],
    [
      'nobody’s id',
      db.insertInto('shop.rules').values({ ...T2, tenant_id: null }),
      'another tenant than "T1"',
    ],
    [
      'an id that a query gives',
      db
        .insertInto('shop.orders')
        .columns(['tenant_id', 'id'])
        .expression(db.selectFrom('shop.items').select(['tenant_id', 'id'])),
      'leave tenant_id to fedgen',
    ],
    ['moving rows', db.updateTable('shop.orders').set({ tenant_id: 'T2' }), 'moved to another tenant'],
    [
      'moving rows by an upsert',
      db
        .insertInto('shop.orders')
        .values({ ...T2, tenant_id: 'T1' })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ tenant_id: 'T2' })),
      'moved to another tenant',
    ],
    ['writing what is everybody’s', db.deleteFrom('shop.countries'), 'belongs to no tenant'],
    [
      'a table of no pack',
      db.selectFrom('shop.secrets').selectAll(),
      'shop.secrets is no table of pack shop',
    ],
    [
      'a bare name that two schemas have',
      db.withTables<{ rules: Row }>().selectFrom('rules').selectAll(),
      'rules is no table of pack shop',
    ],
    [
      'a name that could be either',
      db
        .withTables<{ orders: Row }>()
        .with('orders', (q) => q.selectFrom('orders').selectAll())
        .selectFrom('orders')
        .selectAll(),
      'called orders like a table',
    ],
    [
      'MERGE',
      db
        .mergeInto('shop.orders')
        .using('shop.items', 'shop.items.id', 'shop.orders.id')
        .whenMatched()
        .thenDelete(),
      'MergeQuery',
    ],
    ['DDL', db.schema.dropTable('shop.orders'), 'DropTable'],
  ])('%s', (_what, query, why) => {
    const error = ((): unknown => {
      try {
        return query.compile();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(FedgenError);
    expect(error).toMatchObject({
      code: 'E_STATEMENT_REFUSED',
      message: expect.stringContaining(why) as string,
    });
  });

  it('moving rows to where they are is none', () => {
    const [text] = compiled(db.updateTable('shop.orders').set({ tenant_id: 'T1' }));
    expect(text).toContain('set "tenant_id" = $1');
  });
});
