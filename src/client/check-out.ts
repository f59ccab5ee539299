import type { Pool, PoolClient } from 'pg';
import { noConnection } from './failures.js';
import type { Limit } from './limit.js';

/** A client of the pool while it is ours. */
export interface Checkout {
  readonly client: PoolClient;
  /** Whether its connection broke. */
  isBroken(): boolean;
  /** Back to the pool; a doubtful one is destroyed. */
  giveBack(state: 'clean' | 'doubtful'): void;
}

/**
 * Takes a client from the pool. One that comes after the limit goes straight back.
 * @throws FedgenError E_TIMEOUT, E_INTERRUPTED, E_DB_UNREACHABLE, E_DB_AUTH, E_DB_MISSING.
 */
export async function checkOut(pool: Pool, limit: Limit): Promise<Checkout> {
  limit.check();
  const connecting = pool.connect();
  try {
    return watch(await limit.race(connecting));
  } catch (cause) {
    if (limit.reached()) connecting.then((client) => client.release()).catch(() => undefined);
    throw noConnection(cause);
  }
}

function watch(client: PoolClient): Checkout {
  let broken = false;
  const notice = (): void => void (broken = true);
  // Without a listener a server that stops would end the process.
  client.on('error', notice);
  return {
    client,
    isBroken: () => broken,
    giveBack: (state) => {
      const isDoubtful = broken || state === 'doubtful';
      client.release(isDoubtful);
      // One that is destroyed may still complain.
      if (!isDoubtful) client.removeListener('error', notice);
    },
  };
}
