import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ident, literal, qualified, QUOTING_FILTERS } from '../../../src/render/filters.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';
import { walk } from '../../../src/render/sql-nodes.js';

beforeAll(loadSqlParser);

/** Every value of a key in the syntax tree of one statement. */
const values = (sql: string, key: string): unknown[] => {
  const statements = parseSql(sql);
  expect(statements).toHaveLength(1);
  return [...walk(statements.map(({ node }) => node))].flatMap((node) => (key in node ? [node[key]] : []));
};

const HOSTILE = [
  `'`,
  `"`,
  '\\',
  '$',
  '$$',
  ';',
  '--',
  '/*',
  '*/',
  '\n',
  '\r',
  '\t',
  ' ',
  'é',
  '💥',
  `E'`,
  ':',
  '%',
];
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...HOSTILE, 'a'), { maxLength: 12 }).map((parts) => parts.join('')),
  )
  .filter((value) => !value.includes('\0'));
const name = text.filter((value) => value !== '' && Buffer.byteLength(value) <= 63);

describe('literal', () => {
  it('gives back any text, wherever a literal may stand', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(values(`select ${literal(value)}`, 'sval')).toContainEqual({ sval: value });
        expect(values(`select a -${literal(value)}`, 'sval')).toContainEqual({ sval: value });
      }),
      { numRuns: 1000 },
    );
  });

  it('never ends a dollar-quoted body', () => {
    fc.assert(
      fc.property(text, (value) => {
        const body = `select ${literal(value)}`;
        expect(values(`do language sql $$${body}$$`, 'sval')).toContain(body);
        expect(values(body, 'sval')).toContainEqual({ sval: value });
      }),
    );
  });

  it.each([
    [null, 'null'],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [-3, ' -3'],
    [1e21, '1e+21'],
    ['', `''`],
    [`it's`, `'it''s'`],
    ['a\\b', ` E'a\\\\b'`],
    ['$a$', ` E'\\x24a\\x24'`],
  ])('of %o is %s', (value, quoted) => {
    expect(literal(value)).toBe(quoted);
  });

  it('of a negative number begins no comment after a minus', () => {
    expect(values(`select 5 -${literal(-1)} as n`, 'ival')).toContain(-1);
  });

  it.each([
    [undefined, 'an undefined value'],
    [{}, 'object'],
    [['a'], 'a list'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [() => 'x', 'function'],
    [Symbol('x'), 'symbol'],
    [10n, 'bigint'],
    [new String('x'), 'object'],
    [{ toString: () => `'; drop table x; --` }, 'object'],
  ])('refuses %o', (value, told) => {
    expect(() => literal(value)).toThrow(`literal needs a value, not ${told}`);
  });

  it.each([
    ['a\0b', 'zero byte'],
    ['a\ud800', 'surrogate'],
    ['\udc00b', 'surrogate'],
  ])('refuses %j, which cannot be stored', (value, told) => {
    expect(() => literal(value)).toThrow(told);
  });
});

describe('ident', () => {
  it('gives back any name', () => {
    fc.assert(
      fc.property(name, name, (table, column) => {
        const sql = `select ${ident(column)} from ${qualified(table, column)}`;
        expect(values(sql, 'fields')).toEqual([[{ String: { sval: column } }]]);
        expect(values(sql, 'relname')).toEqual([table]);
        expect(values(sql, 'schemaname')).toEqual([column]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['a'.repeat(63), 'é'.repeat(31), '💥'.repeat(15)])('takes %s: up to 63 bytes', (value) => {
    expect(ident(value)).toBe(`"${value}"`);
  });

  it.each(['a'.repeat(64), 'é'.repeat(32), '💥'.repeat(16)])('refuses %s: 64 bytes', (value) => {
    expect(() => ident(value)).toThrow(`ident: "${value}" has 64 bytes, and PostgreSQL would cut it to 63`);
  });

  it.each([
    [undefined, 'an undefined value'],
    [null, 'null'],
    ['', '""'],
    [1, '1'],
    [Number.NaN, 'NaN'],
    [true, 'boolean'],
    [{}, 'object'],
    [['a'], 'a list'],
    [new String('x'), 'object'],
  ])('refuses %o', (value, told) => {
    expect(() => ident(value)).toThrow(`ident needs a name, not ${told}`);
  });

  it('refuses what cannot be stored', () => {
    expect(() => ident('a\0')).toThrow('ident: text cannot hold a zero byte');
    expect(() => ident('\ud800')).toThrow('ident: text cannot hold half a surrogate pair');
  });
});

describe('qualified', () => {
  it('needs both names', () => {
    expect(qualified('orders', 'hr_tenant')).toBe('"hr_tenant"."orders"');
    expect(() => qualified('orders', undefined)).toThrow('an undefined value');
    expect(() => qualified(undefined, 'hr_tenant')).toThrow('an undefined value');
  });
});

describe('type', () => {
  const type = QUOTING_FILTERS.get('type') ?? ident;
  it.each(['uuid', 'varchar(10)', 'numeric(10, 2)', 'bigint'])('passes %s as it is', (name) => {
    expect(type(name)).toBe(name);
  });

  it.each([
    '',
    'a b',
    'varchar(10) check (true)',
    'x"',
    "x'",
    'x;',
    'varchar(x)',
    'Uuid',
    'x[]',
    '(1)',
    undefined,
    5,
  ])('refuses %j', (name) => {
    expect(() => type(name)).toThrow('type needs the name of a type');
  });
});
