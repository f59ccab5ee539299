import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { startServer, type EmbeddedServer, type StartOptions } from '../../../src/dev/launch.js';
import { processExists } from '../../../src/dev/process-identity.js';
import { createTestDatabase, databaseUrl, withClient } from '../../support/database.js';
import { MAJORS, startTestServer, testBinaries } from '../../support/postgres.js';

async function start(options: Partial<StartOptions> = {}): Promise<EmbeddedServer> {
  const server = await startServer({ env: process.env, fast: true, ...options });
  onTestFinished(async () => await server.stop());
  return server;
}

async function show(url: string, setting: string): Promise<unknown> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ value: string }>('select current_setting($1) as value', [setting]),
  );
  return rows[0]?.value;
}

describe('a throw-away server', () => {
  it.each(MAJORS)('PostgreSQL %i starts and answers', async (major) => {
    const server = await start({ binaries: testBinaries(major) });
    expect(Number.parseInt(server.version, 10)).toBe(major);
    expect(await show(server.url, 'server_version')).toBe(server.version);
    expect(await show(server.url, 'server_encoding')).toBe('UTF8');
    expect(await show(server.url, 'listen_addresses')).toBe('127.0.0.1');
    expect(await show(server.url, 'fsync')).toBe('off');
  });

  it.each(MAJORS)('the test server of PostgreSQL %i is of that version', async (major) => {
    const server = await startTestServer(major);
    onTestFinished(async () => await server.stop());
    const version = await show(databaseUrl(server, server.database), 'server_version');
    expect(Number.parseInt(String(version), 10)).toBe(major);
  });

  it('lets nobody in without its password', async () => {
    const server = await start();
    const url = new URL(server.url);
    expect(server.password).toMatch(/^[\w-]{32}$/);
    url.password = 'wrong';
    await expect(withClient(url.href, (client) => client.query('select 1'))).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('asks for no password with trust', async () => {
    const server = await start({ auth: 'trust' });
    expect(server.password).toBeUndefined();
    expect(await show(server.url, 'is_superuser')).toBe('on');
  });

  it('leaves nothing behind when stopped, and can be stopped twice', async () => {
    const server = await start();
    expect((await stat(server.dir)).mode & 0o066).toBe(0);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
    expect(processExists(server.pid)).toBe(false);
    expect(await server.log()).toContain('database system is shut down');
  });

  it('ends sessions that are still open', async () => {
    const server = await start();
    await withClient(server.url, async (client) => {
      const ended = new Promise((resolve) => client.once('end', resolve));
      await server.stop();
      await ended;
    });
  });

  it('does not inherit the PG variables of the environment', async () => {
    const server = await start({ env: { ...process.env, PGPORT: '1', PGDATA: '/nowhere', LC_ALL: 'de_DE' } });
    expect(await show(server.url, 'port')).toBe(String(server.port));
  });
});

describe('ports', () => {
  it('names the port that is taken', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void squatter.close());
    const address = squatter.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    if (port === undefined) throw new Error('no port');
    await expect(startServer({ env: process.env, fast: true, port })).rejects.toMatchObject({
      code: 'E_DEV_SERVER',
      message: `Port ${port} on 127.0.0.1 is taken by another program`,
    });
  });

  it('servers started at once get ports of their own', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
  });
});

describe('an abort', () => {
  it('before the start is E_INTERRUPTED', async () => {
    const signal = AbortSignal.abort();
    await expect(startServer({ env: process.env, signal })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });

  it('during initdb leaves nothing behind', async () => {
    const place = await mkdtemp('/tmp/fedgen-abort-');
    await chmod(place, 0o755);
    onTestFinished(async () => await rm(place, { recursive: true, force: true }));
    const controller = new AbortController();
    const env = { ...process.env, TMPDIR: place };
    const starting = startServer({ env, signal: controller.signal });
    await expect.poll(async () => (await readdir(place)).length, { timeout: 10_000, interval: 5 }).toBe(1);
    controller.abort();
    await expect(starting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(await readdir(place)).toEqual([]);
  });
});

describe('a test database', () => {
  it('goes with the roles that carry its prefix', async () => {
    const server = inject('testServer');
    const database = await createTestDatabase(server, 'Launch: roles & more');
    expect(database.name).toMatch(/^t_launch_roles_mor_[0-9a-f]{10}$/);
    const [owner, member] = [`${database.rolePrefix}owner`, `${database.rolePrefix}member`];
    await withClient(database.url, async (client) => {
      await client.query(`create role "${owner}"; create role "${member}" in role "${owner}"`);
      await client.query(`create schema s authorization "${owner}"; grant usage on schema s to "${member}"`);
    });
    await database.drop();
    await withClient(databaseUrl(server, server.database), async (client) => {
      const left = await client.query(
        `select datname from pg_database where datname = $1
         union all select rolname from pg_roles where starts_with(rolname, $1)`,
        [database.name],
      );
      expect(left.rows).toEqual([]);
    });
  });
});
