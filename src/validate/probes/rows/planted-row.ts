import { quoteLiteral } from '../../../render/quote.js';
import type { RelationFact } from '../relations.js';
import { expressionsOf, insertOf, type Draft } from './draft.js';
import type { RowTexts } from './known-rows.js';

/** A row that stands in a table until the transaction ends. */
export interface PlantedRow {
  readonly relation: RelationFact;
  readonly draft: Draft;
  readonly tableoid: number;
  readonly ctid: string;
  readonly values: RowTexts;
  /** `tenant`: it planted the row itself. `validator`: its own INSERT was refused. `earlier`: the row was there. */
  readonly by: 'tenant' | 'validator' | 'earlier';
}

/**
 * An INSERT of one more row of the same kind: fresh values where keys want them, links to the same parents.
 * @param overrides expressions for some columns.
 */
export function insertLike(
  row: PlantedRow,
  seed: number,
  overrides: ReadonlyMap<string, string> = new Map(),
): string {
  const given = expressionsOf(row.draft, seed);
  for (const [name, expression] of given)
    if (expression.startsWith('($1->')) given.set(name, valueOf(row, name));
  for (const [name, expression] of overrides) given.set(name, expression);
  return insertOf(row.relation, given);
}

/** A planted value as an expression. */
export function valueOf(row: PlantedRow, column: string): string {
  const value = row.values[column];
  return value === null || value === undefined ? 'null' : quoteLiteral(value);
}

/** The condition that finds exactly this row. */
export const placeOf = (row: PlantedRow): string =>
  `tableoid = ${row.tableoid} and ctid = ${quoteLiteral(row.ctid)}`;
