import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findBinaries } from '../../../src/dev/binaries.js';
import { startServer } from '../../../src/dev/launch.js';
import { hydrateLinks, prepareBinaries } from '../../../src/dev/prepare-binaries.js';
import { findServerUser, isRoot } from '../../../src/dev/server-user.js';

const env = process.env;
let place: string;

beforeEach(async () => {
  place = await mkdtemp('/tmp/fedgen-binaries-test-');
  await chmod(place, 0o755);
  return async () => {
    // An ordinary user cannot empty a folder without write permission.
    await chmod(path.join(place, 'closed', 'native', 'lib'), 0o755).catch(() => undefined);
    await rm(place, { recursive: true, force: true });
  };
});

/** A copy of the package's folder as an install with --ignore-scripts leaves it: without the links. */
async function copyWithoutLinks(to: string): Promise<string> {
  const native = path.join(to, 'native');
  await cp(findBinaries(), native, { recursive: true, verbatimSymlinks: true });
  for (const name of await readdir(path.join(native, 'lib'))) {
    const file = path.join(native, 'lib', name);
    if ((await lstat(file)).isSymbolicLink()) await rm(file);
  }
  return native;
}

async function startAndStop(folder: string, tmp: string): Promise<string> {
  const server = await startServer({ env: { ...env, TMPDIR: tmp }, fast: true, binaries: { folder } });
  await server.stop();
  return server.version;
}

describe('binaries installed with --ignore-scripts', () => {
  it('start: the links are put back, and once only', async () => {
    const native = await copyWithoutLinks(place);
    expect(await startAndStop(native, place)).toMatch(/^18\./);
    expect((await lstat(path.join(native, 'lib', 'libpq.so.5'))).isSymbolicLink()).toBe(true);
    expect(await hydrateLinks(native)).toBe(true);
  });

  it('bear several processes putting the links back at once', async () => {
    const native = await copyWithoutLinks(place);
    expect(await Promise.all([1, 2, 3, 4].map(() => hydrateLinks(native)))).toEqual([true, true, true, true]);
  });
});

describe('binaries in a closed or read-only place', () => {
  // Root runs the server as another user, who cannot enter a 0700 folder; an ordinary user cannot write the links
  // into a folder without write permission. Both work on a copy.
  async function makeUnusable(): Promise<{ native: string; cache: string }> {
    const closed = path.join(place, 'closed');
    await mkdir(closed);
    const native = await copyWithoutLinks(closed);
    const cache = path.join(place, 'cache');
    if (isRoot()) {
      await hydrateLinks(native);
      await chmod(closed, 0o700);
    } else {
      await chmod(path.join(native, 'lib'), 0o555);
    }
    return { native, cache };
  }

  it('are copied, once, by several processes at once', async () => {
    const { native, cache } = await makeUnusable();
    const user = await findServerUser(env);
    const prepared = await Promise.all(
      [1, 2, 3].map(() => prepareBinaries(native, { env, user, cacheDir: cache })),
    );
    expect(new Set(prepared.map((one) => one.native)).size).toBe(1);
    expect(prepared[0]?.native.startsWith(cache)).toBe(true);
    expect(await readdir(cache)).toHaveLength(1);
    expect((await lstat(cache)).mode & 0o777).toBe(0o755);
  });

  it('start from the copy', async () => {
    const { native } = await makeUnusable();
    expect(await startAndStop(native, place)).toMatch(/^18\./);
    expect(await readdir(place)).toContain(`fedgen-binaries-${process.getuid?.()}`);
  });

  it('are copied readable even where they were installed with umask 077', async () => {
    const { native, cache } = await makeUnusable();
    await chmod(path.join(native, 'share'), 0o700);
    await chmod(path.join(native, 'bin', 'postgres'), 0o700);
    const user = await findServerUser(env);
    const copy = await prepareBinaries(native, { env, user, cacheDir: cache });
    expect((await lstat(path.join(copy.native, 'share'))).mode & 0o777).toBe(0o755);
    expect((await lstat(path.join(copy.native, 'bin', 'postgres'))).mode & 0o777).toBe(0o755);
  });

  it.each([
    ['that others may write to', async (cache: string) => await chmod(cache, 0o777)],
    [
      'that is a link or belongs to somebody else',
      async (cache: string) => {
        if (isRoot()) {
          await chown(cache, 65_534, 65_534);
          return;
        }
        await rm(cache, { recursive: true });
        await symlink('/var', cache);
      },
    ],
  ])('are not taken from a folder %s', async (_name, tamper) => {
    const { native, cache } = await makeUnusable();
    const user = await findServerUser(env);
    await mkdir(cache, { mode: 0o755 });
    await writeFile(path.join(cache, 'bait'), '');
    await tamper(cache);
    await expect(prepareBinaries(native, { env, user, cacheDir: cache })).rejects.toMatchObject({
      code: 'E_DEV_SERVER',
      message: `The folder ${cache} cannot be trusted`,
    });
  });
});

describe('the user of the server', () => {
  it('is ourselves unless we are root', async () => {
    const user = await findServerUser(env);
    if (isRoot()) expect(user?.uid).toBeGreaterThan(0);
    else expect(user).toBeUndefined();
  });

  it('a folder that this user cannot enter is refused by name', async () => {
    const closed = path.join(place, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const dir = path.join(closed, 'home');
    const starting = startServer({ env, fast: true, dir });
    if (isRoot()) {
      await expect(starting).rejects.toMatchObject({
        code: 'E_DEV_SERVER',
        message: expect.stringContaining(`cannot enter ${dir}`) as unknown,
      });
    } else {
      const server = await starting;
      await server.stop();
      expect(await readdir(dir)).toContain('data');
    }
  });
});
