import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** A server, or a pooler in between, that does not take the request in this time is left to notice the closed connection. */
const PATIENCE_MS = 2_000;
/** Length of a CancelRequest and the code that tells it from a start-up message (PostgreSQL protocol 3.0). */
const LENGTH = 16;
const CANCEL = 80_877_102;

/**
 * Asks the server to cancel what the client runs, in a connection of its own, as libpq does: poolers pass it on. Resolves
 * when the request has been dealt with, or cannot be; never rejects. The client must not be used again, since a
 * late request would hit its next statement.
 */
export function cancelStatement(client: PoolClient): Promise<void> {
  const processId: unknown = Reflect.get(client, 'processID');
  const secretKey: unknown = Reflect.get(client, 'secretKey');
  if (typeof processId !== 'number' || typeof secretKey !== 'number') return Promise.resolve();
  const request = Buffer.alloc(LENGTH);
  request.writeInt32BE(LENGTH, 0);
  request.writeInt32BE(CANCEL, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const { host, port } = client;
    const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    // Not end(): pgbouncer forgets the request of a client that closes first.
    socket.on('connect', () => socket.write(request));
    socket.resume();
  });
}
