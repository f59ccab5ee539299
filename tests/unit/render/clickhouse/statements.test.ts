import { describe, expect, it } from 'vitest';
import { scan } from '../../../../src/render/clickhouse/scan.js';
import { findUnrepeatable, splitStatements } from '../../../../src/render/clickhouse/statements.js';

const textsOf = (sql: string): string[] => {
  const statements = splitStatements(sql);
  if ('reason' in statements) throw new Error(statements.reason);
  return statements.map(({ text }) => text);
};

describe('splitting', () => {
  it.each([
    ['select 1; select 2', ['select 1', 'select 2']],
    [`select 'a;b\\';c'; select "d;e", \`f;\``, [`select 'a;b\\';c'`, 'select "d;e", `f;`']],
    [
      `select 'it''s; one'; -- not; this\nselect 2 /* nor; this */ + 1`,
      [`select 'it''s; one'`, 'select 2 /* nor; this */ + 1'],
    ],
    ['# a comment; here\nselect $x$ a; $x$; #!another\n;;', ['select $x$ a; $x$']],
    ['-- nothing at all\n', []],
    ['select 1.5e-3, 0x1F; select a.1', ['select 1.5e-3, 0x1F', 'select a.1']],
  ])('%j', (sql, texts) => {
    expect(textsOf(sql)).toEqual(texts);
  });

  it('knows where each statement begins', () => {
    const sql = '-- head\nselect 1;\n\n-- more\n  select 2;';
    const statements = splitStatements(sql);
    expect('reason' in statements ? [] : statements.map(({ start }) => sql.slice(start, start + 8))).toEqual([
      'select 1',
      'select 2',
    ]);
  });

  it.each([`select 'open`, 'select "open', 'select `open', 'select 1 /* open', `select 'a\\'`])(
    'cannot be done where something is not closed: %s',
    (sql) => {
      expect(scan(sql)).toBeUndefined();
      expect(splitStatements(sql)).toHaveProperty('reason');
    },
  );
});

describe('statements that may be run twice', () => {
  const isSafe = (sql: string): boolean => findUnrepeatable([{ text: sql, start: 0 }]).length === 0;

  it.each([
    'create table if not exists a.b (c UInt8) engine = Memory',
    'create or replace table a.b (c UInt8) engine = Memory',
    'CREATE ROW POLICY OR REPLACE p ON a.b USING 1 TO ALL',
    'create settings profile if not exists p settings readonly = 1',
    'drop table if exists a.b sync',
    'grant select on a.b to c',
    'revoke select on a.b from c',
    'alter table a.b add column if not exists c UInt8, modify ttl d + toIntervalDay(1)',
    'alter table a.b delete where c = 1',
    'alter user if exists a host none',
    `alter table a.b modify comment 'add column UPDATE'`,
  ])('%s', (sql) => {
    expect(isSafe(sql)).toBe(true);
  });

  it.each([
    'create table a.b (c UInt8) engine = Memory',
    `create table a.b (c UInt8) engine = Memory comment 'if not exists'`,
    'create table "if not exists" (c UInt8) engine = Memory',
    'create role r',
    'drop table a.b',
    'alter table a.b add column c UInt8',
    'alter table a.b add column if not exists c UInt8, add column d UInt8',
    'alter table a.b drop column c',
    'alter table a.b update c = c + 1 where 1',
    'alter user a host none',
    'insert into a.b values (1)',
    'rename table a.b to a.c',
    'set max_threads = 1',
    'system reload config',
  ])('are not: %s', (sql) => {
    expect(isSafe(sql)).toBe(false);
  });
});
