import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import type { ColumnFact, TableFact } from './facts.js';

const BY_TYPE: readonly (readonly [RegExp, (column: ColumnFact, token: string) => string])[] = [
  [/^(?:character varying|character|text|name|citext)/, textValue],
  [
    /^(?:smallint|integer|bigint|numeric|real|double precision)$|^numeric\(/,
    (column) => numberIn(column) ?? '1',
  ],
  [/^timestamp|^date$/, () => 'current_timestamp'],
  [/^time/, () => 'localtime'],
  [/^boolean$/, () => 'true'],
  [/^uuid$/, () => 'gen_random_uuid()'],
  [/^jsonb?$/, () => `'{}'`],
  [/^bytea$/, () => `'\\x00'`],
  [/^(?:inet|cidr)$/, () => `'127.0.0.1'`],
  [/^interval$/, () => `'1 hour'`],
  [
    /vector\((\d+)\)$/,
    (column) => `array_fill(0, array[${/\((\d+)\)/.exec(column.type)?.[1] ?? 1}])::real[]::${column.type}`,
  ],
];

/**
 * An INSERT that gives every column that must have a value one that its type and its own CHECK accept.
 * @param tenant value of the tenant column.
 * @param token text that no other row has: it keeps unique keys apart and marks the row.
 * @returns undefined and the column in the way when a type is unknown: the table cannot be probed.
 */
export function synthesiseInsert(
  schema: string,
  table: TableFact,
  tenant: { readonly column: string; readonly value: string },
  token: string,
): { readonly sql: string } | { readonly unknown: ColumnFact } {
  const columns = table.columns.filter(
    (column) => column.name === tenant.column || (column.notNull && !column.automatic),
  );
  const values: string[] = [];
  for (const column of columns) {
    const value = column.name === tenant.column ? quoteLiteral(tenant.value) : valueFor(column, token);
    if (value === undefined) return { unknown: column };
    values.push(value);
  }
  const names = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  const into = `${quoteIdentifier(schema)}.${quoteIdentifier(table.name)}`;
  if (columns.length === 0) return { sql: `insert into ${into} default values` };
  return { sql: `insert into ${into} (${names}) values (${values.join(', ')})` };
}

/** A value that the column's type accepts; an array is filled with one of its elements. */
function valueFor(column: ColumnFact, token: string): string | undefined {
  if (!column.type.endsWith('[]'))
    return BY_TYPE.find(([type]) => type.test(column.type))?.[1](column, token);
  const type = column.type.slice(0, -2);
  const element = valueFor({ ...column, type, checks: [] }, token);
  return element === undefined ? undefined : `array_fill((${element})::${type}, array[${lengthIn(column)}])`;
}

/** A value from the column's own list of allowed ones, or the token cut to its length. */
function textValue(column: ColumnFact, token: string): string {
  const listed = column.checks
    .map((check) => /'((?:[^']|'')+)'::/.exec(check)?.[1])
    .find((value) => value !== undefined);
  if (listed !== undefined) return `'${listed}'`;
  const length = Number(/\((\d+)\)/.exec(column.type)?.[1] ?? token.length);
  return quoteLiteral(token.slice(0, length));
}

/** The length that a CHECK asks of an array: the largest number that it names, 1 when it names none. */
const lengthIn = (column: ColumnFact): number =>
  Math.max(
    1,
    ...column.checks.flatMap((check) => [...check.matchAll(/\b(\d+)\b/g)].map((match) => Number(match[1]))),
  );

/** The first whole number that the column's CHECK names: a bound that it accepts. */
const numberIn = (column: ColumnFact): string | undefined =>
  column.checks.map((check) => /\b(\d+)\b/.exec(check)?.[1]).find((value) => value !== undefined);
