import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type EmbeddedServer } from '../../src/dev/launch.js';
import {
  expectError,
  makeWorkspace,
  parseDocument,
  runCli,
  type CliResult,
  type Workspace,
} from '../support/cli.js';
import { withClient } from '../support/database.js';

const SECRET = 'hunter2';
const TENANT = 'ten4nt';

let server: EmbeddedServer;
let workspace: Workspace;
let admin: string;
beforeAll(async () => {
  server = await startServer({ env: process.env, fast: true, auth: 'scram', password: SECRET });
  workspace = await makeWorkspace();
  admin = urlOf(server.user, SECRET);
  for (const id of ['hr', 'sales'])
    expect(await fedgen('apply', '--department-id', id, '--department', id)).toMatchObject({ code: 0 });
  await sql(`alter role hr_role password '${TENANT}'; create role app login noinherit password '${TENANT}';
    grant cross_dept_query_role to app; create role stranger login password '${TENANT}'`);
});
afterEach(() =>
  sql(
    `alter role hr_role reset all; alter role app reset all; revoke sales_role from hr_role; revoke sales_role from app`,
  ),
);
afterAll(async () => {
  await workspace.remove();
  await server.stop();
});

const urlOf = (user: string, password: string): string =>
  `postgres://${user}:${password}@${server.host}:${server.port}/postgres`;
const sql = (text: string): Promise<unknown> => withClient(admin, (client) => client.query(text));
const logins: Record<string, string> = {};
const fedgen = (...args: string[]): Promise<CliResult> =>
  runCli(args, { cwd: workspace.dir, env: { DATABASE_URL: admin, ...logins } });

/** Messages of the check in a validation that logs in under this URL. */
async function loggedIn(url: string): Promise<{ code: number | null; text: string; json: string }> {
  logins['HR_LOGIN'] = url;
  const args = ['validate', '--department-id', 'hr', '--only', 'real_logins', '--login-url-env', 'HR_LOGIN'];
  const result = await fedgen(...args, '--format', 'json');
  const text = await fedgen(...args, '--verbose');
  for (const { stdout, stderr } of [result, text]) expect(stdout + stderr).not.toContain(TENANT);
  return { code: result.code, text: text.stdout, json: JSON.stringify(parseDocument(result)) };
}

describe('a validation that logs in', () => {
  it('as a tenant proves that it reaches its own and nothing else', async () => {
    const { code, text } = await loggedIn(urlOf('hr_role', TENANT));
    expect(code, text).toBe(0);
    expect(text).toMatch(/hr_role: read its own table: allowed, 24 times/);
    expect(text).toMatch(/hr_role: read a table of another: refused, 24 times/);
    expect(text).toMatch(/hr_role: set role: refused, 1 times/);
    expect(text).toContain('hr_role: a wrong password is refused');
  });

  it('as the login of a pool proves that it reaches nothing by itself', async () => {
    const { code, text } = await loggedIn(urlOf('app', TENANT));
    expect(code, text).toBe(0);
    expect(text).toMatch(/app: read a table of another: refused, 48 times/);
  });

  it.each([
    [
      'another role by default',
      'grant sales_role to hr_role; alter role hr_role set role = sales_role',
      'begin as another role',
    ],
    ['membership of a neighbour', 'grant sales_role to hr_role', 'set role'],
    [
      'a tenant by default',
      `alter role hr_role set app.current_tenant_id = 'sales'`,
      'begin with a tenant set that is not its own',
    ],
  ])('finds %s', async (_what, sabotage, operation) => {
    await sql(sabotage);
    const { code, json } = await loggedIn(urlOf('hr_role', TENANT));
    expect(code).toBe(5);
    expect(json).toContain(operation);
  });

  it.each([
    ['a wrong password', () => urlOf('hr_role', 'wrong'), 'cannot log in, and was not probed', 1],
    ['nobody', () => urlOf('stranger', TENANT), 'is the login of no tenant and of no pool', 1],
  ])('says that nothing was proved of %s', async (_what, url, message, exit) => {
    const { code, json } = await loggedIn(url());
    expect(code).toBe(exit);
    expect(json).toContain(message);
  });

  it('takes the names of variables from the configuration, and refuses one that is not set', async () => {
    logins['HR_LOGIN'] = `postgres://hr_role:${TENANT}@${server.host}:${server.port}`;
    await workspace.write('fedgen.config.yaml', 'validate:\n  logins: [HR_LOGIN]\n');
    const args = ['validate', '--department-id', 'hr', '--only', 'real_logins'];
    expect((await fedgen(...args, '--verbose')).stdout).toContain('hr_role: a wrong password is refused');
    await workspace.write('fedgen.config.yaml', 'validate:\n  logins: [NOT_SET]\n');
    const refused = await fedgen(...args);
    expectError(refused, 2, 'E_CONFIG_INVALID');
    expect(refused.stderr).toContain('NOT_SET');
    await workspace.write('fedgen.config.yaml', '{}\n');
  });
});

describe('a pooled connection', () => {
  const args = ['validate', '--department-id', 'hr', '--only', 'pooled_connections', '--verbose'];

  it('takes nothing along', async () => {
    const result = await fedgen(...args);
    expect(result.code, result.stdout).toBe(0);
    expect(result.stdout).toContain('execute a plan after DISCARD ALL: refused');
    expect(result.stdout).toContain('read rows of others as the next borrower: refused');
  });

  it('that reads by itself is found', async () => {
    await sql(`grant usage on schema hr_tenant to cross_dept_query_role;
      grant select on all tables in schema hr_tenant to cross_dept_query_role; alter role cross_dept_query_role bypassrls`);
    await withClient(admin, (client) =>
      client.query(`insert into hr_tenant.contacts (contact_id) values ('c1'); analyze hr_tenant.contacts`),
    );
    const result = await fedgen(...args);
    expect(result.code).toBe(5);
    expect(result.stdout).toContain('read what the last borrower read');
    await sql(`alter role cross_dept_query_role nobypassrls; revoke all on schema hr_tenant from cross_dept_query_role;
      revoke all on all tables in schema hr_tenant from cross_dept_query_role`);
  });
});
