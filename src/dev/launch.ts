import path from 'node:path';
import { realpath } from 'node:fs/promises';
import { FedgenError } from '../shared/errors.js';
import { asDevError } from './dev-error.js';
import { DEFAULT_BINARIES, findBinaries, type BinarySource } from './binaries.js';
import {
  assertSameMajor,
  findClusterMajor,
  generatePassword,
  initCluster,
  SUPERUSER,
  type ClusterAuth,
} from './cluster.js';
import { makeFolder, makeUniqueFolder, passageMode, removeFolder, temporaryFolder } from './folders.js';
import { LOOPBACK, readLog, type Postmaster, type ServerSettings } from './postmaster.js';
import { prepareBinaries, type PreparedBinaries } from './prepare-binaries.js';
import type { Environment, ServerUser } from './program.js';
import { canEnter, findServerUser } from './server-user.js';
import { shutDown } from './shutdown.js';
import { startPatiently } from './start-patiently.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** How startServer starts a server. */
export interface StartOptions {
  readonly env: Environment;
  readonly binaries?: BinarySource;
  /** A folder that is kept, with its data. Without it the server is a throw-away one: stop() removes everything. */
  readonly dir?: string;
  /** Without it a free one is found. */
  readonly port?: number;
  /** scram (default): with a password. trust: everybody on this machine is let in as anybody, for tests. */
  readonly auth?: 'scram' | 'trust';
  /** For scram; generated when missing. Must be given again for a folder that holds a cluster already. */
  readonly password?: string;
  /** No fsync: several times faster, and a power cut destroys the data. For tests and demonstrations. */
  readonly fast?: boolean;
  /** Stop the server when our process dies, however it dies. Default: true. */
  readonly watchdog?: boolean;
  readonly settings?: ServerSettings;
  readonly signal?: AbortSignal;
}

/** A running server. */
export interface EmbeddedServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Missing with auth `trust`. */
  readonly password: string | undefined;
  readonly database: string;
  readonly url: string;
  readonly pid: number;
  /** The folder that holds data/ and log. */
  readonly dir: string;
  readonly version: string;
  /** Stops the server, waits until it has ended, and removes a throw-away folder. May be called more than once. */
  stop(): Promise<void>;
  /** The last 64 KB of the server's log; what was last read once the folder has gone. */
  log(): Promise<string>;
}

const FAST: ServerSettings = { fsync: false, synchronous_commit: false, full_page_writes: false };

interface Preparation {
  readonly options: StartOptions;
  readonly user: ServerUser | undefined;
  readonly binaries: PreparedBinaries;
  readonly home: string;
  readonly throwAway: boolean;
  readonly watchdog: Watchdog | undefined;
}

/**
 * Starts a PostgreSQL server from npm-packaged binaries on 127.0.0.1 and waits until it accepts connections.
 * As root the server runs as the user postgres or nobody. Throws E_DEV_SERVER, and E_INTERRUPTED when `signal` fires;
 * in both cases nothing is left running or lying about.
 */
export async function startServer(options: StartOptions): Promise<EmbeddedServer> {
  try {
    const preparation = await prepare(options);
    try {
      return await run(preparation);
    } catch (error) {
      await cleanUp(preparation);
      throw error;
    }
  } catch (error) {
    throw asDevError(error, options.signal);
  }
}

async function prepare(options: StartOptions): Promise<Preparation> {
  const { env, signal } = options;
  const user = await findServerUser(env);
  const native = findBinaries(options.binaries ?? DEFAULT_BINARIES);
  const binaries = await prepareBinaries(native, { env, user, signal });
  const throwAway = options.dir === undefined;
  const home = await (options.dir === undefined ? makeHome(env, user) : openHome(options.dir, env, user));
  if (options.watchdog === false) return { options, user, binaries, home, throwAway, watchdog: undefined };
  const remove = throwAway ? home : undefined;
  try {
    const watchdog = await startWatchdog({ remove, native: binaries.native, env });
    return { options, user, binaries, home, throwAway, watchdog };
  } catch (error) {
    if (throwAway) await removeFolder(home);
    throw error;
  }
}

async function makeHome(env: Environment, user: ServerUser | undefined): Promise<string> {
  return await makeUniqueFolder(path.join(await temporaryFolder(env, user), 'fedgen-pg-'), user);
}

/** Makes a folder that is kept and holds that the server's user can pass through it. Returns its real path. */
export async function openHome(
  folder: string,
  env: Environment,
  user: ServerUser | undefined,
): Promise<string> {
  await makeFolder(path.resolve(folder), passageMode(user));
  const home = await realpath(folder);
  if (await canEnter(user, home, env)) return home;
  throw new FedgenError('E_DEV_SERVER', `The user ${user?.name ?? ''} cannot enter ${home}`, {
    hint: 'PostgreSQL does not run as root but as that user. Name a folder outside of closed ones such as /root.',
    details: { folder: home },
  });
}

async function run(preparation: Preparation): Promise<EmbeddedServer> {
  const { options, home, binaries, watchdog } = preparation;
  const password = options.auth === 'trust' ? undefined : (options.password ?? generatePassword());
  await ensureCluster(preparation, password === undefined ? { kind: 'trust' } : { kind: 'scram', password });
  const postmaster = await startPatiently(
    {
      binaries,
      home,
      user: preparation.user,
      settings: { ...(options.fast ? FAST : {}), ...options.settings },
      env: options.env,
      signal: options.signal,
      guard: watchdog ? (child) => watchdog.guard(child) : undefined,
    },
    { fixed: options.port },
  );
  return handle(preparation, postmaster, password);
}

async function ensureCluster(preparation: Preparation, auth: ClusterAuth): Promise<void> {
  const { options, home, user, binaries, watchdog } = preparation;
  const major = await findClusterMajor(home);
  if (major !== undefined) {
    assertSameMajor(home, major, binaries);
    return;
  }
  const { env, signal, fast = false } = options;
  const guard = watchdog ? watchdog.guard.bind(watchdog) : undefined;
  await initCluster({ binaries, home, user, auth, fast, env, signal, guard });
}

/** The connection URL of a server of ours. */
export function serverUrl(port: number, password: string | undefined): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgresql://${SUPERUSER}${secret}@${LOOPBACK}:${port}/${SUPERUSER}`;
}

function handle(
  preparation: Preparation,
  { pid, port, child }: Postmaster,
  password: string | undefined,
): EmbeddedServer {
  const { home, binaries, options } = preparation;
  let stopping: Promise<void> | undefined;
  let lastLog = '';
  const stop = async (): Promise<void> => {
    const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await shutDown({ pid, native: binaries.native, env: options.env, isGone });
    lastLog = await readLog(home);
    await cleanUp(preparation);
  };
  return {
    host: LOOPBACK,
    port,
    user: SUPERUSER,
    password,
    database: SUPERUSER,
    url: serverUrl(port, password),
    pid,
    dir: home,
    version: binaries.version,
    stop: async () => await (stopping ??= stop()),
    log: async () => (lastLog = (await readLog(home)) || lastLog),
  };
}

async function cleanUp({ home, throwAway, watchdog }: Preparation): Promise<void> {
  if (throwAway) await removeFolder(home);
  watchdog?.dismiss();
}
