import { MAX_IDENTIFIER_BYTES } from '../plan/names.js';
import { quoteIdentifier, quoteLiteral } from './quote.js';

/** Names of the filters, one of which every value must pass on its way into SQL. */
export const QUOTING_FILTERS: ReadonlySet<string> = new Set(['ident', 'literal', 'qualified']);

/**
 * `{{ name | ident }}`: a quoted identifier.
 * @throws Error when the value is no text, empty, holds a zero byte, or is longer than PostgreSQL keeps.
 */
export function ident(value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new Error(`ident needs a name, not ${describe(value)}`);
  if (value.includes('\0')) throw new Error('ident: a name cannot hold a zero byte');
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
 * @throws Error for anything that is not text, a finite number, a boolean or null.
 */
export function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') throw new Error(`literal needs a value, not ${describe(value)}`);
  if (value.includes('\0')) throw new Error('literal: text cannot hold a zero byte');
  return quoteLiteral(value);
}

/** `{{ 'orders' | qualified(target.schema) }}`: `"schema"."orders"`. */
export function qualified(name: unknown, schema: unknown): string {
  return `${ident(schema)}.${ident(name)}`;
}

const describe = (value: unknown): string =>
  value === undefined
    ? 'an undefined value'
    : value === null
      ? 'null'
      : typeof value === 'string'
        ? '""'
        : typeof value;
