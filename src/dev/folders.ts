import { chmod, chown, lstat, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';
import type { Environment, ServerUser } from './program.js';
import { canEnter } from './server-user.js';

const OTHERS_MAY_WRITE = 0o022;
const STICKY = 0o1000;

/** The mode of a folder of ours that the server's user has to pass through, without a look at what else is in it. */
export function passageMode(user: ServerUser | undefined): number {
  return user === undefined ? 0o700 : 0o711;
}

/** Creates a folder and its missing parents with exactly this mode, whatever the umask; an existing one is left alone. */
export async function makeFolder(folder: string, mode: number): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = folder; ; made = path.dirname(made)) {
    await chmod(made, mode);
    if (made === first || made === path.dirname(made)) return;
  }
}

/**
 * Holds that a folder is a real one, ours, and that nobody else can write to it or swap it for another.
 * Throws E_DEV_SERVER otherwise: in a temporary folder anybody can have put it there first.
 */
export async function assertPrivate(folder: string): Promise<void> {
  const uid = process.getuid?.();
  if (uid === undefined) return; // Windows: access lists, and temporary folders are per user
  const own = await lstat(folder);
  const parent = await stat(path.dirname(folder));
  const swappable = (parent.mode & OTHERS_MAY_WRITE) !== 0 && (parent.mode & STICKY) === 0;
  if (own.isDirectory() && own.uid === uid && (own.mode & OTHERS_MAY_WRITE) === 0 && !swappable) return;
  throw new FedgenError('E_DEV_SERVER', `The folder ${folder} cannot be trusted`, {
    hint: 'It must be a folder of yours that nobody else can write to. Remove it, or set TMPDIR to another place.',
    details: { folder, owner: own.uid, mode: (own.mode & 0o7777).toString(8) },
  });
}

/** The first temporary folder that the server's user can enter; TMPDIR (TEMP on Windows) comes first. */
export async function temporaryFolder(env: Environment, user: ServerUser | undefined): Promise<string> {
  const named =
    process.platform === 'win32' ? [env['TEMP'], env['TMP']] : [env['TMPDIR'], '/tmp', '/var/tmp'];
  for (const folder of named) {
    if (folder === undefined || folder === '' || !(await isFolder(folder))) continue;
    if (await canEnter(user, folder, env)) return path.resolve(folder);
  }
  throw new FedgenError('E_DEV_SERVER', 'No temporary folder was found for the embedded PostgreSQL', {
    hint: `Set ${process.platform === 'win32' ? 'TEMP' : 'TMPDIR'} to a folder${user ? ` that ${user.name} can enter` : ''}.`,
  });
}

async function isFolder(folder: string): Promise<boolean> {
  return await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A new folder with an unpredictable name, passable for the server's user. */
export async function makeUniqueFolder(prefix: string, user: ServerUser | undefined): Promise<string> {
  const folder = await mkdtemp(prefix);
  await chmod(folder, passageMode(user));
  return folder;
}

/** Hands a file or folder to the server's user. */
export async function giveTo(user: ServerUser | undefined, target: string): Promise<void> {
  if (user !== undefined) await chown(target, user.uid, user.gid);
}

/** Removes a folder with all it holds; no complaint when it is not there. */
export async function removeFolder(folder: string): Promise<void> {
  // Windows needs the retries: files stay locked for a moment after their process has ended.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
