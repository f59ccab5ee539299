import { beforeAll, describe, expect, it } from 'vitest';
import { findHazards } from '../../../src/render/hazards.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';

beforeAll(() => loadSqlParser());
const kinds = (sql: string): string[] => findHazards(parseSql(sql)).map(({ kind }) => kind);

describe('hazards', () => {
  it.each([
    ['create index i on t (a)', ['index']],
    ['create index concurrently i on t (a)', []],
    ['alter table t add column a int', ['lock']],
    ['alter table t add column a int default 1 not null', ['lock']],
    ['alter table t add column a timestamptz default now()', ['lock']],
    ['alter table t add column a uuid default gen_random_uuid()', ['rewrite']],
    ['alter table t add column a int generated always as identity', ['rewrite']],
    ['alter table t add column a int generated always as (1) stored', ['rewrite']],
    ['alter table t add column a int check (a > 0)', ['scan']],
    ['alter table t add column a int unique', ['index']],
    ['alter table t alter column a type bigint', ['rewrite']],
    ['alter table t alter column a set not null', ['scan']],
    ['alter table t add constraint c check (a > 0)', ['scan']],
    ['alter table t add constraint c check (a > 0) not valid', ['lock']],
    ['alter table t add constraint c foreign key (a) references u', ['scan']],
    ['alter table t add constraint c unique (a)', ['index']],
    ['alter table t add constraint c unique using index i', ['lock']],
    ['alter table t drop column a', ['lock', 'data-loss']],
    ['alter table t rename to u', ['lock']],
    ['drop table t', ['data-loss']],
    ['drop schema s cascade', ['data-loss']],
    ['truncate t', ['data-loss']],
    ['delete from t', ['data-loss']],
    ['update t set a = 1', ['rows']],
    ['vacuum t', []],
    ['vacuum full t', ['rewrite']],
    ['reindex table t', ['index']],
    ['reindex table concurrently t', []],
    ['create policy p on t', ['lock']],
    ['create table t (a int); create index i on t (a); alter table t add check (a > 0)', []],
    ['select 1', []],
  ])('of %s', (sql, expected) => {
    expect(kinds(sql)).toEqual(expected);
  });

  it('names the line', () => {
    expect(findHazards(parseSql('select 1;\n\ndrop table s.t'))).toEqual([
      { kind: 'data-loss', line: 3, message: 'table s.t goes with its rows' },
    ]);
  });
});
