import { afterAll, beforeAll, describe, expect } from 'vitest';
import { SHARED_PACKS, type PackWithRows } from './built-in-packs.js';
import { insertRow, type PackRows, type Row } from './pack-rows.js';
import { ancestorsOf, type TableShape } from './pack-shape.js';
import {
  createPackWorld,
  isChangeable,
  isDeletable,
  isSingle,
  type PackActor,
  type PackWorld,
} from './pack-world.js';
import { startTestServer, type TestServer } from './postgres.js';
import type { PackUnderTest } from './shared-pack.js';

/** Numbers of rows: one that nobody has yet, one that nobody ever has, and one that only beta has. */
export const FRESH = 8;
export const UNKNOWN = 9;
export const ONLY_BETA = 7;

/** What an answer looks like that shows or changes something. */
export const SEEN = expect.stringMatching(/^[1-9]/) as string;
export const UPDATED = expect.stringMatching(/^UPDATE [1-9]/) as string;
export const DELETED = expect.stringMatching(/^DELETE [1-9]/) as string;

/** A world, and how to speak of what is in it. */
export interface AttackKit {
  readonly pack: PackUnderTest;
  readonly rows: PackRows;
  readonly world: PackWorld;
  /** Runs statements as one transaction that is rolled back; empty ones are left out. */
  readonly run: (actor: PackActor, ...statements: string[]) => Promise<string>;
  /** Tables with rows of tenants, and those of them that tenants write. */
  readonly tenanted: readonly TableShape[];
  readonly written: readonly TableShape[];
  /** Those of the written ones whose rows tenants may change, or delete. */
  readonly changeable: readonly TableShape[];
  readonly deletable: readonly TableShape[];
  readonly named: (table: TableShape) => string;
  /** Counts beta's rows. */
  readonly foreign: (table: TableShape) => string;
  readonly variants: (table: TableShape, n: number) => readonly Row[];
  readonly first: (table: TableShape, n: number) => Row;
  readonly insert: (table: TableShape, row: Row, tenant?: string) => string;
  /** What a row of this number needs: rows of its own number to refer to, and room. */
  readonly prepare: (table: TableShape, n: number) => string;
}

/** Tests of hostile tenants, of every pack or of some, and on the oldest and the newest server. */
export function describeAttacks(
  what: string,
  tests: (kit: () => AttackKit) => void,
  packs: readonly PackWithRows[] = SHARED_PACKS,
): void {
  describe.each([14, 18] as const)(`${what}, on PostgreSQL %i`, (major) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer(major);
    });
    afterAll(async () => {
      await server.stop();
    });

    describe.each(packs)('of pack $pack.name', ({ pack, rows }) => {
      let world: PackWorld;
      let kit: AttackKit;
      beforeAll(async () => {
        world = await createPackWorld(server, pack, rows);
        kit = makeKit(pack, rows, world);
      });
      afterAll(async () => {
        await world.close();
      });
      tests(() => kit);
    });
  });
}

function makeKit(pack: PackUnderTest, rows: PackRows, world: PackWorld): AttackKit {
  const named = (table: TableShape): string => `${pack.schema}.${table.name}`;
  const variants = (table: TableShape, n: number): readonly Row[] => rows[table.name]?.(n) ?? [];
  const insert = (table: TableShape, row: Row, tenant?: string): string =>
    insertRow(pack, table.name, row, tenant);
  const written = world.tables.filter(({ name }) => name in rows);
  return {
    pack,
    rows,
    world,
    run: (actor, ...statements) => world.run(actor, statements.filter(Boolean).join(';\n')),
    tenanted: world.tables.filter(({ hasTenant }) => hasTenant),
    written,
    changeable: written.filter(isChangeable),
    deletable: written.filter(isDeletable),
    named,
    foreign: (table) => `select count(*) from ${named(table)} where tenant_id = '${pack.tenants.beta}'`,
    variants,
    first: (table, n) => variants(table, n)[0] ?? {},
    insert,
    prepare: (table, n) =>
      [
        ...(isSingle(table) ? [`delete from ${named(table)}`] : []),
        ...ancestorsOf(world.tables, table).flatMap((parent) =>
          variants(parent, n).map((row) => insert(parent, row)),
        ),
      ].join(';\n'),
  };
}

/** Tries something with each item, and shows by name where the answer is another one than expected. */
export async function expectEach<T extends { readonly name: string }>(
  items: readonly T[],
  attempt: (item: T) => Promise<unknown>,
  expected: unknown,
): Promise<void> {
  expect(items.length).toBeGreaterThan(0);
  const found: Record<string, unknown> = {};
  for (const item of items) found[item.name] = await attempt(item);
  expect(found).toEqual(Object.fromEntries(items.map(({ name }) => [name, expected])));
}
