import type { CatalogueObject } from './catalogue.js';
import type { Severity } from './model.js';

/** How bad a difference is. */
export interface Grade {
  readonly severity: Severity;
  /** It may let one tenant reach another. */
  readonly isolation: boolean;
}

const BROKEN: Grade = { severity: 'error', isolation: false };
const LEAKING: Grade = { severity: 'error', isolation: true };
const DOUBTFUL: Grade = { severity: 'warning', isolation: false };
const HARMLESS: Grade = { severity: 'note', isolation: false };

/** Kinds that decide who sees what. Everything that is not listed anywhere is an error without isolation. */
const GUARDS: ReadonlySet<string> = new Set([
  'schema',
  'policy',
  'trigger',
  'rule',
  'function',
  'procedure',
  'aggregate',
  'window function',
  'view',
  'materialized view',
  'foreign table',
  'default privilege',
  'cast',
]);

/** What may be added to a schema without harm, and under which conditions. */
const EXTRA: Readonly<Record<string, (object: CatalogueObject) => Grade>> = {
  column: (column) =>
    isGiven(column.properties['privileges'])
      ? LEAKING
      : column.properties['not null'] === true && !isGiven(column.properties['default'])
        ? BROKEN
        : HARMLESS,
  // A CHECK that looks at no column refuses every row, or none.
  constraint: (constraint) =>
    definitionOf(constraint).startsWith('CHECK ') && !isGiven(constraint.properties['speaks of no column'])
      ? HARMLESS
      : BROKEN,
  index: (index) => (/^\S+ unique /.test(index.name) ? BROKEN : HARMLESS),
  view: (view) => (isInvoker(asList(view.properties['options'])) ? HARMLESS : LEAKING),
  statistics: () => HARMLESS,
  sequence: () => HARMLESS,
  domain: () => HARMLESS,
  enum: () => HARMLESS,
  'composite type': () => HARMLESS,
};

/** Properties whose change is no fault, or a lesser one; `*` stands for every kind. */
const ALTERED: Readonly<Record<string, (expected: unknown, found: unknown) => Grade>> = {
  'index called': () => HARMLESS,
  'table options': () => HARMLESS,
  'partitioned table options': () => HARMLESS,
  'materialized view populated': () => DOUBTFUL,
  'column type': (expected, found) => (isWider(textOf(expected), textOf(found)) ? HARMLESS : BROKEN),
  'column not null': (expected) => (expected === true ? LEAKING : DOUBTFUL),
  // With nothing to know rows by, UPDATE and DELETE are refused as soon as the table is published.
  'table replica identity': (_expected, found) => (found === 'n' ? BROKEN : DOUBTFUL),
  'partitioned table replica identity': (_expected, found) => (found === 'n' ? BROKEN : DOUBTFUL),
  'sequence sequence': (expected, found) => (isSameButStart(expected, found) ? DOUBTFUL : BROKEN),
  'view options': (expected, found) => gradeViewOptions(asList(expected), asList(found)),
};

/** Properties that decide who sees what, whatever the kind. */
const GUARDING_PROPERTIES: ReadonlySet<string> = new Set([
  'owner',
  'privileges',
  'row level security',
  'forced row level security',
  'parents',
  // A column that is made from the tenant, to stand for it in keys.
  'generated',
  'security',
  'settings',
]);

/** How bad it is that an object is not there. */
export const gradeMissing = (object: CatalogueObject): Grade =>
  object.kind === 'statistics' ? HARMLESS : GUARDS.has(object.kind) ? LEAKING : BROKEN;

/** How bad it is that an object is there that nobody rendered. */
export const gradeExtra = (object: CatalogueObject): Grade =>
  EXTRA[object.kind]?.(object) ?? (GUARDS.has(object.kind) ? LEAKING : BROKEN);

/** How bad it is that one property of an object is another. */
export function gradeAltered(expected: CatalogueObject, found: CatalogueObject, property: string): Grade {
  const rule = ALTERED[`${expected.kind} ${property}`];
  if (rule) return rule(expected.properties[property], found.properties[property]);
  return GUARDS.has(expected.kind) || GUARDING_PROPERTIES.has(property) ? LEAKING : BROKEN;
}

/** The same thing under another name. */
export const RENAMED: Grade = HARMLESS;

/** Whether every value of one type fits the other as it is: longer text, or text without a limit. */
export function isWider(from: string, to: string): boolean {
  const narrow = /^character varying\((\d+)\)$/.exec(from);
  if (!narrow) return false;
  const wide = /^character varying\((\d+)\)$/.exec(to);
  return (
    to === 'text' || to === 'character varying' || (wide !== null && Number(wide[1]) >= Number(narrow[1]))
  );
}

const isOn = (options: readonly string[], name: string): boolean =>
  options.some((option) => new RegExp(`^${name}=(?:on|true|1|yes)$`).test(option));

const isInvoker = (options: readonly string[]): boolean => isOn(options, 'security_invoker');

/** Whose rights a view reads with, whether conditions of others see its rows first, and which rows it takes. */
function gradeViewOptions(expected: readonly string[], found: readonly string[]): Grade {
  const guards = ['security_invoker', 'security_barrier'];
  if (guards.some((name) => isOn(expected, name) && !isOn(found, name))) return LEAKING;
  const checks = (options: readonly string[]): string =>
    options.find((option) => option.startsWith('check_option=')) ?? '';
  return checks(expected) === checks(found) ? HARMLESS : BROKEN;
}

/** Type, start, increment, least, greatest, cycle: a start counts only when somebody restarts the sequence. */
function isSameButStart(expected: unknown, found: unknown): boolean {
  const [was, is] = [asList(expected), asList(found)];
  return was.every((value, at) => at === 1 || value === is[at]);
}

const definitionOf = (object: CatalogueObject): string => textOf(object.properties['definition']);

/** A property that is a list; empty when it is missing. */
export const asList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Whether a property has a value at all. */
export const isGiven = (value: unknown): boolean => value !== null && value !== undefined;

/** A property as people read it. */
export function textOf(value: unknown): string {
  if (!isGiven(value) || value === '') return 'none';
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(String).join(', ') : JSON.stringify(value);
}
