import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';
import type { ColumnFact } from '../../../src/validate/facts.js';
import { synthesiseInsert } from '../../../src/validate/synthesise.js';
import { column, table } from './facts.js';

beforeAll(loadSqlParser);

const TENANT = { column: 'department', value: `h'r` };
const insertFor = (...columns: ColumnFact[]): unknown =>
  synthesiseInsert('hr_tenant', table('calls', { columns }), TENANT, 'canary-7');

/** The value that is made for a column of a type. */
function valueOf(type: string, checks: readonly string[] = []): string {
  const made = insertFor(column('x', type, { checks }));
  const sql = String(Reflect.get(Object(made), 'sql'));
  expect(parseSql(sql).map(({ kind }) => kind)).toEqual(['InsertStmt']);
  return /values \((.*)\)$/.exec(sql)?.[1] ?? sql;
}

describe('an insert', () => {
  it('gives values to the tenant column and to those that must have one', () => {
    const made = insertFor(
      column('id', 'uuid', { automatic: true }),
      column('department', 'character varying(100)', { automatic: true }),
      column('note', 'text', { notNull: false }),
      column('A "name"', 'text'),
    );
    expect(made).toEqual({
      sql: `insert into "hr_tenant"."calls" ("department", "A ""name""") values ('h''r', 'canary-7')`,
    });
  });

  it('needs no values where all come by themselves', () => {
    const made = insertFor(column('id', 'uuid', { automatic: true }));
    expect(made).toEqual({ sql: 'insert into "hr_tenant"."calls" default values' });
  });

  it('into a table without columns is possible', () => {
    expect(insertFor()).toEqual({ sql: 'insert into "hr_tenant"."calls" default values' });
  });

  it('of an unknown type names the column in the way', () => {
    const point = column('at', 'point');
    expect(insertFor(column('x', 'text'), point)).toEqual({ unknown: point });
    expect(insertFor(column('at', 'point[]'))).toMatchObject({ unknown: { type: 'point[]' } });
  });
});

describe('a value', () => {
  it.each([
    ['text', `'canary-7'`],
    ['character varying(100)', `'canary-7'`],
    ['character varying(3)', `'can'`],
    ['character(2)', `'ca'`],
    ['integer', '1'],
    ['numeric', '1'],
    ['numeric(10,2)', '1'],
    ['double precision', '1'],
    ['timestamp with time zone', 'current_timestamp'],
    ['timestamp without time zone', 'current_timestamp'],
    ['date', 'current_timestamp'],
    ['time without time zone', 'localtime'],
    ['boolean', 'true'],
    ['uuid', 'gen_random_uuid()'],
    ['jsonb', `'{}'`],
    ['bytea', `'\\x00'`],
    ['inet', `'127.0.0.1'`],
    ['interval', `'1 hour'`],
    ['vector(384)', 'array_fill(0, array[384])::real[]::vector(384)'],
    ['public.vector(3)', 'array_fill(0, array[3])::real[]::public.vector(3)'],
    ['real[]', 'array_fill((1)::real, array[1])'],
    ['text[]', `array_fill(('canary-7')::text, array[1])`],
    ['character varying(3)[]', `array_fill(('can')::character varying(3), array[1])`],
    ['uuid[]', 'array_fill((gen_random_uuid())::uuid, array[1])'],
    ['numeric(10,2)[]', 'array_fill((1)::numeric(10,2), array[1])'],
    ['timestamp with time zone[]', 'array_fill((current_timestamp)::timestamp with time zone, array[1])'],
  ])('of type %s is %s', (type, value) => {
    expect(valueOf(type)).toBe(value);
  });

  it.each([
    ['text', [`CHECK ((status = ANY (ARRAY['open'::text, 'done'::text])))`], `'open'`],
    ['text', [`CHECK ((a <> ''::text))`], `'canary-7'`],
    ['text', [`CHECK (((a)::text = 'it''s'::text))`], `'it''s'`],
    ['integer', ['CHECK (((n >= 3) AND (n <= 10)))'], '3'],
    ['real[]', ['CHECK ((array_length(e, 1) = 384))'], 'array_fill((1)::real, array[384])'],
  ])('of type %s under %o is %s', (type, checks, value) => {
    expect(valueOf(type, checks)).toBe(value);
  });
});
