import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import {
  castName,
  fullName,
  sqlName,
  type ColumnFact,
  type KeyFact,
  type Landscape,
  type RelationFact,
} from '../relations.js';
import { seedOf } from './seed.js';
import { valuesFor } from './values.js';

/** An SQL expression, or undefined: the column is left out and gets its default, or null. */
type Choice = string | undefined;

/** What rows are drafted with. */
export interface DraftOptions {
  readonly landscape: Landscape;
  readonly tenantColumn: string;
  readonly tenantId: string;
  /** Token of the side whose rows these are. */
  readonly side: string;
  /** SQL literals from the pack, by column. */
  readonly sample: Readonly<Record<string, string>>;
  /** The table stands only in this transaction: its sequences may advance, and identities may be overridden. */
  readonly isScratch: boolean;
}

/** One column of a draft: its candidates depend on the seed, the number of the chosen one does not. */
interface ColumnDraft {
  readonly fact: ColumnFact;
  readonly candidates: (seed: number) => readonly Choice[];
  readonly count: number;
  choice: number;
}

/** A row that is being thought out. */
export interface Draft {
  readonly relation: RelationFact;
  readonly options: DraftOptions;
  readonly columns: readonly ColumnDraft[];
  readonly parents: readonly string[];
  seed: number;
}

/** The expression by which an INSERT that plants takes a value of a row that was planted before it. */
const fromParent = (parent: string, column: string, type: string): string =>
  `($1->${quoteLiteral(parent)}->>${quoteLiteral(column)})::${type}`;

/** Starts a draft: what may be left out is, except texts, which carry the token. */
export function draftRow(relation: RelationFact, options: DraftOptions): Draft {
  const links = relation.keys.filter((key) => key.kind === 'f');
  const columns = relation.columns
    .filter((column) => !column.generated)
    .map((fact): ColumnDraft => {
      const candidates = candidatesFor(fact, relation, links, options);
      return { fact, candidates, count: candidates(0).length, choice: 0 };
    });
  const parents = [...new Set(links.map((link) => link.references))].filter(
    (parent) => parent !== fullName(relation),
  );
  return { relation, options, columns, parents, seed: 0 };
}

/** Columns that a foreign key of the same row points at, where that cannot be null. */
function selfReferenced(relation: RelationFact): ColumnFact[] {
  const links = relation.keys.filter(
    (key) => key.kind === 'f' && key.references === fullName(relation) && !isOptional(relation, key),
  );
  const names = links.flatMap((link) => link.referencedColumns);
  return relation.columns.filter((column) => names.includes(column.name));
}

const isOptional = (relation: RelationFact, link: KeyFact): boolean =>
  relation.columns.some((column) => link.columns.includes(column.name) && !column.notNull);

function candidatesFor(
  fact: ColumnFact,
  relation: RelationFact,
  links: readonly KeyFact[],
  options: DraftOptions,
): (seed: number) => readonly Choice[] {
  if (fact.name === options.tenantColumn) return () => [quoteLiteral(options.tenantId)];
  const link = links.find((each) => each.columns.includes(fact.name));
  const own = ownCandidates(fact, relation, options);
  if (!link) return own;
  const referenced = link.referencedColumns[link.columns.indexOf(fact.name)] ?? '';
  if (link.references !== fullName(relation)) {
    const value = fromParent(link.references, referenced, typeName(options, fact));
    return () => [value, ...(fact.notNull ? [] : [undefined])];
  }
  const target = relation.columns.find((column) => column.name === referenced);
  if (isOptional(relation, link) || !target) return fact.notNull ? own : () => [undefined];
  const ofTarget = ownCandidates(target, relation, options);
  return (seed) => ofTarget(seed).filter((each) => each !== undefined);
}

const typeName = ({ landscape }: DraftOptions, column: ColumnFact): string =>
  castName(landscape.types.get(column.type));

function ownCandidates(
  fact: ColumnFact,
  relation: RelationFact,
  options: DraftOptions,
): (seed: number) => readonly Choice[] {
  const sample = options.sample[fact.name];
  const values = orderedValues(fact, relation, options);
  if (sample !== undefined) return (seed) => [sample, ...values(seed)];
  const { types } = options.landscape;
  const isNeeded = fact.notNull || isNotNullDomain(types, fact.type);
  if (isNeeded && !fact.hasDefault && fact.identity === '') return values;
  if (selfReferenced(relation).includes(fact)) return values;
  // An explicit value leaves a live sequence alone; in a scratch the default is what is to be tried.
  const drawsNumber = fact.serial || fact.identity !== '';
  if (drawsNumber && !options.isScratch) return (seed) => [...values(seed), undefined];
  const isFirst = !fact.hasDefault && fact.identity === '' && carriesToken(types, fact);
  return (seed) => (isFirst ? [...values(seed), undefined] : [undefined, ...values(seed)]);
}

/** Rows of one side in one table: the planted one, and those of attempts to insert. */
const ROWS = 8;

/** Values for a column; where rows must differ in it, those that differ from row to row come first. */
function orderedValues(
  fact: ColumnFact,
  relation: RelationFact,
  options: DraftOptions,
): (seed: number) => readonly string[] {
  const { types } = options.landscape;
  const checks = relation.keys
    .filter((key) => (key.kind === 'c' || key.kind === 'x') && key.columns.includes(fact.name))
    .map((key) => key.definition);
  const valuesAt = (n: number): string[] =>
    valuesFor(fact.type, fact.modifier, { types, seed: seedOf(options.side, n), checks });
  const isKeyed =
    fact.serial ||
    fact.identity !== '' ||
    relation.keys.some((key) => 'pui'.includes(key.kind) && key.columns.includes(fact.name));
  if (!isKeyed) return valuesAt;
  const rows = Array.from({ length: ROWS }, (_, n) => valuesAt(n));
  const differs = (at: number): boolean => new Set(rows.map((values) => values[at])).size === ROWS;
  const places = (rows[0] ?? []).map((_, at) => at);
  const order = [...places.filter(differs), ...places.filter((at) => !differs(at))];
  return (seed) => {
    const values = valuesAt(seed);
    return order.map((at) => values[at] ?? 'null');
  };
}

const isNotNullDomain = (types: Landscape['types'], type: number): boolean => {
  const fact = types.get(type);
  return fact?.kind === 'd' && (fact.notNull || isNotNullDomain(types, fact.base));
};

/** Texts that are not keys of other rows: a value that strangers must not see, in a column that may be empty. */
const carriesToken = (types: Landscape['types'], fact: ColumnFact): boolean =>
  /^(?:text|character varying|character|citext)$/.test(types.get(fact.type)?.name ?? '');

/** Names and expressions of the columns that are given. */
export function expressionsOf(draft: Draft, seed = draft.seed): Map<string, string> {
  const given = new Map<string, string>();
  for (const column of draft.columns) {
    const value = column.candidates(seed)[column.choice];
    if (value !== undefined) given.set(column.fact.name, value);
  }
  return given;
}

/** An INSERT of these expressions. */
export function insertOf(relation: RelationFact, given: ReadonlyMap<string, string>): string {
  const into = sqlName(relation);
  if (given.size === 0) return `insert into ${into} default values`;
  const names = [...given.keys()].map((name) => quoteIdentifier(name)).join(', ');
  const isExplicit = relation.columns.some(({ name, identity }) => identity === 'a' && given.has(name));
  const how = isExplicit ? ' overriding system value' : '';
  return `insert into ${into} (${names})${how} values (${[...given.values()].join(', ')})`;
}

/** Choices for some columns that have not been tried, those that change least first; the others stay. */
export function variantsOf(draft: Draft, names: readonly string[], most: number): number[][] {
  const columns = draft.columns.filter((column) => names.includes(column.fact.name));
  let combined: number[][] = [[]];
  for (const column of columns) {
    const longer = combined.flatMap((each) =>
      Array.from({ length: Math.min(column.count, 24) }, (_, n) => [...each, n]),
    );
    combined = longer.sort((a, b) => weight(a, columns) - weight(b, columns)).slice(0, most);
  }
  return combined.map((choices) =>
    draft.columns.map((column) => choices[columns.indexOf(column)] ?? column.choice),
  );
}

const weight = (choices: readonly number[], columns: readonly ColumnDraft[]): number =>
  choices.reduce((sum, choice, n) => sum + Math.abs(choice - (columns[n]?.choice ?? 0)), 0);
