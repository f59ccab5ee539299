import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  devServerStatus,
  devServerUrl,
  startDevServer,
  stopDevServer,
  type DevServerPlace,
} from '../../../src/dev/dev-server.js';
import { processExists } from '../../../src/dev/process-identity.js';
import { findServerUser } from '../../../src/dev/server-user.js';
import { withClient } from '../../support/database.js';
import { testBinaries } from '../../support/postgres.js';
import { transpileSources } from '../../support/transpile-sources.js';

const env = process.env;
let place: DevServerPlace;

beforeEach(async () => {
  const parent = await mkdtemp('/tmp/fedgen-dev-test-');
  await chmod(parent, 0o755);
  place = { dir: path.join(parent, 'share', 'dev'), env };
  return async () => {
    await stopDevServer({ ...place, remove: true });
    await rm(parent, { recursive: true, force: true });
  };
});

async function ask(url: string, sql: string): Promise<unknown> {
  const { rows } = await withClient(url, (client) => client.query<Record<string, unknown>>(sql));
  return Object.values(rows[0] ?? {})[0];
}

describe('the development server', () => {
  it('goes through start, status, url, stop, start, remove', async () => {
    expect(await devServerStatus(place)).toEqual({ state: 'absent', dir: place.dir });
    await expect(devServerUrl(place)).rejects.toMatchObject({ code: 'E_DEV_SERVER' });
    const first = await startDevServer(place);
    expect(first).toMatchObject({ state: 'running', alreadyRunning: false, dir: place.dir });
    const { alreadyRunning: _, ...facts } = first;
    expect(await devServerStatus(place)).toEqual(facts);
    expect(await devServerUrl(place)).toBe(first.url);
    expect(await ask(first.url, 'show fsync')).toBe('on');
    await ask(first.url, 'create table kept as select 42 as answer');

    expect(await startDevServer(place)).toEqual({ ...facts, alreadyRunning: true });

    expect(await stopDevServer(place)).toEqual({ dir: place.dir, wasRunning: true, removed: false });
    expect(processExists(first.pid)).toBe(false);
    expect(await stopDevServer(place)).toEqual({ dir: place.dir, wasRunning: false, removed: false });
    const { version } = first;
    expect(await devServerStatus(place)).toEqual({ state: 'stopped', dir: place.dir, version });

    const second = await startDevServer(place);
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select answer from kept')).toBe(42);

    const end = await stopDevServer({ ...place, remove: true });
    expect(end).toEqual({ dir: place.dir, wasRunning: true, removed: true });
    expect(existsSync(place.dir)).toBe(false);
    expect(await stopDevServer({ ...place, remove: true })).toMatchObject({ removed: false });
  });

  it('shows its password nowhere but in the URL, and keeps it in a file only we can read', async () => {
    const { url, ...rest } = await startDevServer(place);
    const { password } = new URL(url);
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(JSON.stringify(rest)).not.toContain(password);
    expect((await stat(path.join(place.dir, 'cluster', 'password'))).mode & 0o777).toBe(0o600);
    const open = new URL(url);
    open.password = '';
    await expect(ask(open.href, 'select 1')).rejects.toThrow();
  });

  it('survives the process that started it', async () => {
    const js = await transpileSources(['dev', 'shared']);
    onTestFinished(async () => await js.remove());
    const file = pathToFileURL(path.join(js.dir, 'dev', 'dev-server.js')).href;
    const script = `
      const { startDevServer } = await import(${JSON.stringify(file)});
      await startDevServer({ dir: ${JSON.stringify(place.dir)}, env: process.env });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(await ask(await devServerUrl(place), 'select 1')).toBe(1);
  });

  it('removes only what it made', async () => {
    await startDevServer(place);
    await writeFile(path.join(place.dir, 'notes.txt'), 'mine');
    await stopDevServer({ ...place, remove: true });
    expect(await readdir(place.dir)).toEqual(['notes.txt']);
  });
});

describe('starts at the same time', () => {
  it('end with one server and one URL', async () => {
    const results = await Promise.all([1, 2, 3].map(() => startDevServer(place)));
    expect(new Set(results.map(({ url }) => url)).size).toBe(1);
    expect(results.filter(({ alreadyRunning }) => !alreadyRunning)).toHaveLength(1);
    expect(await ask(results[0]?.url ?? '', 'select 1')).toBe(1);
    expect((await readdir(place.dir)).filter((name) => name !== 'binaries')).toEqual(['cluster']);
  });
});

describe('ports', () => {
  it('the named one is used, and refused when taken', async () => {
    const { server, port } = await squat();
    await expect(startDevServer({ ...place, port })).rejects.toMatchObject({
      code: 'E_DEV_SERVER',
      details: { port },
    });
    await new Promise((resolve) => server.close(resolve));
    expect((await startDevServer({ ...place, port })).port).toBe(port);
  });

  it('the one it had is given up when somebody else has it now', async () => {
    const { port } = await startDevServer(place);
    await stopDevServer(place);
    await squat(port);
    const again = await startDevServer(place);
    expect(again.port).not.toBe(port);
    expect(await ask(again.url, 'select 1')).toBe(1);
  });

  async function squat(wanted = 0): Promise<{ server: ReturnType<typeof createServer>; port: number }> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { server, port: address.port };
  }
});

describe('after a crash', () => {
  it('the server starts again with its data', async () => {
    const first = await startDevServer(place);
    await ask(first.url, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    await expect.poll(async () => (await devServerStatus(place)).state, { timeout: 20_000 }).toBe('stopped');
    expect(existsSync(path.join(place.dir, 'cluster', 'data', 'postmaster.pid'))).toBe(true);
    const second = await startDevServer(place);
    expect(second).toMatchObject({ alreadyRunning: false, url: first.url });
    expect(await ask(second.url, 'select answer from kept')).toBe(42);
  });

  it('another program with the number of the old process is not taken for the server, nor stopped', async () => {
    const first = await startDevServer(place);
    await stopDevServer(place);
    const user = await findServerUser(env);
    const other = spawn('sleep', ['600'], {
      stdio: 'ignore',
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
    onTestFinished(() => void other.kill('SIGKILL'));
    const data = path.join(place.dir, 'cluster', 'data');
    const file = path.join(data, 'postmaster.pid');
    await writeFile(file, `${other.pid}\n${data}\n1\n${first.port}\n\n127.0.0.1\n0 0\nready\n`, {
      mode: 0o600,
    });
    if (user) await chown(file, user.uid, user.gid);

    expect(await devServerStatus(place)).toMatchObject({ state: 'stopped' });
    expect(await stopDevServer(place)).toMatchObject({ wasRunning: false });
    expect(other.exitCode ?? other.signalCode).toBeNull();
    const second = await startDevServer(place);
    expect(second).toMatchObject({ alreadyRunning: false, url: first.url });
    expect(await ask(second.url, 'select 1')).toBe(1);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });
});

describe('data of another major version', () => {
  it('is refused with both versions named', async () => {
    await startDevServer({ ...place, binaries: testBinaries(17) });
    expect(await startDevServer(place)).toMatchObject({
      alreadyRunning: true,
      version: expect.stringMatching(/^17/) as unknown,
    });
    await stopDevServer(place);
    await expect(startDevServer(place)).rejects.toMatchObject({
      code: 'E_DEV_SERVER',
      message: expect.stringContaining(
        'holds data of PostgreSQL 17, and the programs are PostgreSQL 18',
      ) as unknown,
      details: { dataMajor: 17, programMajor: 18 },
    });
  });
});

describe('an abort', () => {
  it('leaves no half-made cluster behind', async () => {
    const controller = new AbortController();
    const starting = startDevServer({ ...place, signal: controller.signal });
    const draft = async (): Promise<boolean> =>
      existsSync(place.dir) && (await readdir(place.dir)).some((name) => name.startsWith('draft-'));
    await expect.poll(draft, { timeout: 10_000, interval: 5 }).toBe(true);
    controller.abort();
    await expect(starting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(await readdir(place.dir)).toEqual([]);
  });
});
