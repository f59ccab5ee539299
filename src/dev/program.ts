import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

/** The environment as the caller holds it; this folder never looks it up itself. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An operating system user that programs are run as. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** How runProgram starts a program. */
export interface RunOptions {
  readonly env: Environment;
  /** Another user than ours; only root can ask for that. */
  readonly user?: ServerUser | undefined;
  readonly cwd?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of the child before anything is awaited (the watchdog wants to know what to kill). */
  readonly guard?: ((child: ChildProcess) => void) | undefined;
}

/** What a program left behind. `code` is null when a signal ended it. */
export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// PGPORT, PGDATA and the like change what the server programs do: only what every program needs is handed on.
const PASSED_ON = [
  ...['PATH', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'],
  ...['SystemRoot', 'windir', 'ComSpec', 'PATHEXT', 'TEMP', 'TMP', 'SystemDrive', 'USERPROFILE'],
];

/** The environment for the server's programs: the few harmless variables of `env`, and the C locale for messages. */
export function childEnvironment(env: Environment): Record<string, string> {
  const result: Record<string, string> = { LC_ALL: 'C' };
  for (const name of PASSED_ON) {
    const value = env[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** The spawn options that make a child run as `user`; none without a user. */
export function runAs(user: ServerUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

/**
 * Runs a program to its end and collects its output. Throws what spawn throws (ENOENT, EACCES), and an AbortError
 * when `signal` fires: the child has been sent SIGTERM and has ended by then.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const child = spawn(file, args, {
    ...runAs(options.user),
    // Our own working folder may be closed to the other user, and initdb insists on knowing where it is.
    cwd: options.cwd ?? path.parse(file).root,
    env: childEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in the terminal is for us, and we end the child in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const abort = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', abort, { once: true });
  options.guard?.(child);
  try {
    const result = await outcome(child);
    options.signal?.throwIfAborted();
    return result;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

function outcome(child: ChildProcess): Promise<RunResult> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

/** Whether an unknown error is a system error with one of these codes, such as EACCES. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
