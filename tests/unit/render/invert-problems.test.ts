import { beforeAll, describe, expect, it } from 'vitest';
import { deriveRollback } from '../../../src/render/invert.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';

beforeAll(loadSqlParser);

const derive = (sql: string): ReturnType<typeof deriveRollback> => deriveRollback(parseSql(sql));

describe('what cannot be undone exactly is a problem', () => {
  it.each([
    ['create table if not exists t (a int)', 'IF NOT EXISTS'],
    ['create schema if not exists s', 'IF NOT EXISTS'],
    ['create or replace function f() returns int language sql as $$$$', 'OR REPLACE'],
    ['create or replace view v as select 1', 'OR REPLACE'],
    ['create or replace trigger g before insert on t execute function f()', 'OR REPLACE'],
    ['create index if not exists i on t (a)', 'IF NOT EXISTS'],
    ['create index on t (a)', 'name'],
    ['create statistics on a, b from t', 'name'],
    ['create schema s create table t ()', 'elements'],
    ['create schema authorization current_user', 'name it'],
    ['create temp table t (a int)', 'ON COMMIT DROP'],
    ['create temp view v as select 1', 'pooled'],
    ['create aggregate a(int order by int) (sfunc = f, stype = int)', 'aggregate'],
    ['create operator + (function = f, leftarg = int)', 'operator'],
    ['create table t as with x as (delete from old returning 1) select * from x', 'rows'],
    ['drop table t', 'rebuilt'],
    ['drop policy p on t', 'rebuilt'],
    ['alter table t add column if not exists a int', 'IF NOT EXISTS'],
    ['alter table if exists t add column a int', 'IF EXISTS'],
    ['alter table t add check (true)', 'name'],
    ['alter table t add constraint c unique using index i', 'USING INDEX'],
    ['alter table t add constraint c primary key (a)', 'SET NOT NULL on a'],
    ['alter table t alter a drop not null', 'NULL'],
    ['alter table t alter a set default 1', 'default'],
    ['alter table t alter a type text', 'type'],
    ['alter table t alter a drop identity', 'identity'],
    ['alter table t alter a set statistics 5', 'statistics'],
    ['alter table t drop column a', 'column'],
    ['alter table t drop constraint a', 'constraint'],
    ['alter table t owner to r', 'owner'],
    ['alter table t set (fillfactor = 5)', 'options'],
    ['alter table t replica identity full', 'replica identity'],
    ['alter table t cluster on i', 'clustering'],
    ['alter table t enable always trigger g', 'AT_EnableAlwaysTrig'],
    ['alter table p attach partition t default', 'partition'],
    ['alter table p detach partition t', 'partition bound'],
    ['alter index i attach partition j', 'detached'],
    ['create table p (a int); alter table old inherit p', 'parent'],
    ['alter sequence s restart', 'sequence'],
    ['alter sequence s owned by t.a', 'owner column'],
    [`alter type e add value 'x'`, 'enum value'],
    ['alter domain d set not null', 'domain'],
    ['alter schema s owner to r', 'owner'],
    ['alter large object 1 owner to r', 'owner'],
    ['alter publication p drop table t', 'publication'],
    ['alter function f() volatile', 'function'],
    ['alter policy p on t using (true)', 'policy'],
    ['alter role r login', 'role'],
    ['alter role all set a.b = 1', 'setting'],
    ['alter database d set a.b = 1', 'AlterDatabaseSetStmt'],
    ['alter table if exists t rename to u', 'renaming'],
    ['alter table t set schema s', 'qualify'],
    ['create table t (a int); alter table t rename to u', 'final name'],
    ['create schema s; alter schema s rename to u', 'final name'],
    ['alter table t add a int; alter table t rename a to b', 'final name'],
    ['create policy p on t; alter policy p on t rename to q', 'final name'],
    ['create type s.e; alter type s.e set schema u', 'final name'],
    ['create schema s; alter table u.t set schema s', 'earlier script'],
    ['revoke all on t from r', 'REVOKE'],
    ['revoke a from b', 'REVOKE'],
    ['grant execute on function f() to public', 'PUBLIC'],
    ['grant select on all tables in schema s to r', 'ALL'],
    ['grant set on parameter x to r', 'kind of object'],
    ['alter default privileges revoke all on functions from r', 'REVOKE'],
    ['alter default privileges grant execute on functions to public', 'PUBLIC'],
    ['alter default privileges in schema s revoke execute on functions from public', 'IN SCHEMA'],
    ['insert into t values (1)', 'rows'],
    ['update t set a = 1', 'rows'],
    ['delete from t', 'rows'],
    ['merge into t using u on true when matched then delete', 'rows'],
    [`copy t from '/x'`, 'rows'],
    ['truncate t', 'rows'],
    ['create table t (a int); truncate t cascade', 'rows'],
    ['create view v as select * from t; insert into v values (1)', 'rows'],
    ['create table n (a int); with x as (delete from old returning 1) insert into n select * from x', 'rows'],
    ['alter table t add a int; update t set a = 1, b = 2', 'rows'],
    ['select f()', 'cannot be seen'],
    [`select set_config('a.b', 'c', false)`, 'cannot be seen'],
    [`select set_config('search_path', 'c', true)`, 'cannot be seen'],
    ['do $$ begin null; end $$', 'cannot be seen'],
    ['call p()', 'cannot be seen'],
    [`copy t to '/x'`, 'cannot be seen'],
    [`comment on large object 1 is 'x'`, 'comment'],
    [`security label on table t is 'x'`, 'label'],
    ['set a.b = 1', 'SET LOCAL'],
    ['create role r; set local search_path = x', 'search path'],
    ['reassign owned by a to b', 'ReassignOwnedStmt'],
    ['import foreign schema s from server x into y', 'ImportForeignSchemaStmt'],
  ])('%s', (sql, reason) => {
    const { sql: down, problems } = derive(sql);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.reason).toContain(reason);
    expect(down).toBe('');
  });

  it('says where each of them stands, and with what words it begins', () => {
    const { problems } = derive(
      `create table t ();\n\n-- é\ndelete\n from x;\ninsert into y (a, b, c) values (1, 2, 3)`,
    );
    expect(problems).toMatchObject([
      { line: 4, statement: 'delete from x' },
      { line: 6, statement: 'insert into y (a, b, c) values (1, …' },
    ]);
  });
});
