import { link, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from './program.js';

/** What a server writes to postmaster.pid about itself. `port` and `state` are missing while it starts. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number | undefined;
  /** starting, ready, standby or stopping. */
  readonly state: string | undefined;
}

/** Reads the text of a postmaster.pid file: line 1 is the process, line 4 the port, line 8 the state. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = wholeNumber(lines[0]);
  if (pid === undefined) return undefined;
  return { pid, port: wholeNumber(lines[3]), state: lines[7] === '' ? undefined : lines[7] };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

/** The postmaster.pid of a data folder; undefined when there is none. */
export async function findPostmasterFile(data: string): Promise<PostmasterFile | undefined> {
  try {
    return parsePostmasterFile(await readFile(path.join(data, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    // EBUSY and EPERM: on Windows the server has it open for writing at this very moment.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EBUSY', 'EPERM')) return undefined;
    throw error;
  }
}

/**
 * Removes a postmaster.pid that names a process which is no PostgreSQL server. PostgreSQL itself only asks whether
 * such a process exists, so a number given to another program after a crash would keep the server down for good.
 * Left-over processes of a crashed server are no danger: it also looks at its shared memory.
 */
export async function removeStalePostmasterFile(data: string, pid: number): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
    // Between our look and the move another process may have started the server: then the file is its own.
    const moved = parsePostmasterFile(await readFile(aside, 'utf8'));
    if (moved !== undefined && moved.pid !== pid) await link(aside, file);
    await rm(aside, { force: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EEXIST')) throw error;
  }
}
