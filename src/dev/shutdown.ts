import { programPath } from './binaries.js';
import { FedgenError } from '../shared/errors.js';
import { poll } from './polling.js';
import { isSystemError, runProgram, type Environment } from './program.js';

/** What shutDown needs to know. */
export interface ShutdownOptions {
  readonly pid: number;
  /** Where the programs are: Windows has no signals, there pg_ctl carries them. */
  readonly native: string | undefined;
  readonly env: Environment;
  /** Whether the server has ended; must not be fooled by another process with the same number. */
  readonly isGone: () => boolean | Promise<boolean>;
}

// SIGINT is PostgreSQL's fast shutdown (sessions are ended, data written), SIGQUIT the immediate one (recovery at the
// next start), SIGKILL the last resort: backends then notice for themselves that their parent has gone.
const STEPS = [
  { signal: 'SIGINT', limitMs: 20_000 },
  { signal: 'SIGQUIT', limitMs: 5_000 },
  { signal: 'SIGKILL', limitMs: 5_000 },
] as const;

/** Stops a server and waits until it has ended, harder and harder. Throws E_DEV_SERVER when nothing helps. */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const gone = async (): Promise<true | undefined> => ((await options.isGone()) ? true : undefined);
  for (const { signal, limitMs } of STEPS) {
    if (await gone()) return;
    await sendSignal(options, signal);
    if (await poll(gone, { limitMs })) return;
  }
  throw new FedgenError('E_DEV_SERVER', `The PostgreSQL server (process ${options.pid}) does not stop`, {
    hint: 'Look at what that process waits for (a dead network disk?).',
    details: { pid: options.pid },
  });
}

async function sendSignal(options: ShutdownOptions, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
  const { pid, native, env } = options;
  if (process.platform === 'win32' && native !== undefined && signal !== 'SIGKILL') {
    await runProgram(programPath(native, 'pg_ctl'), ['kill', signal.slice(3), String(pid)], { env });
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}
