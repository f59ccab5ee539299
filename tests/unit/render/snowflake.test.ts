import { init, parse } from '@guanmingchiu/sqlparser-ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../src/api/generate.js';

/**
 * Statements that the library does not read, although Snowflake does. Each with the page of Snowflake's reference that gives
 * its form: docs.snowflake.com/en/sql-reference/sql/<page>.
 */
const UNREAD: readonly (readonly [RegExp, string])[] = [
  [
    /^create warehouse if not exists \w+ warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true initially_suspended = true$/,
    'create-warehouse',
  ],
  [/^grant create (table|dynamic table|procedure|view) on schema \w+ to role \w+$/, 'grant-privilege'],
  [
    /^create or replace procedure MCP\.\w+\([^()]*\)\s+returns (varchar|table \([^()]*\))\s+language sql\s+execute as owner\s+as\s+\$\$[^$]*\$\$$/,
    'create-procedure',
  ],
];

/** A file's statements: a semicolon at the end of a line ends one, but not between $$ and $$. */
function split(content: string): string[] {
  const statements: string[] = [];
  let open = '';
  for (const line of content.split('\n').filter((each) => !each.startsWith('--'))) {
    open += `${line}\n`;
    const isBody = open.split('$$').length % 2 === 0;
    if (isBody || !line.endsWith(';')) continue;
    statements.push(open.trim().slice(0, -1));
    open = '';
  }
  expect(open.trim()).toBe('');
  return statements;
}

/** The queries inside a procedure's body, as statements of their own. */
const inside = (statement: string): string[] =>
  (statement.split('$$')[1] ?? '')
    .split(/;\s*\n/)
    .map((part) => part.replace(/--.*$/gm, '').trim())
    .map((part) =>
      part
        .replace(/^(?:begin|if \(.*\) then|else)\s+/gs, '')
        .replace(/^(?:if \([^;]*?\) then|begin)\s+/g, ''),
    )
    .flatMap((part) => {
      const [, assigned] = /^\w+ := \((select [^]*)\)$/.exec(part) ?? [];
      const at = part.search(/\b(?:insert into|select) /);
      return assigned !== undefined ? [assigned] : at >= 0 && !part.includes(':=') ? [part.slice(at)] : [];
    })
    .map((query) => query.replace(/\binto :\w+/g, ''));

const accepts = (sql: string): boolean => {
  try {
    return parse(sql, 'snowflake').length === 1;
  } catch {
    return false;
  }
};

let files: readonly { readonly name: string; readonly content: string }[];
beforeAll(async () => {
  await init();
  const { files: all, notes } = await generate({ pack: 'activity', engine: 'snowflake' });
  expect(notes.join()).toMatch(/^Not verified/);
  files = all.filter(({ name }) => name.endsWith('.sql'));
});

describe('the files for Snowflake', () => {
  it('are those that are expected', async () => {
    for (const { name, content } of files)
      await expect(content).toMatchFileSnapshot(`../../golden/sql/snowflake/${name}`);
    expect(files.map(({ name }) => name)).toEqual([
      '01_setup_database.sql',
      '02_create_roles.sql',
      '03_create_raw_events.sql',
      '04_create_dynamic_table.sql',
      '05_mcp_procedures.sql',
      '06_monitoring_views.sql',
      '07_user_management.sql',
      '08_checks.sql',
    ]);
  });

  it('hold statements that a parser of the dialect reads, but for those named here', () => {
    const statements = files.flatMap(({ content }) => split(content));
    expect(statements.length).toBeGreaterThan(60);
    const unread = statements.filter((statement) => !accepts(statement));
    for (const statement of unread)
      expect(
        UNREAD.some(([form]) => form.test(statement)),
        statement,
      ).toBe(true);
    for (const [form] of UNREAD)
      expect(
        unread.some((statement) => form.test(statement)),
        String(form),
      ).toBe(true);
  });

  it('hold procedures whose queries the parser reads', () => {
    const queries = files.flatMap(({ content }) => split(content)).flatMap(inside);
    expect(queries.length).toBeGreaterThanOrEqual(9);
    for (const query of queries) expect(accepts(query), query).toBe(true);
  });

  it('are checked by a parser that finds faults', () => {
    for (const { content } of files) {
      for (const statement of split(content).filter(accepts)) {
        expect(accepts(`${statement} from from`), statement).toBe(false);
      }
    }
  });

  it('do not repeat the faults of the original', () => {
    const all = files.map(({ content }) => content).join('\n');
    expect(all).not.toMatch(
      /\bHASH\(|javascript|drop table|or replace table|query_tag|TempPassword|password = '[^…]/i,
    );
    expect(all).not.toMatch(/undefined|\[object|\{\{|NaN/);
    expect(all).toMatch(/upper\(:username\)/);
    expect(all).toMatch(/revoke role MCP_SERVICE_ROLE from role SYSADMIN/);
  });

  it('take the name of the database as a quoted name in upper case', async () => {
    const { files: named } = await generate({
      pack: 'activity',
      engine: 'snowflake',
      variables: { snowflake_database: 'other_db' },
    });
    expect(named[0]?.content).toContain('create database if not exists "OTHER_DB";');
    await expect(
      generate({ pack: 'activity', engine: 'snowflake', variables: { snowflake_database: 'x"; drop' } }),
    ).rejects.toThrow();
    await expect(generate({ pack: 'shop', engine: 'snowflake' })).rejects.toThrow(/no files for snowflake/);
  });
});
