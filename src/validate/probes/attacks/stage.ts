import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Arena, Tenant } from '../arena.js';
import { sessionOf, type Impersonation } from '../impersonate.js';
import type { ColumnFact, Landscape, RelationFact } from '../relations.js';
import { type Planted } from '../rows/planter.js';
import { valueOf, type PlantedRow } from '../rows/planted-row.js';

/** One side after planting. */
export interface Side {
  readonly tenant: Tenant;
  readonly relations: readonly RelationFact[];
  readonly planted: Planted;
  /** Values by which its rows are recognised anywhere. */
  readonly marks: readonly string[];
}

/** Everything that attacks are made from. */
export interface Stage {
  readonly arena: Arena;
  readonly by: Impersonation;
  readonly landscape: Landscape;
  readonly attacker: Side;
  readonly victim: Side;
  /** Real neighbours in whose tables rows were planted. */
  readonly bystanders: readonly Side[];
  readonly isShared: boolean;
  /** Statements that become whoever looks from outside. */
  readonly outside: string;
}

/** The state in which a session attacks: with its own context, with none, or with a forged one. */
export interface Context {
  /** Added to the operation: `with a forged tenant setting`. */
  readonly words: string;
  readonly statements: readonly string[];
}

export const OWN_CONTEXT: Context = { words: '', statements: [] };

/** Contexts that claim to be another tenant. */
export const forgedContexts = (arena: Arena): Context[] =>
  arena.forgeries.map((statement, n) => ({
    words: n === 0 ? ' with a forged tenant setting' : ` with forgery ${n + 1}`,
    statements: [statement],
  }));

const GARBAGE = `'"; --`;

/** Contexts without a tenant: every setting that names one empty, or nonsense. */
export const emptyContexts = (arena: Arena): Context[] => {
  const all = (value: string): string[] =>
    arena.contextSettings.map(
      (name) => `select pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
    );
  if (arena.contextSettings.length === 0) return [];
  return [
    { words: ' with an empty tenant setting', statements: all('') },
    { words: ' with a nonsensical tenant setting', statements: all(GARBAGE) },
  ];
};

/** Statements that become a tenant in a context. */
export const asTenant = (stage: Stage, tenant: Tenant, context: Context = OWN_CONTEXT): string =>
  [sessionOf(stage.by, tenant), ...context.statements].join('; ');

/** A pattern that finds any of these marks. */
export const markPattern = (marks: readonly string[]): string =>
  marks.map((mark) => mark.replaceAll(/[^0-9a-z-]/gi, '.')).join('|');

/** Whether this is a table: rows can be planted in it. */
export const isTable = (relation: RelationFact): boolean => 'rp'.includes(relation.kind);

/** A constant for an UPDATE: reading a column would add the policies for reading. */
export const assignment = (column: ColumnFact, row: PlantedRow | undefined): string =>
  `${quoteIdentifier(column.name)} = ${row ? valueOf(row, column.name) : 'default'}`;

/** A column that an UPDATE may set to a constant: never one that is generated. */
export const settable = (relation: RelationFact, tenantColumn: string): ColumnFact | undefined => {
  const keyed = new Set(relation.keys.flatMap((key) => key.columns));
  const columns = relation.columns.filter((column) => !column.generated && column.identity !== 'a');
  return (
    columns.find((column) => !keyed.has(column.name) && column.name !== tenantColumn) ??
    columns.find((column) => column.name !== tenantColumn) ??
    columns[0]
  );
};
