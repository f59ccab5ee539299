import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError, makeWorkspace, runCli, type Workspace } from '../support/cli.js';

let workspace: Workspace;
beforeAll(async () => void (workspace = await makeWorkspace()));
afterAll(async () => await workspace.remove());

const REFUSED_IDS: readonly (readonly [id: string, reason: string])[] = [
  [`x'; drop schema public cascade; --`, "';"],
  ['HR', 'does not start with a lower-case letter'],
  ['hR', 'holds "R"'],
  ['legal-dept', 'holds "-"'],
  ['1st', 'does not start with a lower-case letter'],
  ['_hr', 'does not start with a lower-case letter'],
  ['legal dept', 'holds " "'],
  ['hr"', 'holds "\\""'],
  ['../hr', 'does not start with a lower-case letter'],
  ['hr\n', 'holds "\\n"'],
  ['hr\\', 'holds "\\\\"'],
  ['a'.repeat(64), `gives the name "${'a'.repeat(64)}_tenant" of 71 bytes`],
  ['a'.repeat(57), 'of 64 bytes'],
  ['select', 'is a reserved word of SQL'],
  ['user', 'is a reserved word of SQL'],
  ['table', 'is a reserved word of SQL'],
  ['pg_hr', 'starts with pg_'],
  ['hr💥', 'holds "💥"'],
  ['büro', 'holds "ü"'],
  ['', 'is empty'],
  ['federation', 'is a name that fedgen keeps for itself'],
  ['public', 'is a name that fedgen keeps for itself'],
  ['federation_admin', 'federation_admin_role", which is one of the shared roles'],
  ['cross_dept_query', 'cross_dept_query_role", which is one of the shared roles'],
];

describe('a department id that is refused', () => {
  it.each(REFUSED_IDS)('%j', async (id, reason) => {
    // Neither is a database configured: the name is refused before anything could be connected to.
    const result = await runCli(['apply', `--department-id=${id}`, '--department', 'X'], {
      cwd: workspace.dir,
    });
    expectError(result, 2, 'E_NAME_INVALID');
    expect(result.stderr).toContain(`department id ${JSON.stringify(id)} `);
    expect(result.stderr).toContain(reason);
    expect(await workspace.files()).toEqual([]);
  });

  it.each([['generate', '--department=X'], ['rollback', '--all', '--yes'], ['status'], ['validate']])(
    'by %s too',
    async (...command) => {
      const result = await runCli([...command, `--department-id=x'; drop schema public cascade; --`], {
        cwd: workspace.dir,
      });
      expectError(result, 2, 'E_NAME_INVALID');
      expect(await workspace.files()).toEqual([]);
    },
  );

  it('because the role prefix makes the role too long, or a shared one', async () => {
    const long = await runCli([
      'apply',
      '--department-id',
      'a'.repeat(50),
      '--role-prefix',
      'fourteen_bytes',
    ]);
    expectError(long, 2, 'E_NAME_INVALID');
    expect(long.stderr).toContain(`"fourteen_bytes${'a'.repeat(50)}_role" of 69 bytes`);
    const shared = await runCli(['apply', '--department-id', 'federation_admin', '--role-prefix', 'p_']);
    expectError(shared, 2, 'E_NAME_INVALID');
    expect(shared.stderr).toContain('"p_federation_admin_role"');
  });

  it('names every fault at once', async () => {
    const id = `pg_${'a'.repeat(60)}`;
    const { stderr } = await runCli(['apply', '--department-id', id]);
    expect(stderr).toMatch(
      /starts with pg_.*; it gives the name .*_tenant" of 70 bytes.*; it gives the name .*_role"/,
    );
  });
});

describe('a display name that is refused', () => {
  it.each([
    ['', 'is empty'],
    ['  ', 'is empty'],
    ['a\nb', 'holds a line break'],
    ['a\rb', 'holds a line break'],
    ['a\tb', 'control character'],
    ['a\u001b[31mb', 'control character'],
    ['a\u2028b', 'line break'],
    ['a\ue000b', 'control character'],
    ['x'.repeat(256), 'has 256 characters'],
    ['💥'.repeat(256), 'has 256 characters'],
  ])('%j', async (name, reason) => {
    const result = await runCli(['generate', '--department-id=hr', `--department=${name}`], {
      cwd: workspace.dir,
    });
    expectError(result, 2, 'E_NAME_INVALID');
    expect(result.stderr).toContain(reason);
    expect(await workspace.files()).toEqual([]);
  });
});
