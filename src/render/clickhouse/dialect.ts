import { ident, refuseUnstorable } from '../filters.js';
import type { Dialect } from '../quoted-values.js';
import { scan } from './scan.js';

/**
 * A quoted identifier. A backslash would escape what follows it, in quotes of either kind, and no name needs one.
 * @throws Error as for PostgreSQL, and for a backslash.
 */
function quoteName(value: unknown): string {
  if (typeof value === 'string' && value.includes('\\')) throw new Error('ident: a name holds a backslash');
  return ident(value);
}

/**
 * A quoted literal; numbers, booleans and null as they are.
 * @throws Error for anything that is not text, a finite number, a boolean or null.
 */
export function quoteText(value: unknown): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value < 0 ? ` ${value}` : String(value);
  if (typeof value !== 'string') throw new Error(`literal needs a value, not ${typeof value}`);
  refuseUnstorable('literal', value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** How values are quoted for ClickHouse, and what its lexer makes of the text around them. */
export const CLICKHOUSE: Dialect = {
  name: 'clickhouse',
  filters: new Map<string, (...values: unknown[]) => string>([
    ['ident', quoteName],
    ['literal', quoteText],
    ['qualified', (name, schema) => `${quoteName(schema)}.${quoteName(name)}`],
  ]),
  scan: (sql) => scan(sql)?.map(({ start, end, kind }) => ({ start, end, isComment: kind === 'comment' })),
  // Whatever cannot be scanned here is refused: there is no parser that could say more.
  canParse: () => true,
};
