import { beforeAll, describe, expect, it } from 'vitest';
import { deriveRollback } from '../../../src/render/invert.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';

beforeAll(loadSqlParser);

const derive = (sql: string): ReturnType<typeof deriveRollback> => deriveRollback(parseSql(sql));

describe('what goes with an object of the same script needs no inverse', () => {
  it.each([
    'create index on s.t (a); create statistics on a, b from s.t',
    'alter table s.t alter a type text, alter a set default 1, owner to r, add check (true), drop column b',
    'alter table if exists s.t add column if not exists z int, set (fillfactor = 5)',
    'insert into s.t values (1); update s.t set a = 2; delete from s.t; truncate s.t; merge into s.t using x on true when matched then delete',
    'grant all on s.t to public; revoke all on s.t from r; comment on table s.t is $$x$$; comment on column s.t.a is $$x$$',
    'create policy p on s.t; alter policy p on s.t using (false); drop policy p on s.t',
    `security label on table s.t is 'x'; cluster s.t using i; lock table s.t`,
  ])('a table: %s', (sql) => {
    expect(derive(`create table s.t (a int, b int); ${sql}`)).toEqual({
      sql: 'drop table "s"."t";\n',
      problems: [],
    });
  });

  it.each([
    [
      'create schema s',
      'drop schema "s"',
      'grant usage on schema s to r; comment on schema s is $$x$$; alter schema s owner to r',
    ],
    [
      'create schema s',
      'drop schema "s"',
      'grant all on all tables in schema s to r; alter default privileges in schema s revoke all on types from public',
    ],
    [
      'create role r',
      'drop role "r"',
      `grant r to x; grant x to r; alter role r login; alter role r set a.b = '1'; revoke x from r; comment on role r is 'x'`,
    ],
    [
      'create type s.e as enum ()',
      'drop type "s"."e"',
      `alter type s.e add value 'x'; alter type s.e rename value 'x' to 'y'; grant usage on type s.e to public`,
    ],
    [
      'create domain s.d as int',
      'drop domain "s"."d"',
      'alter domain s.d set not null; comment on domain s.d is $$x$$',
    ],
    [
      'create function s.f(a int) returns int language sql as $$$$',
      'drop function "s"."f"("pg_catalog"."int4")',
      'revoke all on function s.f(integer) from public; revoke all on function s.f from r; alter function s.f(int) owner to r; alter function s.f(int) volatile; create or replace function s.f(b int) returns int language sql as $$$$',
    ],
    [
      'create sequence s.q',
      'drop sequence "s"."q"',
      'alter sequence s.q restart; grant usage on sequence s.q to r',
    ],
    [
      'create publication p',
      'drop publication "p"',
      'alter publication p drop table t; alter publication p add table t',
    ],
    ['create server x foreign data wrapper w', 'drop server "x"', 'alter server x options (a $$b$$)'],
  ])('%s', (create, drop, sql) => {
    expect(derive(`${create}; ${sql}`)).toEqual({ sql: `${drop};\n`, problems: [] });
  });

  it('a column: its default, type and values go with it', () => {
    const sql =
      'alter table t add a int, alter a set default 1; update t set a = 2; alter table t alter a type text, alter a set not null, add constraint k primary key (a)';
    expect(derive(sql)).toEqual({
      sql: 'alter table "t" drop constraint "k";\nalter table "t" drop column "a";\n',
      problems: [],
    });
  });

  it('but not with an object of the same name elsewhere', () => {
    expect(
      derive('create table s.t (a int); insert into u.t values (1); insert into t values (1)').problems,
    ).toHaveLength(2);
  });

  it('but an overload is another function', () => {
    const sql =
      'create function f(int) returns int language sql as $$$$; revoke all on function f(text) from public';
    expect(derive(sql).problems).toHaveLength(1);
  });
});

describe('ties to objects that are created later are cut first', () => {
  const table = 'create table s.t (a int);';
  it.each([
    [
      'create function f() returns int language sql as $$$$',
      'alter table s.t alter a set default f()',
      'alter table "s"."t" alter column "a" drop default',
    ],
    [
      'create sequence s.q',
      `alter table s.t alter a set default nextval('s.q')`,
      'alter table "s"."t" alter column "a" drop default',
    ],
    ['create role r', 'grant select on s.t to r', 'revoke select on table "s"."t" from "r"'],
    ['create role r', 'alter table s.t owner to r', 'alter table "s"."t" owner to current_user'],
    [
      'create table s.u ()',
      'alter table s.t add constraint c foreign key (a) references s.u',
      'alter table "s"."t" drop constraint "c"',
    ],
    ['create domain "D""d" as int', 'alter table s.t add b "D""d"', 'alter table "s"."t" drop column "b"'],
  ])('%s; %s', (create, sql, cut) => {
    const { sql: down, problems } = derive(`${table} ${create}; ${sql}`);
    expect(problems).toEqual([]);
    expect(down.split(';\n')[0]).toBe(cut);
    expect(down).toContain('drop table "s"."t"');
  });

  it.each(['alter table s.t add foreign key (a) references s.u', 'alter table s.t alter a type s.u'])(
    'or are a problem: %s',
    (sql) => {
      expect(
        derive(`${table} create table s.u (); ${sql}`)
          .problems.map(({ reason }) => reason)
          .join(),
      ).toContain('later');
    },
  );

  it('and cannot be cut twice', () => {
    const sql = `${table} create role r; create policy p on s.t to r; drop policy p on s.t`;
    expect(
      derive(sql)
        .problems.map(({ reason }) => reason)
        .join(),
    ).toContain('creates and removes');
  });
});
