import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectError, parseDocument, runCli, type CliResult } from '../support/cli.js';
import { createTestDatabase, databaseUrl, withClient, type TestDatabase } from '../support/database.js';

const APPLY = ['apply', '--department', 'HR', '--department-id', 'hr'];

let admin: TestDatabase;
const made: string[] = [];
beforeAll(async () => {
  admin = await createTestDatabase(inject('testServer'), 'create_db');
});
afterAll(async () => {
  await withClient(admin.url, async (client) => {
    for (const name of made)
      await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  });
  await admin.drop();
});

/** A name with all that quoting must survive; no database has it. */
function newName(): string {
  const name = `t_new "Db" ${randomBytes(5).toString('hex')}`;
  made.push(name);
  return name;
}

const run = (args: readonly string[], name: string, user?: string): Promise<CliResult> => {
  const server = inject('testServer');
  const url = databaseUrl(user === undefined ? server : { ...server, user, password: 'x' }, name);
  return runCli(args, {
    env: { DATABASE_URL: url, FEDGEN_ROLE_PREFIX: `${admin.rolePrefix}${user === undefined ? '' : 'own_'}` },
  });
};

const facts = (name: string): Promise<{ encoding: string; owner: string }[]> =>
  withClient(admin.url, async (client) => {
    const { rows } = await client.query<{ encoding: string; owner: string }>(
      `select pg_encoding_to_char(encoding) as encoding, pg_get_userbyid(datdba) as owner from pg_database where datname = $1`,
      [name],
    );
    return rows;
  });

describe('apply --create-database', () => {
  it('creates it in UTF8 and goes on; then it changes nothing', async () => {
    const name = newName();
    expectError(await run(APPLY, name), 3, 'E_DB_MISSING');
    const first = await run([...APPLY, '--create-database', '--format', 'json'], name);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(first.stderr).toContain('created the database');
    expect(parseDocument(first)['apply']).toMatchObject({ databaseCreated: true, schema: 'hr_tenant' });
    expect(await facts(name)).toEqual([{ encoding: 'UTF8', owner: inject('testServer').user }]);
    const second = await run([...APPLY, '--create-database', '--format', 'json'], name);
    expect(parseDocument(second)['apply']).toMatchObject({ databaseCreated: false });
    expect(second.stderr).not.toContain('created');
  });

  it('may be done by several at once', async () => {
    const name = newName();
    const results = await Promise.all(
      ['a1', 'b1', 'c1'].map((id) =>
        run(
          ['apply', '--department', id, '--department-id', id, '--create-database', '--format', 'json'],
          name,
        ),
      ),
    );
    for (const result of results) expect(result, result.stderr).toMatchObject({ code: 0 });
    const created = results.map(({ stdout }) => stdout.includes('"databaseCreated": true'));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await facts(name)).toHaveLength(1);
  });

  it('asks for CREATEDB, and works with it', async () => {
    const name = newName();
    const role = `${admin.rolePrefix}maker`;
    await withClient(admin.url, (client) =>
      client.query(`create role ${role} login createrole password 'x'`),
    );
    const refused = await run([...APPLY, '--create-database'], name, role);
    expectError(refused, 4, 'E_PRIVILEGE');
    expect(refused.stderr).toContain(`alter role "${role}" createdb`);
    expect(await facts(name)).toEqual([]);
    await withClient(admin.url, (client) => client.query(`alter role ${role} createdb`));
    const result = await run(
      ['apply', '--department', 'Own', '--department-id', 'own', '--create-database'],
      name,
      role,
    );
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(await facts(name)).toEqual([{ encoding: 'UTF8', owner: role }]);
  });

  it('is refused for a dry run, before anything connects', async () => {
    const name = newName();
    expectError(await run([...APPLY, '--create-database', '--dry-run'], name), 2, 'E_USAGE');
    expect(await facts(name)).toEqual([]);
  });
});
