import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { FedgenError } from '../shared/errors.js';
import { isSystemError } from './program.js';

const State = z.object({ port: z.int().min(1).max(65_535), version: z.string() });

/** What is remembered of a development server between runs, so that its URL stays the same. */
export type DevState = Readonly<z.infer<typeof State>>;

/** Reads what is remembered of the server in `cluster`; undefined when it never ran, or the file is damaged. */
export async function findDevState(cluster: string): Promise<DevState | undefined> {
  try {
    return State.parse(JSON.parse(await readFile(stateFile(cluster), 'utf8')));
  } catch {
    return undefined; // only a convenience: the next start writes it again
  }
}

/** Remembers a server's port and version. */
export async function saveDevState(cluster: string, state: DevState): Promise<void> {
  const draft = `${stateFile(cluster)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(draft, stateFile(cluster));
}

function stateFile(cluster: string): string {
  return path.join(cluster, 'server.json');
}

/** Writes the superuser's password to a file only we can read. */
export async function savePassword(cluster: string, password: string): Promise<void> {
  await writeFile(passwordFile(cluster), `${password}\n`, { mode: 0o600, flag: 'wx' });
}

/** Reads the superuser's password. Throws E_DEV_SERVER when the file is missing. */
export async function readPassword(cluster: string): Promise<string> {
  try {
    return (await readFile(passwordFile(cluster), 'utf8')).trim();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EACCES')) throw error;
    throw new FedgenError('E_DEV_SERVER', `The password file ${passwordFile(cluster)} cannot be read`, {
      hint: 'Remove the development server and start it anew; its data are lost then.',
      cause: error,
    });
  }
}

function passwordFile(cluster: string): string {
  return path.join(cluster, 'password');
}
