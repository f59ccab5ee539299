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
  const connecting = connect(pool);
  try {
    return await limit.race(connecting);
  } catch (cause) {
    if (limit.reached()) connecting.then((late) => late.giveBack('clean')).catch(() => undefined);
    throw noConnection(cause);
  }
}

/** By callback, which is called at once: a server that stops may end a connection in the same packet that opened it. */
const connect = (pool: Pool): Promise<Checkout> =>
  new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client) resolve(watch(client));
      else reject(error ?? new Error('no client'));
    });
  });

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
