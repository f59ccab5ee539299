import { MAX_IDENTIFIER_BYTES } from '../plan/names.js';
import { quoteIdentifier, quoteLiteral } from './quote.js';

/**
 * `{{ name | ident }}`: a quoted identifier.
 * @throws Error when the value is no text, empty, holds a zero byte or half a surrogate pair, or is longer than
 *   PostgreSQL keeps.
 */
export function ident(value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new Error(`ident needs a name, not ${describe(value)}`);
  refuseUnstorable('ident', value);
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_IDENTIFIER_BYTES) {
    throw new Error(
      `ident: "${value}" has ${bytes} bytes, and PostgreSQL would cut it to ${MAX_IDENTIFIER_BYTES}`,
    );
  }
  return quoteIdentifier(value);
}

/**
 * `{{ value | literal }}`: a quoted literal; numbers, booleans and null as they are.
 *
 * A negative number gets a space, because `5 -{{ n | literal }}` would otherwise begin a comment. A dollar sign is
 * written as an escape, because a literal may stand inside a dollar-quoted function body and must not end it.
 * @throws Error for anything that is not text, a finite number, a boolean or null.
 */
export function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value < 0 ? ` ${value}` : String(value);
  if (typeof value !== 'string') throw new Error(`literal needs a value, not ${describe(value)}`);
  refuseUnstorable('literal', value);
  if (!value.includes('$')) return quoteLiteral(value);
  const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('$', '\\x24');
  return ` E'${escaped}'`;
}

/** `{{ 'orders' | qualified(target.schema) }}`: `"schema"."orders"`. */
export function qualified(name: unknown, schema: unknown): string {
  return `${ident(schema)}.${ident(name)}`;
}

const TYPE = /^[a-z][a-z0-9_]*(?:\(\d{1,5}(?:, ?\d{1,5})?\))?$/;

/**
 * `{{ target.tenant.type | type }}`: the name of a built-in type as it is, `varchar(10)` for example.
 * @throws Error for anything else: a type cannot be quoted, so its shape alone keeps SQL out of it.
 */
function type(value: unknown): string {
  if (typeof value === 'string' && TYPE.test(value)) return value;
  throw new Error(
    `type needs the name of a type, not ${typeof value === 'string' ? `"${value}"` : describe(value)}`,
  );
}

/** The filters, one of which every value must pass on its way into SQL. */
export const QUOTING_FILTERS: ReadonlyMap<string, (...values: unknown[]) => string> = new Map([
  ['ident', ident],
  ['literal', literal],
  ['qualified', qualified],
  ['type', type],
]);

/** @throws Error for text that no engine can keep. */
export function refuseUnstorable(filter: string, text: string): void {
  if (text.includes('\0')) throw new Error(`${filter}: text cannot hold a zero byte`);
  if (/\p{Cs}/u.test(text)) throw new Error(`${filter}: text cannot hold half a surrogate pair`);
}

const describe = (value: unknown): string =>
  value === undefined
    ? 'an undefined value'
    : value === null
      ? 'null'
      : typeof value === 'string'
        ? '""'
        : typeof value === 'number'
          ? String(value)
          : Array.isArray(value)
            ? 'a list'
            : typeof value;
