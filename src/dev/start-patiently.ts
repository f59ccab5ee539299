import { dataFolder } from './cluster.js';
import {
  findFreePort,
  startFailed,
  startPostmaster,
  type Postmaster,
  type PostmasterOptions,
} from './postmaster.js';
import { findPostmasterFile, removeStalePostmasterFile } from './postmaster-file.js';
import { identifyProcess } from './process-identity.js';

/** Which port a server is to get: this one and no other, or this one if it is free, or any. */
export interface PortWish {
  readonly fixed?: number | undefined;
  readonly preferred?: number | undefined;
}

// Each attempt takes another free port; with five in a row taken something else is wrong.
const PORT_ATTEMPTS = 5;
const OLD_PROCESSES_LIMIT_MS = 20_000;

/**
 * Starts a home's server and gets past what is only in the way: a port taken meanwhile, a lock file that names another
 * program, the last processes of a crashed predecessor. Throws E_DEV_SERVER when it cannot be started.
 */
export async function startPatiently(
  options: Omit<PostmasterOptions, 'port'>,
  wish: PortWish,
): Promise<Postmaster> {
  await clearStaleLock(options);
  const end = performance.now() + OLD_PROCESSES_LIMIT_MS;
  let portsTaken = 0;
  for (;;) {
    const preferred = portsTaken === 0 ? wish.preferred : undefined;
    const port = wish.fixed ?? preferred ?? (await findFreePort());
    const attempt = await startPostmaster({ ...options, port });
    if (attempt.kind === 'ready') return attempt.postmaster;
    if (attempt.why === 'port-taken') portsTaken += 1;
    const again =
      attempt.why === 'old-processes'
        ? performance.now() < end
        : attempt.why === 'port-taken' && wish.fixed === undefined && portsTaken < PORT_ATTEMPTS;
    if (!again) throw startFailed(options.home, attempt, port);
  }
}

async function clearStaleLock({ home, env }: Omit<PostmasterOptions, 'port'>): Promise<void> {
  const data = dataFolder(home);
  const file = await findPostmasterFile(data);
  if (file === undefined) return;
  // A file of a process that has gone is PostgreSQL's own business: it looks more closely than we can.
  if ((await identifyProcess(data, file.pid, env)) === 'other')
    await removeStalePostmasterFile(data, file.pid);
}
