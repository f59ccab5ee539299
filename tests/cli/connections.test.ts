import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import pg from 'pg';
import { startServer, type EmbeddedServer } from '../../src/dev/launch.js';
import { expectError, makeInstallation, runCli, type CliResult, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';

const SECRET = 'hunter2 &geheim';
const ENCODED = encodeURIComponent(SECRET);
const COMMANDS = {
  apply: ['apply', '--department-id', 'hr', '--department', 'HR'],
  rollback: ['rollback', '--department-id', 'hr', '--steps', '1'],
  status: ['status'],
  validate: ['validate', '--department-id', 'hr'],
};

let server: EmbeddedServer;
beforeAll(async () => {
  server = await startServer({ env: process.env, fast: true, auth: 'scram', password: SECRET });
});
afterAll(async () => await server.stop());

/** One clear error with a hint, and the password nowhere. */
function expectRefusal(result: CliResult, code: number, errorCode: string, message: RegExp | string): void {
  expectError(result, code, errorCode);
  if (typeof message === 'string') expect(result.stderr).toContain(message);
  else expect(result.stderr).toMatch(message);
  expect(result.stderr).toMatch(/^hint \S/m);
  for (const secret of [SECRET, ENCODED, 'hunter2', 'geheim']) expect(result.stderr).not.toContain(secret);
}

describe('nothing configured', () => {
  it.each(Object.entries(COMMANDS))('%s says how to name a database', async (_name, args) => {
    const result = await runCli(args);
    expectRefusal(result, 2, 'E_NO_DATABASE', 'nothing names a host');
    expect(result.stderr).toContain('--database-url');
    expect(result.stderr).toContain('fedgen dev start');
  });

  it('says what was set when that is not enough', async () => {
    const result = await runCli(['status'], { env: { PGUSER: 'me', PGPASSWORD: SECRET } });
    expectRefusal(result, 2, 'E_NO_DATABASE', 'PGUSER');
  });
});

describe('a server that cannot be reached', () => {
  it.each(Object.entries(COMMANDS))('%s: nothing listens there', async (_name, args) => {
    const result = await runCli([...args, '--database-url', `postgres://me:${ENCODED}@127.0.0.1:1/x`]);
    expectRefusal(result, 3, 'E_DB_UNREACHABLE', '127.0.0.1:1');
    expect(result.stderr).toContain('nothing listens there');
  });

  it('an unknown host', async () => {
    const env = { PGHOST: 'no-such-host.invalid', PGPASSWORD: SECRET };
    expectRefusal(
      await runCli(['status'], { env }),
      3,
      'E_DB_UNREACHABLE',
      /no-such-host\.invalid.*host name/,
    );
  });

  it('a socket that is not there', async () => {
    const result = await runCli(['status'], { env: { PGHOST: '/nonexistent' } });
    expectRefusal(result, 3, 'E_DB_UNREACHABLE', 'there is no such socket');
  });
});

describe('a server that asks for a password', () => {
  const at = (password: string, database = 'postgres'): string =>
    `postgres://postgres${password}@127.0.0.1:${server.port}/${database}`;

  it('lets the right one in, from a URL, a flag, a variable and --db-password', async () => {
    const host = ['--db-host', '127.0.0.1', '--db-port', String(server.port), '--db-user', 'postgres'];
    const calls = [
      runCli(['status', '--database-url', at(`:${ENCODED}`)]),
      runCli(['status'], { env: { DATABASE_URL: at(`:${ENCODED}`) } }),
      runCli(['status', ...host], { env: { FEDGEN_DB_PASSWORD: SECRET } }),
      runCli(['status', ...host, '--db-password', SECRET]),
    ];
    for (const result of await Promise.all(calls)) {
      expect(result, result.stderr).toMatchObject({ code: 0 });
      expect(result.stdout).toContain('No control plane');
      expect(result.stdout + result.stderr).not.toMatch(/hunter2|geheim/);
    }
  });

  it.each(Object.entries(COMMANDS))('%s with a wrong one', async (_name, args) => {
    const result = await runCli([...args, '--database-url', at(`:${ENCODED}x`)]);
    expectRefusal(result, 3, 'E_DB_AUTH', 'password authentication failed for user "postgres"');
  });

  it('a wrong one as --db-password', async () => {
    const result = await runCli(['status', '--database-url', at(''), '--db-password', `${SECRET}x`]);
    expectRefusal(result, 3, 'E_DB_AUTH', 'password authentication failed');
  });

  it('a wrong one, told as JSON', async () => {
    const { code, stdout, stderr } = await runCli([
      ...['status', '--format', 'json', '--database-url', at(`:${ENCODED}x`)],
    ]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, error: { code: 'E_DB_AUTH' } });
    expect(stdout).not.toMatch(/hunter2|geheim/);
  });

  it('none', async () => {
    const result = await runCli(['status', '--database-url', at('')]);
    expectRefusal(result, 3, 'E_DB_AUTH', 'asks for a password and none is configured');
  });

  it('a database that is not there', async () => {
    const result = await runCli(['status', '--database-url', at(`:${ENCODED}`, 'nope')]);
    expectRefusal(result, 3, 'E_DB_MISSING', 'database "nope" does not exist');
  });
});

describe('a URL that is none', () => {
  it.each([
    ['mysql://me:hunter2@h/d'],
    ['postgres://me:hunter2@h:99999/d'],
    ['postgres://me:hunter2@h:port/d'],
    ['me:hunter2@h/d'],
    ['postgres://me:hunter2@a,b/d'],
    ['postgres://me:hunter2@h/d?sslmode=sometimes'],
  ])('%s', async (url) => {
    expectRefusal(await runCli(['status', '--database-url', url]), 2, 'E_CONFIG_INVALID', '--database-url');
    expectRefusal(
      await runCli(['status'], { env: { DATABASE_URL: url } }),
      2,
      'E_CONFIG_INVALID',
      'DATABASE_URL',
    );
  });
});

describe('a role without privileges', () => {
  let installation: Installation;
  let nobody: string;
  beforeAll(async () => {
    installation = await makeInstallation(inject('testServer'), 'nobody');
    const name = `${installation.rolePrefix}nobody`;
    const url = new URL(installation.url);
    url.username = name;
    nobody = url.href;
    await withClient(installation.url, async (client) => {
      await client.query(`create role ${pg.escapeIdentifier(name)} login`);
    });
  });
  afterAll(async () => await installation.drop());

  it('cannot set up the control plane, and leaves nothing', async () => {
    const result = await installation.run(...COMMANDS.apply, '--database-url', nobody);
    expectRefusal(result, 4, 'E_PRIVILEGE', 'permission denied');
    expect(result.stderr).toMatch(/migrations\/0001_create_control_plane\.sql/);
    const { rows } = await withClient(installation.url, (client) =>
      client.query(`select 1 from pg_namespace where nspname in ('federation', 'hr_tenant')`),
    );
    expect(rows).toEqual([]);
  });

  it('cannot do anything with an installation', async () => {
    await installation.ok(...COMMANDS.apply);
    for (const args of Object.values(COMMANDS)) {
      const result = await installation.run(...args, '--database-url', nobody);
      expectRefusal(result, 4, 'E_PRIVILEGE', 'permission denied to set role');
    }
  });

  it('that may not even connect is told so', async () => {
    await withClient(installation.url, (client) =>
      client.query(`revoke connect on database ${pg.escapeIdentifier(installation.name)} from public`),
    );
    const result = await installation.run('status', '--database-url', nobody);
    expectRefusal(result, 3, 'E_DB_AUTH', 'permission denied for database');
  });
});
