import { lstat, readdir, realpath, rename, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';
import { DEFAULT_BINARIES, findBinaries, type BinarySource } from './binaries.js';
import {
  assertSameMajor,
  dataFolder,
  findClusterMajor,
  generatePassword,
  initCluster,
  SUPERUSER,
} from './cluster.js';
import { asDevError } from './dev-error.js';
import { findDevState, readPassword, saveDevState, savePassword } from './dev-state.js';
import { assertPrivate, makeUniqueFolder, removeFolder } from './folders.js';
import { openHome, serverUrl } from './launch.js';
import { poll } from './polling.js';
import { LOOPBACK } from './postmaster.js';
import { findPostmasterFile } from './postmaster-file.js';
import { prepareBinaries, type PreparedBinaries } from './prepare-binaries.js';
import { identifyProcess } from './process-identity.js';
import { isSystemError, type Environment, type ServerUser } from './program.js';
import { findServerUser } from './server-user.js';
import { shutDown } from './shutdown.js';
import { startPatiently } from './start-patiently.js';

/** Which development server is meant. */
export interface DevServerPlace {
  readonly dir: string;
  readonly env: Environment;
}

/** How startDevServer starts it. */
export interface DevStartOptions extends DevServerPlace {
  /** Without it: the one it had before, or a free one. */
  readonly port?: number;
  readonly binaries?: BinarySource;
  readonly signal?: AbortSignal;
}

/** A development server that runs. Only `url` holds the password. */
export interface RunningDevServer {
  readonly state: 'running';
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly user: string;
  readonly database: string;
  readonly version: string;
  readonly url: string;
}

/** How things stand: `stopped` has data, `absent` has none. */
export type DevServerStatus =
  | RunningDevServer
  | { readonly state: 'stopped'; readonly dir: string; readonly version: string }
  | { readonly state: 'absent'; readonly dir: string };

/** What a start found or did. */
export type DevStartResult = RunningDevServer & { readonly alreadyRunning: boolean };

/** What a stop found and did. */
export interface DevStopResult {
  readonly dir: string;
  readonly wasRunning: boolean;
  readonly removed: boolean;
}

// As long as a start waits for recovery, so that whoever meets it waits for its end.
const SETTLE_LIMIT_MS = 60_000;

/*
 * In the folder:  cluster/{data,log,password,server.json}  and  binaries/ (only when a copy was needed).
 * There is no lock file of ours that could be left behind. A cluster is made under another name and renamed, so it is
 * there in full or not at all and the first of two wins; PostgreSQL lets only one server onto its data, and the start
 * that comes second waits for the first one's server.
 */
function clusterFolder(dir: string): string {
  return path.join(dir, 'cluster');
}

/**
 * Starts the server that stays when we end, with durable settings and a password, and creates it on first use. Where
 * it runs already that is the result. Throws E_DEV_SERVER, and E_INTERRUPTED when `signal` fires.
 */
export async function startDevServer(options: DevStartOptions): Promise<DevStartResult> {
  const { env, signal } = options;
  try {
    const user = await findServerUser(env);
    const dir = await openHome(options.dir, env, user);
    const running = await findRunning(dir, env, signal);
    if (running !== undefined) return { ...running, alreadyRunning: true };
    const native = findBinaries(options.binaries ?? DEFAULT_BINARIES);
    // Not the temporary folder: that gets swept while the server runs on.
    const cacheDir = path.join(dir, 'binaries');
    const binaries = await prepareBinaries(native, { env, user, signal, cacheDir });
    await ensureCluster(dir, binaries, user, options);
    return await startOrJoin(dir, binaries, user, options);
  } catch (error) {
    throw asDevError(error, signal);
  }
}

async function ensureCluster(
  dir: string,
  binaries: PreparedBinaries,
  user: ServerUser | undefined,
  { env, signal }: DevStartOptions,
): Promise<void> {
  const cluster = clusterFolder(dir);
  if (!(await exists(cluster))) {
    const draft = await makeUniqueFolder(path.join(dir, 'draft-'), user);
    try {
      const password = generatePassword();
      const auth = { kind: 'scram', password } as const;
      await initCluster({ binaries, home: draft, user, auth, fast: false, env, signal });
      await savePassword(draft, password);
      await rename(draft, cluster);
    } catch (error) {
      await removeFolder(draft);
      // Somebody else's cluster came first: then we use that.
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM') || !(await exists(cluster))) throw error;
    }
  }
  await assertPrivate(cluster);
  const major = await findClusterMajor(cluster);
  if (major !== undefined) {
    assertSameMajor(cluster, major, binaries);
    return;
  }
  throw new FedgenError('E_DEV_SERVER', `${cluster} holds no PostgreSQL data`, {
    hint: 'Is it really the folder of a development server? Name another one, or remove it.',
  });
}

async function startOrJoin(
  dir: string,
  binaries: PreparedBinaries,
  user: ServerUser | undefined,
  { env, signal, port }: DevStartOptions,
): Promise<DevStartResult> {
  const home = clusterFolder(dir);
  const before = await findDevState(home);
  try {
    const postmaster = await startPatiently(
      { binaries, home, user, settings: {}, env, signal },
      { fixed: port, preferred: before?.port },
    );
    await saveDevState(home, { port: postmaster.port, version: binaries.version });
    const facts = await describeRunning(dir, postmaster.pid, postmaster.port, binaries.version);
    return { ...facts, alreadyRunning: false };
  } catch (error) {
    // A start that came between has its server on the data: ours was refused, theirs is as good.
    const running = signal?.aborted ? undefined : await findRunning(dir, env, signal);
    if (running !== undefined) return { ...running, alreadyRunning: true };
    throw error;
  }
}

/** Tells whether the development server runs and where. Changes nothing. */
export async function devServerStatus(place: DevServerPlace): Promise<DevServerStatus> {
  const dir = await realPathOf(place.dir);
  try {
    const running = await findRunning(dir, place.env, undefined);
    if (running !== undefined) return running;
    const major = await findClusterMajor(clusterFolder(dir));
    if (major === undefined) return { state: 'absent', dir };
    const remembered = await findDevState(clusterFolder(dir));
    return { state: 'stopped', dir, version: remembered?.version ?? String(major) };
  } catch (error) {
    throw asDevError(error, undefined);
  }
}

/** The URL of the running development server. Throws E_DEV_SERVER when it does not run. */
export async function devServerUrl(place: DevServerPlace): Promise<string> {
  const status = await devServerStatus(place);
  if (status.state === 'running') return status.url;
  throw new FedgenError('E_DEV_SERVER', `The development server in ${status.dir} does not run`, {
    hint: 'Start it with `fedgen dev start`.',
    details: { folder: status.dir, state: status.state },
  });
}

/**
 * Stops the development server and waits until it has ended; with `remove` its data go as well. Nothing to stop or to
 * remove is no error.
 */
export async function stopDevServer(
  options: DevServerPlace & { readonly remove?: boolean; readonly binaries?: BinarySource },
): Promise<DevStopResult> {
  const dir = await realPathOf(options.dir);
  try {
    const wasRunning = await stopRunning(dir, options.env, options.binaries ?? DEFAULT_BINARIES);
    const removed = options.remove === true && (await removeAll(dir));
    return { dir, wasRunning, removed };
  } catch (error) {
    throw asDevError(error, undefined);
  }
}

async function stopRunning(dir: string, env: Environment, source: BinarySource): Promise<boolean> {
  const data = dataFolder(clusterFolder(dir));
  const file = await findPostmasterFile(data);
  if (file === undefined || (await identifyProcess(data, file.pid, env)) !== 'server') return false;
  const isGone = async (): Promise<boolean> => (await identifyProcess(data, file.pid, env)) !== 'server';
  const native = process.platform === 'win32' ? findBinaries(source) : undefined;
  await shutDown({ pid: file.pid, native, env, isGone });
  return true;
}

/** Removes what we made and nothing else: the folder may have been named by mistake. */
async function removeAll(dir: string): Promise<boolean> {
  const entries = await readdir(dir).catch(() => []);
  const ours = entries.filter((name) => /^(cluster|binaries|draft-\w{6})$/.test(name));
  for (const name of ours) await removeFolder(path.join(dir, name));
  await rmdir(dir).catch(() => undefined); // not empty, or not there
  return ours.length > 0;
}

/** The server that runs on the folder's data; one that is starting or stopping is waited for. */
async function findRunning(
  dir: string,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<RunningDevServer | undefined> {
  const cluster = clusterFolder(dir);
  const data = dataFolder(cluster);
  const look = async (): Promise<{ pid: number; port: number } | 'none' | undefined> => {
    const file = await findPostmasterFile(data);
    if (file === undefined || (await identifyProcess(data, file.pid, env)) !== 'server') return 'none';
    return file.state === 'ready' && file.port !== undefined ? { pid: file.pid, port: file.port } : undefined;
  };
  const found = await poll(look, { limitMs: SETTLE_LIMIT_MS, everyMs: 25, signal });
  if (found === 'none') return undefined;
  if (found !== undefined) {
    const version = (await findDevState(cluster))?.version ?? String(await findClusterMajor(cluster));
    return await describeRunning(dir, found.pid, found.port, version);
  }
  throw new FedgenError('E_DEV_SERVER', `The server in ${cluster} is neither up nor down`, {
    hint: `Look at ${path.join(cluster, 'log')}: a long recovery?`,
  });
}

async function describeRunning(
  dir: string,
  pid: number,
  port: number,
  version: string,
): Promise<RunningDevServer> {
  const url = serverUrl(port, await readPassword(clusterFolder(dir)));
  return {
    state: 'running',
    dir,
    host: LOOPBACK,
    port,
    pid,
    user: SUPERUSER,
    database: SUPERUSER,
    version,
    url,
  };
}

async function realPathOf(dir: string): Promise<string> {
  return await realpath(dir).catch(() => path.resolve(dir));
}

async function exists(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}
