import { describe, expect, it } from 'vitest';
import type { FedgenError } from '../../../src/shared/errors.js';
import { createRenderer, type RenderedScript } from '../../../src/render/render.js';
import { failure } from '../config/workspace.js';
import { makePack, planHr } from '../fixtures.js';

type PackRest = NonNullable<Parameters<typeof makePack>[1]>;

async function renderAll(
  scripts: Readonly<Record<string, string>>,
  rest: PackRest = {},
): Promise<RenderedScript[]> {
  const pack = makePack(scripts, rest);
  return (await createRenderer(pack)).render(planHr(pack));
}

const renderOne = async (sql: string, rest: PackRest = {}): Promise<RenderedScript | undefined> =>
  (await renderAll({ '0001_a.sql.njk': sql }, rest))[0];
const errorOf = (sql: string, rest: PackRest = {}): Promise<FedgenError> =>
  failure(() => renderOne(sql, rest));

describe('rendering a plan', () => {
  it('gives every script its statements and its way back', async () => {
    const scripts = await renderAll({
      '0001_a.sql.njk': 'create table {{ "t" | qualified(target.schema) }} (id int);\n',
      '0002_b.sql.njk': 'insert into t values (1);',
      '0002_b.down.sql.njk': 'delete from t where n = {{ target.id | literal }};',
    });
    expect(scripts.map(({ source, up }) => [source.name, up.statements.map(({ kind }) => kind)])).toEqual([
      ['0001_a', ['CreateStmt']],
      ['0002_b', ['InsertStmt']],
    ]);
    expect(scripts.map(({ rollback }) => rollback)).toMatchObject([
      {
        kind: 'sql',
        derived: true,
        rendered: { sql: expect.stringMatching(/^drop table "?hr_tenant"?\."?t"?/i) as string },
      },
      { kind: 'sql', derived: false, rendered: { sql: `delete from t where n = 'hr';` } },
    ]);
  });

  it('shows templates the target, roles, variables and pack', async () => {
    const main = `select {{ target.id | literal }}, {{ target.name | literal }}, {{ target.schema | ident }}, {{ target.role | ident }},
      {{ roles.owner | ident }}, {{ vars.n | literal }}, {{ pack.name | literal }}, {{ pack.version | literal }};`;
    const pack = makePack(
      { '0001_a.sql.njk': main, '0001_a.down.sql.njk': '' },
      { variables: { n: { type: 'integer', default: 1 } } },
    );
    const [script] = (await createRenderer(pack)).render(planHr(pack, { n: 5 }));
    expect(script?.up.sql.replaceAll(/\s+/g, ' ')).toBe(
      `select 'hr', 'Human Resources', "hr_tenant", "hr_role", "federation_owner", 5, 'shop', 3;`,
    );
  });

  it('keeps a declared reason, and then needs no rollback', async () => {
    const directives = { '0001_a': { irreversible: 'rows are gone' } };
    const script = await renderOne('drop table t;', { directives });
    expect(script?.rollback).toEqual({ kind: 'irreversible', reason: 'rows are gone' });
  });
});

describe('SQL that is wrong', () => {
  it('is told with the template line, as it was rendered, and a caret', async () => {
    const error = await errorOf(
      '-- 💥 é\n{% for x in ["a"] %}\nselect {{ x | ident }};\nselect {{ x | ident }} frm t x y;\n{% endfor %}\n',
    );
    expect(error.code).toBe('E_SQL_INVALID');
    expect(error.message).toBe(
      [
        'pack/0001_a.sql.njk:4: syntax error at or near "t"',
        '  1 | -- 💥 é',
        '  3 | select "a";',
        '  4 | select "a" frm t x y;',
        `    | ${' '.repeat(15)}^`,
      ].join('\n'),
    );
    expect(error.details).toEqual({ file: 'pack/0001_a.sql.njk', line: 4 });
  });

  it('in a macro is told with the macro’s line', async () => {
    const error = await errorOf('{% from "lib" import m %}\nselect 1;\n{{ m() }}\nselect 2;', {
      macros: { lib: '\n{% macro m() %}\nselect 3;\nselec 4;\nselect 5;\n{% endmacro %}' },
    });
    expect(error.message).toMatch(/^pack\/lib:4: syntax error at or near "selec"/);
  });

  it('in a rollback names the rollback’s file', async () => {
    const files = { '0001_a.sql.njk': 'select 1;', '0001_a.down.sql.njk': 'select 1;\nselec 1;' };
    const error = await failure(() => renderAll(files));
    expect(error.message).toMatch(/^pack\/0001_a\.down\.sql\.njk:2: /);
  });
});

describe('SQL that is forbidden', () => {
  it.each([
    ['select 1;\ncommit;', 2, 'transaction control'],
    ['begin;\nselect 1;', 1, 'transaction control'],
    ['\n\nset role postgres;', 3, 'role must not be changed'],
    ['select 1;\nset search_path = public;', 2, 'search_path would stay changed'],
    ['select 1;\n\ncreate index concurrently i on t (a);', 3, 'cannot run inside a transaction'],
    ['copy t from stdin;', 1, 'COPY without a file'],
  ])('%j is told at line %i', async (sql, line, reason) => {
    const error = await errorOf(sql);
    expect(error.code).toBe('E_SQL_FORBIDDEN');
    expect(error.message.split('\n')[0]).toMatch(new RegExp(`^pack/0001_a\\.sql\\.njk:${line}: .*${reason}`));
    expect(error.message.split('\n').at(-1)).toMatch(/\^$/);
    expect(error.hint).toBeTypeOf('string');
  });

  it('is refused in rollbacks too', async () => {
    const files = { '0001_a.sql.njk': 'select 1;', '0001_a.down.sql.njk': 'rollback;' };
    expect((await failure(() => renderAll(files))).code).toBe('E_SQL_FORBIDDEN');
  });
});

describe('a rollback that cannot be derived', () => {
  it('is refused with every statement in the way and what to do', async () => {
    const error = await errorOf('create table t (id int);\ndrop table old;\n\nupdate x set a = 1;');
    expect(error.code).toBe('E_ROLLBACK_UNDERIVABLE');
    const [head, ...places] = error.message.split('\n');
    expect(head).toBe('the rollback of pack/0001_a.sql.njk cannot be derived:');
    expect(places).toEqual([
      expect.stringMatching(/^ {2}pack\/0001_a\.sql\.njk:2: drop table old: ./),
      expect.stringMatching(/^ {2}pack\/0001_a\.sql\.njk:4: update x set.*: ./),
    ]);
    expect(error.hint).toBe(
      'Write 0001_a.down.sql.njk beside it, or declare "-- fedgen: irreversible <reason>" at its head.',
    );
  });
});

describe('scripts that are only run', () => {
  const FILES = { '0001_a.sql.njk': 'create table {{ target.id | ident }} (id int); analyze;' };
  const pack = makePack(FILES, { directives: { '0001_a': { irreversible: 'for a test' } } });

  it('are read once, and not at all where they were read before', async () => {
    const read = new Map<string, number>();
    const [script] = (await createRenderer(pack, read)).runnable(planHr(pack));
    expect(script?.statementCount).toBe(2);
    const [key] = read.keys();
    const counted = (await createRenderer(pack, new Map([[key ?? '', 7]]))).runnable(planHr(pack));
    expect(counted[0]?.statementCount).toBe(7);
  });

  it('are refused for what no script may contain, by either', async () => {
    const forbidden = makePack({ '0001_a.sql.njk': 'select 1; commit;', '0001_a.down.sql.njk': '' });
    const renderer = await createRenderer(forbidden);
    for (const verb of ['runnable', 'forward'] as const)
      expect((await failure(() => renderer[verb](planHr(forbidden)))).code).toBe('E_SQL_FORBIDDEN');
  });

  it('need a way back, unless nobody will go it', async () => {
    const without = makePack({ '0001_a.sql.njk': 'drop table t;' });
    const renderer = await createRenderer(without);
    expect(renderer.forward(planHr(without))).toHaveLength(1);
    expect((await failure(() => renderer.runnable(planHr(without)))).code).toBe('E_ROLLBACK_UNDERIVABLE');
  });
});
