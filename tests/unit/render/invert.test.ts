import { beforeAll, describe, expect, it } from 'vitest';
import { deriveRollback } from '../../../src/render/invert.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';

beforeAll(loadSqlParser);

const derive = (sql: string): ReturnType<typeof deriveRollback> => deriveRollback(parseSql(sql));

describe('statements about older objects are undone', () => {
  it.each([
    ['create schema "Hr"', 'drop schema "Hr"'],
    ['create schema authorization r', 'drop schema "r"'],
    ['create role r', 'drop role "r"'],
    ['create table s.t (a int)', 'drop table "s"."t"'],
    ['create table t as select 1', 'drop table "t"'],
    ['create materialized view s.m as select 1', 'drop materialized view "s"."m"'],
    ['create view s.v as select 1', 'drop view "s"."v"'],
    ['create sequence s.q', 'drop sequence "s"."q"'],
    ['create foreign table s.f (a int) server x', 'drop foreign table "s"."f"'],
    ['create index i on s.t (a)', 'drop index "s"."i"'],
    ['create index concurrently i on t (a)', 'drop index "i"'],
    ['create statistics s.x on a, b from s.t', 'drop statistics "s"."x"'],
    ['create policy p on s.t', 'drop policy "p" on "s"."t"'],
    [
      'create trigger g before insert on s.t for each row execute function f()',
      'drop trigger "g" on "s"."t"',
    ],
    ['create rule r as on delete to s.t do nothing', 'drop rule "r" on "s"."t"'],
    [
      'create function s.f(a int, out b text, inout c "T"[], d t.c%type, variadic e text[]) language sql as $$$$',
      'drop function "s"."f"("pg_catalog"."int4", "T"[], "t"."c"%type, "text"[])',
    ],
    [
      'create procedure f(in a varchar(3), out b int) language sql as $$$$',
      'drop procedure "f"("pg_catalog"."varchar")',
    ],
    ['create aggregate s.a(int) (sfunc = f, stype = int)', 'drop aggregate "s"."a"("pg_catalog"."int4")'],
    ['create aggregate s.a(*) (sfunc = f, stype = int)', 'drop aggregate "s"."a"(*)'],
    ['create collation s.c from "C"', 'drop collation "s"."c"'],
    ['create text search configuration s.c (copy = x)', 'drop text search configuration "s"."c"'],
    [`create type s.e as enum ('a')`, 'drop type "s"."e"'],
    ['create type s.r as range (subtype = int)', 'drop type "s"."r"'],
    ['create type s.c as (a int)', 'drop type "s"."c"'],
    ['create type s.c', 'drop type "s"."c"'],
    ['create domain s.d as int', 'drop domain "s"."d"'],
    ['create cast (a.b as text) with inout', 'drop cast ("a"."b" as "text")'],
    ['create extension x', 'drop extension "x"'],
    ['create event trigger e on ddl_command_end execute function f()', 'drop event trigger "e"'],
    ['create publication p', 'drop publication "p"'],
    ['create foreign data wrapper w', 'drop foreign data wrapper "w"'],
    ['create server x foreign data wrapper w', 'drop server "x"'],
    ['create user mapping for r server x', 'drop user mapping for "r" server "x"'],
    ['alter table only s.t add column "C c" int', 'alter table only "s"."t" drop column "C c"'],
    ['alter type s.c add attribute a int', 'alter type "s"."c" drop attribute "a"'],
    ['alter table t add constraint c unique (a)', 'alter table "t" drop constraint "c"'],
    ['alter table t alter a set not null', 'alter table "t" alter column "a" drop not null'],
    ['alter table t disable row level security', 'alter table "t" enable row level security'],
    ['alter table t no force row level security', 'alter table "t" force row level security'],
    ['alter table t set logged', 'alter table "t" set unlogged'],
    ['alter table t enable trigger g', 'alter table "t" disable trigger "g"'],
    ['alter table t disable rule g', 'alter table "t" enable rule "g"'],
    ['alter table t inherit p', 'alter table "t" no inherit "p"'],
    ['alter domain d add constraint c check (true)', 'alter domain "d" drop constraint "c"'],
    [`alter type e rename value 'a' to 'b''c'`, `alter type "e" rename value 'b''c' to 'a'`],
    ['alter publication p add table s.t', 'alter publication "p" drop table "s"."t"'],
    ['alter view v rename column a to b', 'alter view "v" rename column "b" to "a"'],
    ['alter type c rename attribute a to b', 'alter type "c" rename attribute "b" to "a"'],
    ['alter table s.t rename to u', 'alter table "s"."u" rename to "t"'],
    ['alter index s.i rename to j', 'alter index "s"."j" rename to "i"'],
    ['alter extension x set schema s', undefined],
    ['alter server a rename to b', 'alter server "b" rename to "a"'],
    ['alter type s.a set schema b', 'alter type "b"."a" set schema "s"'],
    ['grant all on s.t to r', 'revoke all on table "s"."t" from "r"'],
    [
      'grant select (a, "B") on t to public, current_user',
      'revoke select ("a", "B") on table "t" from public, current_user',
    ],
    ['grant usage on foreign server x to r', 'revoke usage on foreign server "x" from "r"'],
    [
      'grant execute on function f to r granted by current_user',
      'revoke execute on function "f" from "r" granted by current_user',
    ],
    ['grant a, b to c with admin option granted by d', 'revoke "a", "b" from "c" granted by "d"'],
    [
      'alter default privileges for role o in schema s grant select, insert on tables to r',
      'alter default privileges for role "o" in schema "s" revoke select, insert on tables from "r"',
    ],
    ['comment on constraint c on domain s.d is $$x$$', 'comment on constraint "c" on domain "s"."d" is null'],
    ['comment on column s.t.a is $$x$$', 'comment on column "s"."t"."a" is null'],
    ['comment on aggregate s.a(*) is $$x$$', 'comment on aggregate "s"."a"(*) is null'],
  ])('%s', (sql, down) => {
    const { problems, sql: derived } = derive(sql);
    expect(derived).toBe(down === undefined ? '' : `${down};\n`);
    expect(problems).toHaveLength(down === undefined ? 1 : 0);
  });
});

describe('what leaves nothing behind needs no inverse', () => {
  it.each([
    `set local lock_timeout = '1s'`,
    'lock table t',
    'set constraints all deferred',
    'refresh materialized view m',
    'reindex table t',
    'analyze t',
    'checkpoint',
    'notify x',
    'show all',
    'alter table t validate constraint c',
    `select set_config('app.x', 'y', true), pg_catalog.set_config('a.b', 'c', true)`,
    'create temp table x (a int) on commit drop; insert into x values (1)',
    'alter default privileges revoke all on tables from public',
    '',
  ])('%s', (sql) => {
    expect(derive(sql)).toEqual({ sql: '', problems: [] });
  });
});

it('sets the search path of the script first', () => {
  expect(derive('set local search_path = hr, public; create table t ()').sql).toBe(
    'set local search_path = hr, public;\ndrop table "t";\n',
  );
});

it('derives SQL that is valid again', () => {
  const { sql } = derive(
    'create schema "a""b"; create table "a""b"."é💥" (); grant usage on schema "a""b" to "x;y"',
  );
  expect(parseSql(sql).map(({ text }) => text)).toEqual(['drop table "a""b"."é💥"', 'drop schema "a""b"']);
});
