import { spawn, type ChildProcess } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';
import { programPath } from './binaries.js';
import { dataFolder } from './cluster.js';
import { poll } from './polling.js';
import { findPostmasterFile } from './postmaster-file.js';
import type { PreparedBinaries } from './prepare-binaries.js';
import { childEnvironment, runAs, type Environment, type ServerUser } from './program.js';
import { shutDown } from './shutdown.js';

/** The one address a server of ours listens on. */
export const LOOPBACK = '127.0.0.1';

/** Server settings by name, as in postgresql.conf. */
export type ServerSettings = Readonly<Record<string, string | number | boolean>>;

/** What startPostmaster needs to know. */
export interface PostmasterOptions {
  readonly binaries: PreparedBinaries;
  readonly home: string;
  readonly user: ServerUser | undefined;
  readonly port: number;
  readonly settings: ServerSettings;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly guard?: ((child: ChildProcess) => void) | undefined;
  /** How long recovery may take. */
  readonly readyLimitMs?: number;
}

/** A server that accepts connections. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
}

/** How one attempt to start ended; the first two failures are worth another attempt. */
export type StartAttempt =
  | { readonly kind: 'ready'; readonly postmaster: Postmaster }
  | {
      readonly kind: 'failed';
      readonly why: 'port-taken' | 'old-processes' | 'other';
      readonly said: string;
    };

const READY_LIMIT_MS = 60_000;
const LOG_TAIL_BYTES = 64 * 1024;

/** Where a home's server writes its log. A file and not a pipe: a pipe keeps our event loop alive and breaks with us. */
export function logFile(home: string): string {
  return path.join(home, 'log');
}

/** The last 64 KB of a home's log from byte `from` on; empty when there is none. */
export async function readLog(home: string, from = 0): Promise<string> {
  const size = await sizeOf(logFile(home));
  const start = Math.max(from, size - LOG_TAIL_BYTES);
  if (start >= size) return '';
  const file = await open(logFile(home), 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

/** A port that nobody listens on at this moment. Somebody else may take it before we do: startPostmaster tells. */
export async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => (port === undefined ? reject(new Error('no port')) : resolve(port)));
    });
  });
}

/**
 * Starts the server of a home once and waits until it accepts connections, it has ended, or the limit is reached.
 * An abort stops it again and rejects with the signal's reason.
 */
export async function startPostmaster(options: PostmasterOptions): Promise<StartAttempt> {
  options.signal?.throwIfAborted();
  const data = dataFolder(options.home);
  const logStart = await sizeOf(logFile(options.home));
  const child = await spawnPostgres(options);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const { pid } = child;
  if (pid === undefined) throw new FedgenError('E_DEV_SERVER', 'The PostgreSQL server got no process');
  const stop = async (): Promise<void> =>
    await shutDown({ pid, native: options.binaries.native, env: options.env, isGone: hasEnded });
  const settled = async (): Promise<'ready' | 'ended' | undefined> => {
    if (hasEnded()) return 'ended';
    const file = await findPostmasterFile(data);
    return file?.pid === pid && file.state === 'ready' ? 'ready' : undefined;
  };
  try {
    const limitMs = options.readyLimitMs ?? READY_LIMIT_MS;
    const state = await poll(settled, { limitMs, signal: options.signal });
    if (state === 'ready') return { kind: 'ready', postmaster: { pid, port: options.port, child } };
  } catch (error) {
    await stop();
    throw error;
  }
  await stop();
  const said = await readLog(options.home, logStart);
  return { kind: 'failed', why: diagnose(said), said };
}

async function spawnPostgres(options: PostmasterOptions): Promise<ChildProcess> {
  const { binaries, home, user, port, settings, env, guard } = options;
  const data = dataFolder(home);
  const all: ServerSettings = {
    ...settings,
    listen_addresses: LOOPBACK,
    port,
    // No Unix socket: its path has a limit of 107 bytes, and one address is enough.
    unix_socket_directories: '',
  };
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const log = await open(logFile(home), 'a', 0o600);
  try {
    const child = spawn(programPath(binaries.native, 'postgres'), args, {
      ...runAs(user),
      cwd: data,
      env: childEnvironment(env),
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      windowsHide: true,
    });
    guard?.(child);
    await started(child);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new FedgenError('E_DEV_SERVER', `PostgreSQL could not be run: ${cause.message}`, { cause })),
    );
  });
}

/** Reads from the log why a start failed. The cluster and our environment are in the C locale: the words are fixed. */
export function diagnose(log: string): 'port-taken' | 'old-processes' | 'other' {
  if (/pre-existing shared memory block .* is still in use/.test(log)) return 'old-processes';
  if (/could not (bind|create any TCP\/IP sockets)/.test(log)) return 'port-taken';
  return 'other';
}

/** The error for an attempt that is not to be repeated. */
export function startFailed(
  home: string,
  attempt: StartAttempt & { kind: 'failed' },
  port: number,
): FedgenError {
  if (attempt.why === 'port-taken') {
    return new FedgenError('E_DEV_SERVER', `Port ${port} on ${LOOPBACK} is taken by another program`, {
      hint: 'Name another port, or none: a free one is found then.',
      details: { port },
    });
  }
  const last = attempt.said.trim().split('\n').slice(-5).join('\n');
  return new FedgenError('E_DEV_SERVER', `The PostgreSQL server in ${home} did not start:\n${last}`, {
    hint: `The whole log: ${logFile(home)}`,
    details: { folder: home },
  });
}
