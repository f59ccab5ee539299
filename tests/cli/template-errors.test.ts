import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectError, makeWorkspace, runCli, type CliResult, type Workspace } from '../support/cli.js';
import { writePack } from '../support/fixtures/packs.js';

let workspace: Workspace;
beforeEach(async () => void (workspace = await makeWorkspace()));
afterEach(async () => await workspace.remove());

const APPLY = ['apply', '--department-id', 'hr', '--department', 'HR', '--pack', 'mine'];

/** Applies a pack with one script of this text; no database is configured, so that no fault may need one. */
async function applyScript(script: string): Promise<CliResult & { file: string }> {
  const dir = await writePack(workspace, { name: 'mine', files: { '0001_try.sql.njk': script } });
  const result = await runCli(APPLY, { cwd: workspace.dir });
  return { ...result, file: path.join(dir, '0001_try.sql.njk') };
}

describe('a script is refused before anything connects', () => {
  it.each([
    ['a template syntax error', 'select 1;\n{% if %}\nselect 2;\n', 'E_TEMPLATE_INVALID', 2, ''],
    ['an unclosed tag', 'select 1;\n\n{% if vars %}\nselect 2;\n', 'E_TEMPLATE_INVALID', undefined, ''],
    [
      'an undefined variable',
      'select 1;\nselect {{ vars.nope | literal }};\n',
      'E_TEMPLATE_INVALID',
      2,
      'undefined',
    ],
    [
      'an undefined name',
      'select 1;\n\ndrop table {{ nothing | ident }};\n',
      'E_TEMPLATE_INVALID',
      3,
      'ident needs a name, not an undefined value',
    ],
    ['an unfiltered value', 'select 1;\nselect {{ target.id }};\n', 'E_TEMPLATE_INVALID', 2, 'unquoted'],
    [
      'a value that is not quoted',
      `select '{{ target.name | upper }}';\n`,
      'E_TEMPLATE_INVALID',
      1,
      'unquoted',
    ],
    [
      'an unknown filter',
      'select {{ target.id | shout | literal }};\n',
      'E_TEMPLATE_INVALID',
      undefined,
      'shout',
    ],
    ['COMMIT', 'create table a ();\n\ncommit;\n', 'E_SQL_FORBIDDEN', 3, 'transaction control'],
    ['COMMIT in a block', 'select 1;\ndo $$ begin commit; end $$;\n', 'E_SQL_FORBIDDEN', 2, 'commits'],
    ['SET ROLE', 'select 1;\nset role postgres;\n', 'E_SQL_FORBIDDEN', 2, 'role must not be changed'],
    ['SET LOCAL ROLE', 'set local role postgres;\n', 'E_SQL_FORBIDDEN', 1, 'role must not be changed'],
    ['SET', 'set search_path = public;\n', 'E_SQL_FORBIDDEN', 1, 'SET LOCAL'],
    [
      'CREATE INDEX CONCURRENTLY',
      'create table a (b int);\ncreate index concurrently c on a (b);\n',
      'E_SQL_FORBIDDEN',
      2,
      'cannot run inside a transaction',
    ],
    ['VACUUM', '\n\nvacuum;\n', 'E_SQL_FORBIDDEN', 3, 'cannot run inside a transaction'],
    [
      'an unknown directive',
      '-- words\n-- fedgen: fast please\nselect 1;\n',
      'E_TEMPLATE_INVALID',
      2,
      'no directive',
    ],
    [
      'a directive without its value',
      '-- fedgen: irreversible\nselect 1;\n',
      'E_TEMPLATE_INVALID',
      1,
      'no directive',
    ],
    [
      'a rollback that cannot be derived',
      'create table a ();\n\nupdate other set b = 1;\n',
      'E_ROLLBACK_UNDERIVABLE',
      3,
      '0001_try.down.sql.njk',
    ],
  ] as const)('%s', async (_name, script, errorCode, line, message) => {
    const result = await applyScript(script);
    expectError(result, 2, errorCode);
    expect(result.stderr).toContain(line === undefined ? result.file : `${result.file}:${line}: `);
    expect(result.stderr).toContain(message);
  });

  it('an SQL syntax error after é and 💥, with the right line and caret', async () => {
    const result = await applyScript(
      `-- é 💥\n{# a comment\n   of two lines #}\ncomment on schema x is 'é💥';\nselect 'é💥', 1 frm x;\n`,
    );
    expectError(result, 2, 'E_SQL_INVALID');
    expect(result.stderr).toContain(`${result.file}:5: syntax error at or near "x"\n`);
    const lines = result.stderr.split('\n');
    const at = lines.findIndex((line) => line.includes('frm x;'));
    expect(lines[at]).toBe(`  5 | select 'é💥', 1 frm x;`);
    // One caret under the x, counted in characters.
    expect(lines[at + 1]).toBe(`    | ${' '.repeat(Array.from(`select 'é💥', 1 frm `).length)}^`);
  });

  it('an error in an imported macro names the macro file', async () => {
    const dir = await writePack(workspace, {
      name: 'mine',
      files: {
        'm.njk':
          '{% macro add(target) -%}\ncreate table a ();\ncreate tabel b ();\ncreate table c ();\n{%- endmacro %}\n',
        '0001_try.sql.njk': '{% from "mine/m.njk" import add %}\n\n\n\n\n{{ add(target) }}\n',
      },
    });
    const result = await runCli(APPLY, { cwd: workspace.dir });
    expectError(result, 2, 'E_SQL_INVALID');
    expect(result.stderr).toContain(`${path.join(dir, 'm.njk')}:3: syntax error at or near "tabel"`);
  });

  it('by generate as well, which then writes nothing', async () => {
    await writePack(workspace, { name: 'mine', files: { '0001_try.sql.njk': 'select 1;\ncommit;\n' } });
    const before = await workspace.files();
    const result = await runCli(['generate', ...APPLY.slice(1)], { cwd: workspace.dir });
    expectError(result, 2, 'E_SQL_FORBIDDEN');
    expect(await workspace.files()).toEqual(before);
  });
});

describe('a pack is refused', () => {
  it('with an unknown key in pack.yaml', async () => {
    const dir = await writePack(workspace, { name: 'mine', yaml: 'tabels: []\n', files: {} });
    const result = await runCli(APPLY, { cwd: workspace.dir });
    expectError(result, 2, 'E_PACK_INVALID');
    expect(result.stderr).toContain(`${path.join(dir, 'pack.yaml')}:`);
    expect(result.stderr).toContain('tabels');
  });

  it('with YAML that cannot be read, telling the line', async () => {
    const dir = await writePack(workspace, { name: 'mine', yaml: 'tables: [\n', files: {} });
    const result = await runCli(APPLY, { cwd: workspace.dir });
    expectError(result, 2, 'E_PACK_INVALID');
    expect(result.stderr).toContain(`${path.join(dir, 'pack.yaml')}:`);
    expect(result.stderr).toMatch(/line \d+/);
  });

  it('under another name than its folder', async () => {
    await writePack(workspace, { name: 'mine', yaml: '', files: {} });
    await workspace.write(
      'packs/mine/pack.yaml',
      'name: yours\nversion: 1\ndescription: x\nextends: federation\n',
    );
    const result = await runCli(APPLY, { cwd: workspace.dir });
    expectError(result, 2, 'E_PACK_INVALID');
    expect(result.stderr).toContain('name: is "yours", but the folder is called "mine"');
  });

  it('with two scripts of one number', async () => {
    const dir = await writePack(workspace, {
      name: 'mine',
      extends: 'federation',
      files: { '0011_again.sql.njk': 'select 1;\n' },
    });
    const result = await runCli(APPLY, { cwd: workspace.dir });
    expectError(result, 2, 'E_PACK_INVALID');
    expect(result.stderr).toContain('two scripts numbered 11');
    expect(result.stderr).toContain(path.join(dir, '0011_again.sql.njk'));
  });

  it('that extends itself', async () => {
    await writePack(workspace, { name: 'mine', extends: 'mine', files: {} });
    const result = await runCli(APPLY, { cwd: workspace.dir });
    expectError(result, 2, 'E_PACK_INVALID');
    expect(result.stderr).toContain('mine → mine');
  });

  it.each([['absent'], ['../mine'], ['.'], ['_macros']])('that is not there: %s', async (pack) => {
    const dir = await writePack(workspace, { name: 'mine', files: {} });
    await rm(path.join(dir, 'pack.yaml'));
    const result = await runCli([...APPLY.slice(0, -1), pack], { cwd: workspace.dir });
    expectError(result, 2, 'E_PACK_NOT_FOUND');
    expect(result.stderr).toContain(JSON.stringify(pack));
    expect(result.stderr).toMatch(/Built in: .*\bfederation\b/);
  });
});
