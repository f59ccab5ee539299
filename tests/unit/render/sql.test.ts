import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  findForbidden,
  isReservedWord,
  loadSqlParser,
  parseSql,
  SqlSyntaxError,
} from '../../../src/render/sql.js';

beforeAll(loadSqlParser);

function errorOf(sql: string): SqlSyntaxError {
  try {
    parseSql(sql);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return error;
    throw error;
  }
  throw new Error(`no error in ${sql}`);
}

describe('parseSql', () => {
  it.each(['', ' \n', ';', ';; ;', '-- only a comment', '/* é */ -- 💥\n'])(
    'finds no statement in %j',
    (sql) => {
      expect(parseSql(sql)).toEqual([]);
    },
  );

  it('gives kind, text, offsets and line in UTF-16, without the comments around a statement', () => {
    const sql = `-- é\nselect 'é💥;' as "ä" -- tail 💥\n;\r\n/* 💥 -- */ create table t (a int) /* x */;;\n\n drop table t -- end`;
    const statements = parseSql(sql);
    expect(statements.map(({ kind, text, line }) => [kind, text, line])).toEqual([
      ['SelectStmt', `select 'é💥;' as "ä"`, 2],
      ['CreateStmt', 'create table t (a int)', 4],
      ['DropStmt', 'drop table t', 6],
    ]);
    for (const { text, start, end } of statements) expect(sql.slice(start, end)).toBe(text);
  });

  it('keeps what only looks like a comment', () => {
    const body = `create function f() returns int language sql as $$ -- é\nselect 1 /* x */ $$`;
    const texts = [
      body,
      `select '-- no'`,
      `select '/* no */'`,
      `select 1 /* mid */ + 2`,
      `select 5 --4\n + 1`,
    ];
    expect(parseSql(texts.join(';')).map(({ text }) => text)).toEqual(texts);
  });

  it('splits back what was joined, whatever stands between the statements', () => {
    const statement = fc.constantFrom(
      'select 1',
      `insert into "tä" values ('é;💥', $$ ; -- $$)`,
      'with x as (select 1) delete from t using x',
      '(select 1) union select 2',
      `create function f() returns void language plpgsql as $é$ begin -- 💥;\n null; end $é$`,
      'create function g() returns int begin atomic; select 1; select 2; end',
      'alter table t enable row level security',
      `comment on table t is e'it\\'s é'`,
    );
    const comment = fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replaceAll(/[\0\r\n]|\*\/|\/\*|[\ud800-\udfff]/gu, ''))
      .chain((text) => fc.constantFrom(`-- ${text}\n`, `/* ${text} */`, ' ', '\n\t'));
    const piece = fc.tuple(comment, statement, comment);
    fc.assert(
      fc.property(fc.array(piece), comment, (pieces, last) => {
        const sql = pieces.map(([before, text, after]) => `${before}${text}${after}`).join(';') + last;
        const found = parseSql(sql);
        expect(found.map(({ text }) => text)).toEqual(pieces.map(([, text]) => text));
        for (const { text, start, end, line } of found) {
          expect(sql.slice(start, end)).toBe(text);
          expect(line).toBe(sql.slice(0, start).split('\n').length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['selec 1', 'selec'],
    ["-- é💥\nselect 'é💥', from t", 'from'],
    ['select 1;\n/* 💥 */ create tabel x ()', 'tabel'],
    ['create policy "é" on t for foo using (true)', 'foo'],
  ])('places the error of %j at %j', (sql, word) => {
    expect(errorOf(sql).offset).toBe(sql.indexOf(word));
    expect(errorOf(sql).message).toContain(word);
  });

  it('refuses the character that PostgreSQL cannot store', () => {
    expect(errorOf("select 'a\0'").offset).toBe(9);
  });
});

describe('PL/pgSQL bodies', () => {
  const body = (text: string, tail = ''): string =>
    `select 'é💥'; create function f() returns void language plpgsql as $$ ${text} $$${tail}`;

  it('places an error at the word it names, if there is only one', () => {
    const sql = body('begin retur 1; end');
    expect(errorOf(sql).offset).toBe(sql.indexOf('retur 1'));
    expect(errorOf(sql).message).toContain('PL/pgSQL');
  });

  it('places an error without such a word at the body', () => {
    for (const sql of [body('begin if true then null; end'), body('begin x x; x x; end')]) {
      expect(errorOf(sql).offset).toBe(sql.indexOf('$$') + 2);
    }
  });

  it('places an error in a quoted body at the statement', () => {
    expect(errorOf(`select 1; do 'begin raise ''x'' 1; end'`).offset).toBe(10);
  });

  it.each([
    body('declare r hr.staff%rowtype; begin r.x := 1; end'),
    'create function f(a hr.staff.id%type) returns void language plpgsql as $$ begin null; end $$',
    'create function f() returns int language sql as $$ not checked $$',
    'create function f() returns int language c',
    'do language plperl $$ not checked $$',
    body('declare r hr.staff; begin for r in select * from hr.staff loop r.x := 1; end loop; end'),
  ])('takes what it cannot judge: %s', (sql) => {
    expect(parseSql(sql)).not.toEqual([]);
  });
});

describe('isReservedWord', () => {
  it.each(['user', 'SELECT', 'left', 'between', 'values', 'all'])('%s is', (word) => {
    expect(isReservedWord(word)).toBe(true);
  });
  it.each(['index', 'hr', 'é', '', 'a b', 'select 1', '"select"', "it's", 'user_name', '1'])(
    '%j is not',
    (word) => {
      expect(isReservedWord(word)).toBe(false);
    },
  );
});

describe('findForbidden', () => {
  it.each([
    ['begin', 'transaction control'],
    ['savepoint a', 'transaction control'],
    ['rollback', 'transaction control'],
    ['set role x', 'role'],
    ['set local role x', 'role'],
    ['reset role', 'role'],
    ['set session authorization x', 'session_authorization'],
    ['set local session authorization x', 'session_authorization'],
    ['set search_path = x', 'search_path'],
    ['reset all', 'all'],
    ['set transaction isolation level serializable', 'SET TRANSACTION'],
    ['set session characteristics as transaction read only', 'SESSION CHARACTERISTICS'],
    ['discard all', 'DISCARD'],
    ['copy t from stdin', 'COPY'],
    ['copy t to stdout', 'COPY'],
    ['prepare p as select 1', 'PREPARE'],
    ['execute p', 'EXECUTE'],
    ['deallocate p', 'DEALLOCATE'],
    ['declare c cursor for select 1', 'DECLARE'],
    ['fetch c', 'FETCH'],
    ['close c', 'CLOSE'],
    ['listen x', 'LISTEN'],
    ['unlisten x', 'UNLISTEN'],
    [`load 'x'`, 'LOAD'],
    ['do $$ begin commit; end $$', 'commits'],
    ['do $$ begin if true then rollback; end if; end $$', 'commits'],
    ['create procedure p() language plpgsql as $$ begin commit; end $$', 'commits'],
  ])('%s', (sql, reason) => {
    const found = findForbidden(parseSql(`select 1; ${sql}`));
    expect(found).toMatchObject([{ statement: { text: sql } }]);
    expect(found[0]?.reason).toContain(reason);
    expect(found[0]?.hint).not.toBe('');
  });

  it.each([
    'create index concurrently i on t (a)',
    'drop index concurrently i',
    'reindex index concurrently i',
    'reindex schema s',
    'cluster',
    'vacuum t',
    'create database d',
    'drop database d',
    'alter database d set tablespace x',
    `create tablespace x location '/x'`,
    'drop tablespace x',
    'alter system set a = 1',
    `create subscription s connection '' publication p`,
    'alter table t detach partition p concurrently',
    'alter table t detach partition p finalize',
  ])('%s needs to be outside a transaction', (sql) => {
    expect(findForbidden(parseSql(sql))).toMatchObject([
      { reason: expect.stringContaining('cannot run inside a transaction') as string },
    ]);
  });

  it.each([
    `set local lock_timeout = '1s'`,
    `alter type t add value 'x'`,
    'refresh materialized view concurrently v',
    'create index i on t (a)',
    'drop index i',
    'reindex table t',
    'cluster t using i',
    'analyze t',
    `copy t from '/x'`,
    'alter database d with connection limit 5',
    `create subscription s connection '' publication p with (connect = false)`,
    'alter table t detach partition p',
    `do $$ begin raise notice 'commit'; end $$`,
    `create function f() returns text language sql as $$ select 'commit' $$`,
    `create procedure p(a t.c%type) language plpgsql as $$ begin raise notice 'commit'; end $$`,
  ])('%s is allowed', (sql) => {
    expect(findForbidden(parseSql(sql))).toEqual([]);
  });
});

describe('functions that do what SET and LOCK are refused for', () => {
  const reasons = (sql: string): string[] => findForbidden(parseSql(sql)).map(({ reason }) => reason);
  it.each([
    `select set_config('role', 'none', true)`,
    `select pg_catalog.set_config('Session_Authorization', 'x', true)`,
    `select set_config('work_mem', '1MB', false)`,
    `select set_config('ro' || 'le', 'none', true)`,
    `insert into t select set_config('role', 'none', true)`,
    'select pg_advisory_unlock_all()',
    'select pg_try_advisory_lock(1)',
  ])('are refused: %s', (sql) => {
    expect(reasons(sql)).toHaveLength(1);
  });
  it.each([`select set_config('app.tenant', 'x', true)`, `insert into t values ('set_config')`])(
    'or not: %s',
    (sql) => {
      expect(reasons(sql)).toEqual([]);
    },
  );
});
