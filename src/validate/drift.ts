import type { CatalogueObject } from './catalogue.js';

/** How an object differs from what is expected. */
export type Difference =
  | {
      readonly change: 'missing';
      readonly expected: CatalogueObject;
      /** What is missing because it stands on a relation that is. */
      readonly parts: readonly CatalogueObject[];
    }
  | { readonly change: 'extra'; readonly found: CatalogueObject }
  | { readonly change: 'renamed'; readonly expected: CatalogueObject; readonly found: CatalogueObject }
  | {
      readonly change: 'altered';
      readonly expected: CatalogueObject;
      readonly found: CatalogueObject;
      /** The properties that differ. */
      readonly properties: readonly string[];
    };

/** Kinds whose names only people use: the same thing under another name is renamed, not gone. */
const NAMES_MEAN_NOTHING: ReadonlySet<string> = new Set(['constraint', 'policy', 'statistics']);

/** What differs between two catalogues, in the order of the expected one; what is too much comes last. */
export function compareCatalogues(
  expected: readonly CatalogueObject[],
  found: readonly CatalogueObject[],
): Difference[] {
  const standing = group(found);
  const missing: CatalogueObject[] = [];
  const altered: Difference[] = [];
  for (const each of expected.filter((one) => !takeEqual(standing, one))) {
    const twin = standing.get(keyOf(each))?.shift();
    if (twin === undefined) missing.push(each);
    else {
      altered.push({ change: 'altered', expected: each, found: twin, properties: differing(each, twin) });
    }
  }
  return pairRenamed(missing, [...standing.values()].flat()).concat(altered);
}

/** Indexes go by what they do, and two may do the same: hence lists. */
function group(objects: readonly CatalogueObject[]): Map<string, CatalogueObject[]> {
  const groups = new Map<string, CatalogueObject[]>();
  for (const each of objects) {
    const key = keyOf(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return groups;
}

/** Of several that do the same, the one that differs in nothing goes first: they stand in no order. */
function takeEqual(standing: ReadonlyMap<string, CatalogueObject[]>, expected: CatalogueObject): boolean {
  const twins = standing.get(keyOf(expected)) ?? [];
  const at = twins.findIndex((twin) => differing(expected, twin).length === 0);
  return at !== -1 && twins.splice(at, 1).length > 0;
}

const keyOf = (object: CatalogueObject): string => `${object.kind}\n${object.name}`;

function differing(expected: CatalogueObject, found: CatalogueObject): string[] {
  const names = new Set([...Object.keys(expected.properties), ...Object.keys(found.properties)]);
  return [...names].filter((name) => textOf(expected.properties[name]) !== textOf(found.properties[name]));
}

const textOf = (value: unknown): string => JSON.stringify(value ?? null);

function pairRenamed(missing: readonly CatalogueObject[], extra: readonly CatalogueObject[]): Difference[] {
  const left = [...extra];
  const differences = missing.map((expected): Difference => {
    const at = left.findIndex((each) => isSameThing(expected, each));
    const [found] = at === -1 ? [] : left.splice(at, 1);
    return found === undefined
      ? { change: 'missing', expected, parts: [] }
      : { change: 'renamed', expected, found };
  });
  return [...gatherParts(differences), ...left.map((found): Difference => ({ change: 'extra', found }))];
}

const RELATIONS: ReadonlySet<string> = new Set([
  'table',
  'partitioned table',
  'view',
  'materialized view',
  'foreign table',
  'composite type',
]);
const PARTS: ReadonlySet<string> = new Set(['column', 'constraint', 'policy', 'trigger', 'rule', 'index']);

/** A relation that is gone is one difference, and not one for each of its columns and policies. */
function gatherParts(differences: readonly Difference[]): Difference[] {
  const isGone = (each: Difference): each is Difference & { change: 'missing' } =>
    each.change === 'missing' && RELATIONS.has(each.expected.kind);
  const parts = new Map<string, CatalogueObject[]>(
    differences.filter(isGone).map(({ expected }) => [expected.name, []]),
  );
  const left = differences.filter((each) => {
    if (each.change !== 'missing' || !PARTS.has(each.expected.kind)) return true;
    const relation =
      each.expected.kind === 'column' ? each.expected.name.replace(COLUMN, '') : relationOf(each.expected);
    return parts.get(relation)?.push(each.expected) === undefined;
  });
  return left.map((each) => (isGone(each) ? { ...each, parts: parts.get(each.expected.name) ?? [] } : each));
}

/** The last part of a column's name, quoted or not. */
const COLUMN = /\.(?:"(?:[^"]|"")*"|[^."]+)$/;

const isSameThing = (one: CatalogueObject, other: CatalogueObject): boolean =>
  one.kind === other.kind &&
  NAMES_MEAN_NOTHING.has(one.kind) &&
  relationOf(one) === relationOf(other) &&
  differing(one, other).length === 0;

/** The relation that a constraint, policy or trigger stands on. */
export const relationOf = (object: CatalogueObject): string => QUALIFIED.exec(object.name)?.[0] ?? '';

/** Names that are quoted may hold spaces. */
const QUALIFIED = /^(?:"(?:[^"]|"")*"|[^\s"])+/;

/**
 * The same catalogue under other names: what stands in a scratch target, as it must stand in the real one.
 * @param names pairs of a name that nothing else holds, and the name to put in its place.
 */
export function renameCatalogue(
  objects: readonly CatalogueObject[],
  names: readonly (readonly [string, string])[],
): CatalogueObject[] {
  const inJson = (name: string): string => JSON.stringify(name).slice(1, -1);
  const text = names.reduce(
    (renamed, [from, to]) => renamed.replaceAll(inJson(from), inJson(to)),
    JSON.stringify(objects),
  );
  // Arrays whose order means nothing were sorted under the other names.
  return (JSON.parse(text) as CatalogueObject[]).map(sortPrivileges);
}

function sortPrivileges(object: CatalogueObject): CatalogueObject {
  const { privileges } = object.properties;
  if (!Array.isArray(privileges)) return object;
  return { ...object, properties: { ...object.properties, privileges: privileges.map(String).sort() } };
}
