import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServerUser } from '../../src/dev/server-user.js';
import { poll } from './poll.js';
import type { TestServerFacts } from './postgres.js';

/** A pgbouncer in transaction mode before a test server. */
export interface Pgbouncer {
  readonly host: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Fewer than a pool has connections, so that one server connection serves clients of several tenants in turn. */
const SERVER_CONNECTIONS = 4;

/** Starts Debian's pgbouncer in transaction mode before a server that trusts everybody. */
export async function startPgbouncer(server: TestServerFacts, users: readonly string[]): Promise<Pgbouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'fedgen-pgbouncer-'));
  // It refuses to run as root.
  const user = await findServerUser(process.env);
  const port = await freePort();
  const files = {
    'users.txt': users.map((name) => `"${name}" ""\n`).join(''),
    'pgbouncer.ini': configuration(server, folder, port),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  if (user) await chown(folder, user.uid, user.gid);
  const bouncer = spawn('pgbouncer', ['--quiet', join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    // Debian keeps it where only root's path leads.
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  let failure: Error | undefined;
  bouncer.on('error', (error) => (failure = error));
  const stop = async (): Promise<void> => {
    await end(bouncer);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await poll('pgbouncer to listen', async () => {
      if (failure || bouncer.exitCode !== null) throw failure ?? new Error('pgbouncer ended');
      return (await listens(port)) ? true : undefined;
    });
  } catch (cause) {
    const log = await readFile(join(folder, 'log'), 'utf8').catch(() => 'no log');
    await stop();
    throw new Error(`pgbouncer could not be started (Debian: apt install pgbouncer).\n${log}`, { cause });
  }
  return { host: '127.0.0.1', port, stop };
}

const configuration = ({ host, port }: TestServerFacts, folder: string, listenPort: number): string =>
  `[databases]
* = host=${host} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users.txt')}
logfile = ${join(folder, 'log')}
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
max_client_conn = 200
server_login_retry = 1
`;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => socket.end());
    socket.on('error', () => resolve(false));
    socket.on('close', (hadError) => resolve(!hadError));
  });

async function end(bouncer: ChildProcess): Promise<void> {
  if (bouncer.pid === undefined || bouncer.exitCode !== null || bouncer.signalCode !== null) return;
  const ended = once(bouncer, 'exit');
  bouncer.kill('SIGTERM');
  await ended;
}
