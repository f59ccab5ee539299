import { quoteIdentifier } from '../../../render/quote.js';
import type { Attempt } from '../attempt.js';
import { fullName, sqlName, type KeyFact } from '../relations.js';
import { insertLike, placeOf, valueOf, type PlantedRow } from '../rows/planted-row.js';
import { childDeletes } from './own.js';
import { asTenant, type Stage } from './stage.js';

/** Rows of both sides in one table. */
interface Pair {
  readonly own: PlantedRow;
  readonly foreign: PlantedRow;
}

/** What keys of a shared table tell about rows that cannot be seen, and what links they allow. */
export function keyAttempts(stage: Stage): Attempt[] {
  return [...stage.attacker.planted.rows].flatMap(([name, own]) => {
    const foreign = stage.victim.planted.rows.get(name);
    const isTenants = own.relation.columns.some((column) => column.name === stage.arena.tenantColumn);
    if (!foreign || !isTenants) return [];
    const pair = { own, foreign };
    return own.relation.keys.flatMap((key) => {
      if ('puix'.includes(key.kind))
        return [...existence(stage, pair, key), ...conflictLeaks(stage, pair, key)];
      return key.kind === 'f' ? links(stage, pair, key) : [];
    });
  });
}

const common = (stage: Stage, { own }: Pair): Pick<Attempt, 'actor' | 'victim' | 'object'> => ({
  actor: stage.attacker.tenant.role,
  victim: stage.victim.tenant.name,
  object: fullName(own.relation),
});

/** The victim's values of a key; the tenant stays the attacker's own. */
function victimsValues(stage: Stage, { foreign }: Pair, columns: readonly string[]): Map<string, string> {
  const given = foreign.relation.columns.filter(
    (column) =>
      columns.includes(column.name) && column.name !== stage.arena.tenantColumn && !column.generated,
  );
  return new Map(given.map(({ name }) => [name, valueOf(foreign, name)]));
}

/** A tenant must be able to use the victim's key values itself: a conflict would tell that they are taken. */
function existence(stage: Stage, pair: Pair, key: KeyFact): Attempt[] {
  const { own } = pair;
  const values = victimsValues(stage, pair, key.columns);
  const isLinked = own.relation.keys.some(
    (other) =>
      other.kind === 'f' &&
      other.columns.includes(stage.arena.tenantColumn) &&
      other.columns.some((column) => values.has(column)),
  );
  // A link already ties the values to the tenant.
  if (isLinked || own.by !== 'tenant') return [];
  const { tenantColumn } = stage.arena;
  const as = asTenant(stage, stage.attacker.tenant);
  const before = removal(stage, own);
  const sql = insertLike(own, 5, values);
  const attempt = (operation: string, suffix: string): Attempt => ({
    ...common(stage, pair),
    check: 'existence_oracle',
    operation: `${operation} with a key of another (${key.name})`,
    expect: 'works',
    isolation: true,
    remedy: `Put ${tenantColumn} into ${key.name}: a key over all tenants tells whether another one has a value.`,
    act: { as, before, sql: `${sql}${suffix}`, counts: 'change' },
  });
  return [attempt('insert', ''), attempt('insert … on conflict do nothing', ' on conflict do nothing')];
}

/** Takes the attacker's row away, so that its own keys are free. */
const removal = (stage: Stage, own: PlantedRow): string[] => [
  ...childDeletes(stage.attacker, own),
  `delete from ${sqlName(own.relation)} where ${placeOf(own)}`,
];

/** On servers without the fix of CVE-2026-120154 the condition is computed on a row that cannot be seen. */
function conflictLeaks(stage: Stage, pair: Pair, key: KeyFact): Attempt[] {
  const { own, foreign } = pair;
  if (key.inference === '' || own.by !== 'tenant') return [];
  const target = own.relation.columns.find(
    (column) => !column.generated && column.identity !== 'a' && !key.columns.includes(column.name),
  );
  const telling = Object.keys(foreign.values).filter((column) =>
    stage.victim.marks.some((mark) => foreign.values[column]?.includes(mark)),
  );
  const values = victimsValues(stage, pair, key.columns);
  const set = quoteIdentifier((target ?? own.relation.columns[0])?.name ?? '');
  const tenants = [
    values,
    new Map([...values, [stage.arena.tenantColumn, valueOf(foreign, stage.arena.tenantColumn)]]),
  ];
  return tenants.flatMap((overrides) =>
    telling.map((column): Attempt => ({
      ...common(stage, pair),
      check: 'existence_oracle',
      operation: `insert … on conflict do update where ${column}::int (${key.name})`,
      expect: 'uncomputed',
      remedy: `Put ${stage.arena.tenantColumn} into ${key.name}, and update the server: CVE-2026-120154 prints rows that row security hides.`,
      act: {
        as: asTenant(stage, stage.attacker.tenant),
        sql: `${insertLike(own, 6, overrides)} on conflict ${key.inference} do update set ${set} = excluded.${set} where ${quoteIdentifier(own.relation.name)}.${quoteIdentifier(column)}::text::int = 0`,
        counts: 'change',
      },
    })),
  );
}

/** A row of the attacker's that points at a row of the victim's. */
function links(stage: Stage, pair: Pair, key: KeyFact): Attempt[] {
  const { own } = pair;
  const parent = stage.victim.planted.rows.get(key.references);
  const isTenants = parent?.relation.columns.some((column) => column.name === stage.arena.tenantColumn);
  if (!parent || isTenants !== true) return [];
  const values = new Map(
    key.columns.flatMap((column, n): [string, string][] => {
      const referenced = key.referencedColumns[n] ?? '';
      return column === stage.arena.tenantColumn ? [] : [[column, valueOf(parent, referenced)]];
    }),
  );
  if (values.size === 0) return [];
  for (const column of alternatives(stage, own, key)) values.set(column, 'null');
  // A key of links alone has the same values in every row that is made up, and would refuse before the link does.
  const isTaken = own.by === 'tenant' && own.relation.keys.some((each) => isOfLinks(stage, own, each));
  return [
    {
      ...common(stage, pair),
      check: 'foreign_link',
      operation: `insert a row that points at another's (${key.name})`,
      expect: 'refused',
      refusals: ['42501', '23503'],
      remedy: `Put ${stage.arena.tenantColumn} into ${key.name} on both sides.`,
      act: {
        as: asTenant(stage, stage.attacker.tenant),
        ...(isTaken && { before: removal(stage, own) }),
        sql: `${insertLike(own, 7, values)}; set constraints all immediate`,
        counts: 'change',
      },
    },
  ];
}

const isOfLinks = (stage: Stage, own: PlantedRow, key: KeyFact): boolean =>
  'pu'.includes(key.kind) &&
  key.columns.every(
    (column) =>
      column === stage.arena.tenantColumn ||
      own.relation.keys.some((other) => other.kind === 'f' && other.columns.includes(column)),
  );

/** Where the planted row has no such link it may have another one instead, and a CHECK may ask for exactly one. */
function alternatives(stage: Stage, own: PlantedRow, key: KeyFact): string[] {
  const { keys, columns } = own.relation;
  const linked = keys.filter(({ kind }) => kind === 'f').flatMap((each) => each.columns);
  const isGiven = (column: string): boolean => valueOf(own, column) !== 'null';
  const ofKey = key.columns.filter((column) => column !== stage.arena.tenantColumn);
  if (ofKey.every(isGiven)) return [];
  return columns
    .filter(
      ({ name, notNull, generated }) => !notNull && !generated && linked.includes(name) && isGiven(name),
    )
    .map(({ name }) => name)
    .filter((name) => !key.columns.includes(name));
}
