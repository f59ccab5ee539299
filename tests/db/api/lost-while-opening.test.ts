import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, inject, it } from 'vitest';
import { makeDatabase } from '../../../src/config/settings.js';
import { withSession } from '../../../src/db/session.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** An address that leads to a server until the client sends `word`, and then is cut. */
async function cutAt(word: string, to: { host: string; port: number }): Promise<number> {
  const server = createServer((near) => {
    const far = connect(to.port, to.host);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.on('data', (chunk) => {
      if (!chunk.includes(word)) return void far.write(chunk);
      near.destroy();
      far.destroy();
    });
    far.on('data', (chunk) => near.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

it.each(['select', 'client_connection_check_interval', 'server_version_num'])(
  'a connection that is cut when "%s" is sent is a lost one, whatever it was for',
  async (word) => {
    const { host, port, user, password, database: name } = inject('testServer');
    const cut = await cutAt(word, { host, port });
    const database = makeDatabase({ host: '127.0.0.1', port: cut, user, password, name }, 'test');
    const opened = withSession(database, { connectTimeoutMs: 5_000, signal: undefined }, ({ client }) =>
      client.query('select 1'),
    );
    await expect(opened).rejects.toMatchObject({ code: 'E_DB_LOST' });
  },
);
