import { beforeAll, expect, it } from 'vitest';
import { findDrops } from '../../../src/render/drops.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';

beforeAll(loadSqlParser);

it.each([
  [
    'drop table hr.a, b cascade',
    [
      { kind: 'table', schema: 'hr', name: 'a' },
      { kind: 'table', schema: undefined, name: 'b' },
    ],
  ],
  [
    'drop schema hr, "X y" cascade',
    [
      { kind: 'schema', name: 'hr' },
      { kind: 'schema', name: 'X y' },
    ],
  ],
  [
    'alter table hr.a drop column "B b", add c int',
    [{ kind: 'column', schema: 'hr', table: 'a', column: 'B b' }],
  ],
  ['alter table a drop c', [{ kind: 'column', schema: undefined, table: 'a', column: 'c' }]],
  [
    'truncate hr.a, b',
    [
      { kind: 'rows', schema: 'hr', table: 'a' },
      { kind: 'rows', schema: undefined, table: 'b' },
    ],
  ],
  ['delete from hr.a where true', [{ kind: 'rows', schema: 'hr', table: 'a' }]],
  [
    'with x as (delete from hr.b returning 1), y as (select 1) insert into hr.a select * from x',
    [{ kind: 'rows', schema: 'hr', table: 'b' }],
  ],
  ['merge into hr.a using b on true when matched then delete', [{ kind: 'rows', schema: 'hr', table: 'a' }]],
])('%s', (sql, drops) => {
  expect(findDrops(parseSql(sql))).toEqual(drops);
});

it.each([
  'drop view v; drop materialized view m; drop index i; drop sequence s; drop function f(); drop policy p on t; drop role r',
  'drop foreign table f; alter type t drop attribute a; alter table t drop constraint c',
  'merge into a using b on true when matched then update set c = 1',
  'update a set b = 1; insert into a values (1); select 1; with x as (select 1) update a set b = 1; create table a ()',
])('no data goes with %s', (sql) => {
  expect(findDrops(parseSql(sql))).toEqual([]);
});
