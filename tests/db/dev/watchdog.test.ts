import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findBinaries } from '../../../src/dev/binaries.js';
import { startServer } from '../../../src/dev/launch.js';
import { processExists } from '../../../src/dev/process-identity.js';
import { startWatchdog } from '../../../src/dev/watchdog.js';
import { withClient } from '../../support/database.js';
import { transpileSources, type Transpiled } from '../../support/transpile-sources.js';

let js: Transpiled;
beforeAll(async () => {
  js = await transpileSources(['dev', 'shared']);
});
afterAll(async () => await js.remove());

const Facts = z.object({ pid: z.number(), dir: z.string(), url: z.string() });

/** A plain node process that starts a server, tells where it is, and then does `afterwards`. */
function parent(afterwards: string): ChildProcess {
  const launch = pathToFileURL(path.join(js.dir, 'dev', 'launch.js')).href;
  const script = `
    const { startServer } = await import(${JSON.stringify(launch)});
    const server = await startServer({ env: process.env, fast: true });
    const { pid, dir, url } = server;
    await new Promise((done) => process.stdout.write(JSON.stringify({ pid, dir, url }) + '\\n', done));
    ${afterwards}`;
  // One of them throws on purpose: no need to show it.
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function facts(child: ChildProcess): Promise<z.infer<typeof Facts>> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return Facts.parse(JSON.parse(text));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

async function expectNothingLeft({ pid, dir }: { pid: number; dir: string }): Promise<void> {
  await expect.poll(() => [processExists(pid), existsSync(dir)], { timeout: 30_000 }).toEqual([false, false]);
}

describe('a parent that dies leaves no server and no data behind', () => {
  it('by SIGKILL', async () => {
    const child = parent('setInterval(() => {}, 1000);');
    const server = await facts(child);
    await withClient(server.url, (client) => client.query('select 1'));
    child.kill('SIGKILL');
    await ended(child);
    await expectNothingLeft(server);
  });

  it.each([
    ['process.exit', 'process.exit(3);'],
    ['an uncaught exception', 'setTimeout(() => { throw new Error("on purpose, for a test"); });'],
    ['its end without stop(): the server keeps no event loop alive', ''],
  ])('by %s', async (_name, afterwards) => {
    const child = parent(afterwards);
    const [server] = await Promise.all([facts(child), ended(child)]);
    await expectNothingLeft(server);
  });

  it('by SIGKILL during initdb', async () => {
    const launch = pathToFileURL(path.join(js.dir, 'dev', 'launch.js')).href;
    const place = await mkdtemp('/tmp/fedgen-kill-');
    await chmod(place, 0o755);
    const script = `await (await import(${JSON.stringify(launch)})).startServer({ env: process.env });`;
    const env = { ...process.env, TMPDIR: place };
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: 'ignore' });
    const data = async (): Promise<boolean> => {
      const [home] = await readdir(place);
      return home !== undefined && existsSync(path.join(place, home, 'data', 'base'));
    };
    await expect.poll(data, { timeout: 20_000, interval: 5 }).toBe(true);
    child.kill('SIGKILL');
    await ended(child);
    await expect.poll(async () => await readdir(place), { timeout: 30_000 }).toEqual([]);
    await rm(place, { recursive: true });
  });
});

describe.each(['sh', 'node'] as const)('the watchdog in %s', (kind) => {
  const native = findBinaries();

  it('does nothing when dismissed', async () => {
    const server = await startServer({ env: process.env, fast: true });
    const watchdog = await startWatchdog({ kind, native, env: process.env, remove: server.dir });
    watchdog.dismiss();
    await expect.poll(() => processExists(watchdog.pid ?? 0), { timeout: 10_000 }).toBe(false);
    expect(existsSync(server.dir)).toBe(true);
    await server.stop();
  });

  it('stops what it guards and removes the folder, however that is called', async () => {
    const watchdogFile = pathToFileURL(path.join(js.dir, 'dev', 'watchdog.js')).href;
    const folder = await mkdtemp("/tmp/fedgen 'quoted' $(false) -");
    const options = JSON.stringify({ kind, native, remove: folder });
    const script = `
      const { spawn } = await import('node:child_process');
      const { startWatchdog } = await import(${JSON.stringify(watchdogFile)});
      const watchdog = await startWatchdog({ ...${options}, env: process.env });
      const guarded = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
      watchdog.guard(guarded);
      process.stdout.write(JSON.stringify({ pid: guarded.pid, dir: ${JSON.stringify(folder)}, url: '' }) + '\\n');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const found = await facts(child);
    child.kill('SIGKILL');
    await ended(child);
    await expectNothingLeft(found);
  });
});
