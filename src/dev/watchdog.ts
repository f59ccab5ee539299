import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { Socket } from 'node:net';
import { programPath } from './binaries.js';
import { childEnvironment, type Environment } from './program.js';

/** A small process that outlives us, to clean up when we cannot: SIGKILL, an uncaught exception, an exit in the middle. */
export interface Watchdog {
  /** From now on, until it ends, this child is stopped when we die. */
  guard(child: ChildProcess): void;
  /** All is cleaned up: the watchdog leaves without doing anything. */
  dismiss(): void;
  readonly pid: number | undefined;
}

/** What startWatchdog needs to know. */
export interface WatchdogOptions {
  /** Folder to remove once the server has ended. */
  readonly remove?: string | undefined;
  readonly native: string;
  readonly env: Environment;
  /** `sh` where there is one; `node` does the same with a Node process (40 MB instead of 1). */
  readonly kind?: 'sh' | 'node';
}

// Both read lines from a pipe that only we hold: `run <pid>`, `idle`, `bye`. The end of the pipe without a `bye` is our
// death. They try SIGINT, SIGQUIT and SIGKILL in turn, with limits, since nobody may be there to collect the dead.
const SH = `
pid=
while read -r word value; do
  case "$word" in
    run) pid=$value ;;
    idle) pid= ;;
    bye) exit 0 ;;
  esac
done
if [ -n "$pid" ]; then
  for signal in INT QUIT KILL; do
    kill -s "$signal" "$pid" 2>/dev/null || break
    turns=0
    while kill -s 0 "$pid" 2>/dev/null && [ "$turns" -lt 200 ]; do
      sleep 0.05 2>/dev/null || sleep 1
      turns=$((turns + 1))
    done
  done
fi
if [ -n "$1" ]; then rm -rf -- "$1"; fi
`;

const NODE = `
const { spawnSync } = require('node:child_process');
const [remove, pgCtl] = process.argv.slice(1);
let pid, bye = false;
const send = (signal) => {
  if (pgCtl && signal !== 0 && signal !== 'SIGKILL') return spawnSync(pgCtl, ['kill', signal.slice(3), String(pid)]).status === 0;
  try { process.kill(pid, signal); return true; } catch { return false; }
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const cleanUp = async () => {
  if (bye) return;
  for (const signal of pid ? ['SIGINT', 'SIGQUIT', 'SIGKILL'] : []) {
    if (!send(signal)) break;
    for (let turns = 0; turns < 200 && send(0); turns += 1) await wait(50);
  }
  if (remove) require('node:fs').rmSync(remove, { recursive: true, force: true, maxRetries: 10 });
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, value] = line.split(' ');
  if (word === 'run') pid = Number(value);
  if (word === 'idle') pid = undefined;
  if (word === 'bye') bye = true;
}).on('close', cleanUp);
`;

/** Starts a watchdog. It does not keep our event loop alive. */
export async function startWatchdog(options: WatchdogOptions): Promise<Watchdog> {
  const onWindows = process.platform === 'win32';
  const kind = options.kind ?? (onWindows ? 'node' : 'sh');
  const remove = options.remove ?? '';
  const pgCtl = onWindows ? programPath(options.native, 'pg_ctl') : '';
  const [file, args] =
    kind === 'sh'
      ? (['/bin/sh', ['-c', SH, 'fedgen-watchdog', remove]] as const)
      : ([process.execPath, ['-e', NODE, remove, pgCtl]] as const);
  const child = spawn(file, args, {
    // A session of its own, and no working folder of ours held: it may outlive both.
    detached: true,
    cwd: onWindows ? undefined : '/',
    env: childEnvironment(options.env),
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  return speakTo(child, child.stdin);
}

function speakTo(watchdog: ChildProcess, pipe: Writable): Watchdog {
  // Somebody may have killed the watchdog: that must not kill us.
  pipe.on('error', () => undefined);
  if (pipe instanceof Socket) pipe.unref();
  const say = (line: string): void => {
    if (pipe.writable) pipe.write(`${line}\n`);
  };
  return {
    pid: watchdog.pid,
    guard(child) {
      if (child.pid === undefined) return;
      say(`run ${child.pid}`);
      child.once('exit', () => say('idle'));
    },
    dismiss() {
      say('bye');
      pipe.end();
    },
  };
}
