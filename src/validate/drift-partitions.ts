import type { CatalogueObject } from './catalogue.js';
import { relationOf } from './drift.js';

/** Properties in which partitions of one table differ by nature. */
const OWN: ReadonlySet<string> = new Set(['partition bound', 'called']);

/** Names of these are made up by the server, one for each partition. */
const NAMED_BY_SERVER: ReadonlySet<string> = new Set(['constraint']);

/**
 * Takes out what a partition brought that somebody added since: partitions come with time, and one that is in everything
 * like another of the same table, down to owner, row security, keys and privileges, is what the scripts make of it.
 */
export function withoutNewPartitions(
  expected: readonly CatalogueObject[],
  found: readonly CatalogueObject[],
): CatalogueObject[] {
  const known = new Set(expected.filter(isPartition).map(({ name }) => name));
  const siblings = new Map(
    expected
      .filter(isPartition)
      .map((each) => [signatureOf(partsOf(expected, each.name), each.name), each.name] as const),
  );
  const grown = found
    .filter((each) => isPartition(each) && !known.has(each.name))
    .map((each) => ({ name: each.name, parts: partsOf(found, each.name) }))
    .filter(({ name, parts }) => siblings.has(signatureOf(parts, name)));
  if (grown.length === 0) return [...found];
  const gone = new Set(grown.flatMap(({ parts }) => parts));
  return found.filter((each) => !gone.has(each));
}

const isPartition = ({ properties }: CatalogueObject): boolean =>
  typeof properties['partition bound'] === 'string';

/** A partition, what stands on it, and the links of other tables that refer to it. */
const partsOf = (objects: readonly CatalogueObject[], name: string): CatalogueObject[] =>
  objects.filter(
    (each) =>
      each.name === name ||
      (each.kind === 'column' && each.name.startsWith(`${name}.`)) ||
      relationOf(each) === name ||
      (each.kind === 'constraint' && String(each.properties['definition']).includes(` REFERENCES ${name}(`)),
  );

/** The same for partitions that differ in their names and bounds only. */
function signatureOf(parts: readonly CatalogueObject[], name: string): string {
  const lines = parts.map((each) => {
    const properties = Object.entries(each.properties).filter(([key]) => !OWN.has(key));
    const called = NAMED_BY_SERVER.has(each.kind) ? relationOf(each) : each.name;
    return JSON.stringify([each.kind, called, properties]).replaceAll(name, '\0');
  });
  return lines.sort().join('\n');
}
