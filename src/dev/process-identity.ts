import { readFile, readlink } from 'node:fs/promises';
import { isSystemError, runProgram, type Environment } from './program.js';

/**
 * What a process number in a postmaster.pid file stands for: the server of that data folder, another program that got
 * the number after a crash (or a dead process nobody has collected), nothing any more, or a PostgreSQL process of
 * which we cannot tell.
 */
export type ProcessIdentity = 'server' | 'other' | 'gone' | 'unknown';

/** Whether a process with this number exists, ours or not. A dead one that nobody has collected counts as well. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

/**
 * Finds out what process `pid` is to a data folder (a real path). The number alone says nothing, so the command line
 * is asked, which we wrote with `-D <data>` in it; on Linux also the working folder, which every server process has in
 * its data folder, for a server that somebody started by hand.
 */
export async function identifyProcess(data: string, pid: number, env: Environment): Promise<ProcessIdentity> {
  if (!processExists(pid)) return 'gone';
  const line = await findCommandLine(pid, env);
  if (line === undefined) return processExists(pid) ? 'unknown' : 'gone';
  if (mentionsDataFolder(line, data)) return 'server';
  if (!/postgres|postmaster/.test(line)) return 'other';
  if (process.platform !== 'linux') return 'unknown';
  // Root in a container without CAP_SYS_PTRACE may not look.
  const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (workingFolder === undefined) return 'unknown';
  return workingFolder === data ? 'server' : 'other';
}

/** Whether a command line, its arguments joined by blanks, runs a server on exactly this data folder. */
export function mentionsDataFolder(commandLine: string, data: string): boolean {
  const line = commandLine.replaceAll('"', '');
  return /postgres/.test(line) && `${line} `.includes(` -D ${data} `);
}

/**
 * The command line of a process, arguments joined by blanks; undefined when it cannot be asked, empty for a dead
 * process that nobody has collected.
 */
export async function findCommandLine(pid: number, env: Environment): Promise<string | undefined> {
  if (process.platform === 'linux') return await commandLineFromProc(pid);
  if (process.platform === 'win32') {
    const query = `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`;
    return await firstOutput('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], env);
  }
  return await commandLineFromPs(pid, env);
}

async function commandLineFromProc(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return text?.split('\0').join(' ').trim();
}

/** The same by means of ps, for systems without /proc. */
export async function commandLineFromPs(pid: number, env: Environment): Promise<string | undefined> {
  return await firstOutput('/bin/ps', ['-ww', '-o', 'args=', '-p', String(pid)], env);
}

async function firstOutput(
  file: string,
  args: readonly string[],
  env: Environment,
): Promise<string | undefined> {
  const { stdout } = await runProgram(file, args, { env });
  return stdout.trim() || undefined;
}
