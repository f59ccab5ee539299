import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, cp, lstat, readdir, readFile, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { FedgenError } from '../shared/errors.js';
import { programPath } from './binaries.js';
import { assertPrivate, makeFolder, makeUniqueFolder, removeFolder, temporaryFolder } from './folders.js';
import { isSystemError, runProgram, type Environment, type ServerUser } from './program.js';

/** Programs that were seen to run as the server's user. */
export interface PreparedBinaries {
  readonly native: string;
  /** As the server says it, such as 18.4. */
  readonly version: string;
  readonly major: number;
}

/** What prepareBinaries needs to know. */
export interface PrepareOptions {
  readonly env: Environment;
  readonly user: ServerUser | undefined;
  /** Where a copy goes when one is needed; otherwise a folder of ours under the temporary folder. */
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes sure that the programs in `native` run as the server's user: puts back the library links that an install with
 * --ignore-scripts leaves out, and works on a copy when the folder is read-only or closed to that user (a package
 * under root's home). Throws E_DEV_SERVER when they cannot run at all.
 */
export async function prepareBinaries(native: string, options: PrepareOptions): Promise<PreparedBinaries> {
  const linked = await hydrateLinks(native);
  const version = linked ? await probeVersion(native, options) : undefined;
  if (version !== undefined) return describe(native, version);
  const copy = await copyToCache(native, options);
  const copyVersion = await probeVersion(copy, options);
  if (copyVersion !== undefined) return describe(copy, copyVersion);
  throw new FedgenError('E_DEV_SERVER', `The PostgreSQL programs in ${copy} may not be run`, {
    hint: 'Is that file system mounted noexec? Set TMPDIR to another place.',
  });
}

function describe(native: string, version: string): PreparedBinaries {
  return { native, version, major: Number.parseInt(version, 10) };
}

const LinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Creates the links that the package's postinstall script creates (npm packages cannot hold links).
 * Returns false when some are missing and the folder cannot be written to.
 */
export async function hydrateLinks(native: string): Promise<boolean> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of LinkList.parse(JSON.parse(list))) {
    const link = path.join(path.dirname(native), target);
    if (await exists(link)) continue;
    try {
      await symlink(path.basename(source), link);
    } catch (error) {
      if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) return false;
      if (!isSystemError(error, 'EEXIST')) throw error; // another process was quicker
    }
  }
  return true;
}

async function exists(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}

/** Runs `postgres --version` as the server's user; undefined when that user is not let in. */
async function probeVersion(native: string, options: PrepareOptions): Promise<string | undefined> {
  const { env, user, signal } = options;
  try {
    const run = await runProgram(programPath(native, 'postgres'), ['--version'], { env, user, signal });
    const version = /\(PostgreSQL\) (\S+)/.exec(run.stdout)?.[1];
    if (run.code === 0 && version !== undefined) return version;
    if (run.stderr.includes('Permission denied')) return undefined;
    throw cannotRun(native, run.stderr.trim() || `it ended with ${run.code ?? 'a signal'}`);
  } catch (error) {
    if (isSystemError(error, 'EACCES')) return undefined;
    if (isSystemError(error, 'ENOENT')) throw cannotRun(native, 'its loader is missing', error);
    throw error;
  }
}

function cannotRun(native: string, why: string, cause?: unknown): FedgenError {
  return new FedgenError('E_DEV_SERVER', `The PostgreSQL programs in ${native} do not run here: ${why}`, {
    hint: 'They need glibc (Alpine has none). Use a server of your own: set PGHOST or DATABASE_URL.',
    cause,
  });
}

/** Copies the programs to a folder everybody can read, once per build of them. Safe beside other processes doing the same. */
async function copyToCache(native: string, options: PrepareOptions): Promise<string> {
  const cache = options.cacheDir ?? (await defaultCache(options));
  await makeFolder(cache, 0o755);
  await assertPrivate(cache);
  try {
    const final = path.join(cache, await fingerprint(native));
    if (!(await exists(final))) await copyInto(native, cache, final);
    await assertPrivate(final);
    return path.join(final, 'native');
  } catch (error) {
    if (error instanceof FedgenError) throw error;
    throw new FedgenError(
      'E_DEV_SERVER',
      `The PostgreSQL programs in ${native} could not be copied to ${cache}`,
      {
        hint: 'Is there room and may you write there? Set TMPDIR to another place.',
        cause: error,
      },
    );
  }
}

async function defaultCache({ env, user }: PrepareOptions): Promise<string> {
  return path.join(await temporaryFolder(env, user), `fedgen-binaries-${process.getuid?.() ?? 'user'}`);
}

async function copyInto(native: string, cache: string, final: string): Promise<void> {
  const draft = await makeUniqueFolder(path.join(cache, 'draft-'), undefined);
  try {
    await cp(native, path.join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(draft);
    await hydrateLinks(path.join(draft, 'native'));
    await rename(draft, final);
  } catch (error) {
    await removeFolder(draft);
    // Another process has put its copy there: as good as ours.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM') || !(await exists(final))) throw error;
  }
}

async function openToAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const target = path.join(entry.parentPath, entry.name);
    const runs = entry.isDirectory() || path.basename(entry.parentPath) === 'bin';
    await chmod(target, runs ? 0o755 : 0o644);
  }
  await chmod(folder, 0o755);
}

/** Two builds of one version differ (beta.16, beta.17), so the key is what the server program holds. */
async function fingerprint(native: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(programPath(native, 'postgres')), hash);
  return `postgres-${hash.digest('hex').slice(0, 16)}`;
}
