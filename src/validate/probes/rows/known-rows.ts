import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import { sessionOf } from '../impersonate.js';
import { fullName, type RelationFact } from '../relations.js';
import { DONE, runActs, type Act } from '../run.js';
import type { PlantOptions } from './planter.js';

/** A row as texts, by column. */
export type RowTexts = Readonly<Record<string, string | null>>;

/**
 * Rows that are there already, for foreign keys that lead out of the tables to be planted in, or to tables that
 * tenants may only read. Whoever may looks: the connecting role, or the tenant.
 */
export async function readKnownRows(
  options: PlantOptions,
  relations: readonly RelationFact[],
): Promise<Record<string, RowTexts>> {
  const wanted = new Map<string, Set<string>>();
  for (const key of relations.flatMap((relation) => relation.keys)) {
    if (key.kind !== 'f') continue;
    const parent = relations.find((relation) => fullName(relation) === key.references);
    if (parent?.columns.some((column) => column.name === options.tenantColumn)) continue;
    const columns = wanted.get(key.references) ?? new Set<string>();
    for (const column of key.referencedColumns) columns.add(column);
    wanted.set(key.references, columns);
  }
  if (wanted.size === 0) return {};
  const asTenant = sessionOf(options.by, options.tenant);
  const acts = [...wanted].flatMap(([name, columns]): Act[] => {
    const sql = rowQuery(name, [...columns]);
    return [options.by.back, asTenant].map((as) => ({ as, sql, counts: 'text' }));
  });
  const answers = await runActs(options.session, acts, options.by.back, options.by.back);
  const known: Record<string, RowTexts> = {};
  for (const [n, name] of [...wanted.keys()].entries()) {
    const found = [answers[2 * n], answers[2 * n + 1]].find(
      (each) => each?.state === DONE && each.text !== '',
    );
    if (found) known[name] = JSON.parse(found.text) as RowTexts;
  }
  return known;
}

function rowQuery(name: string, columns: readonly string[]): string {
  const [schema = '', table = ''] = name.split('.');
  const pairs = columns.map((column) => `${quoteLiteral(column)}, t.${quoteIdentifier(column)}::text`);
  return `select pg_catalog.jsonb_build_object(${pairs.join(', ')})::text from ${quoteIdentifier(schema)}.${quoteIdentifier(table)} t limit 1`;
}
