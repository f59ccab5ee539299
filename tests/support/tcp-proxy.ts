import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** An address of this machine that leads to a server, or refuses. */
export interface TcpProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** From now on connections go through. */
  readonly start: () => Promise<void>;
  /** Cuts all connections; further ones are refused. */
  readonly stop: () => Promise<void>;
}

/** Makes an address that refuses until it is started. */
export async function makeTcpProxy(to: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const listen = async (port: number): Promise<number> => {
    server = createServer((near) => {
      const far = connect(to.port, to.host);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            sockets.delete(socket);
            near.destroy();
            far.destroy();
          });
      }
      near.pipe(far).pipe(near);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const stop = async (): Promise<void> => {
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    server = undefined;
  };
  const port = await listen(0);
  await stop();
  const start = async (): Promise<void> => {
    await listen(port);
  };
  return { host: '127.0.0.1', port, start, stop };
}
