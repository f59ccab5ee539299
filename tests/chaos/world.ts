import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startServer, type EmbeddedServer } from '../../src/dev/launch.js';
import { withClient } from '../support/database.js';
import { ADD_COLUMN, writeSmallPack } from '../support/fleet.js';
import { testBinaries, type Major } from '../support/postgres.js';
import { makeTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const BINARY = fileURLToPath(new URL('../../bin/fedgen.js', import.meta.url));
const NOTES = `{{ 'notes' | qualified(target.schema) }}`;

/** What rounds apply and take back: in transactions, without one, and several statements at a time. */
const SCRIPTS: Readonly<Record<string, string>> = {
  '0003_add_body': ADD_COLUMN,
  '0004_index_body': `-- fedgen: no-transaction
alter table ${NOTES} add column extra integer;
create index concurrently notes_body on ${NOTES} (body);
comment on index {{ 'notes_body' | qualified(target.schema) }} is 'quick';
`,
  '0004_index_body.down': `drop index {{ 'notes_body' | qualified(target.schema) }};
alter table ${NOTES} drop column extra;
`,
  '0005_add_tags': `alter table ${NOTES} add column tag text;
alter table ${NOTES} add column mood text;
`,
};

/** A call of the command line that is under way. */
export interface Call {
  readonly pid: number;
  readonly kill: () => void;
  /** How many departments it has begun to work on until now. */
  readonly begun: () => number;
  readonly hasEnded: () => boolean;
  readonly done: Promise<{
    readonly code: number | null;
    readonly events: string[];
    readonly stderr: string;
  }>;
}

/** A server that can be killed, a fleet on it, and an address between them whose connections can be cut. */
export interface ChaosWorld {
  readonly count: number;
  /** The server itself, as a superuser. */
  readonly url: () => string;
  readonly fedgen: (...args: readonly string[]) => Call;
  readonly query: <T extends object>(sql: string) => Promise<T[]>;
  readonly cut: () => Promise<void>;
  /** Kills the server's main process, or stops it in order, and starts it again. */
  readonly restartServer: (how: 'kill' | 'stop') => Promise<void>;
  readonly remove: () => Promise<void>;
}

/**
 * Makes a world of `count` departments at script 0002.
 * @param on where the server keeps its data: memory is faster, and the disk is what commits wait for.
 */
export async function makeChaosWorld(
  count: number,
  major: Major = 18,
  on: 'memory' | 'disk' = 'memory',
): Promise<ChaosWorld> {
  const base = on === 'memory' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const dir = await mkdtemp(path.join(base, 'fedgen-chaos-'));
  // As root the server runs as another user, who must get through.
  await chmod(dir, 0o755);
  const start = (port?: number): Promise<EmbeddedServer> =>
    startServer({
      env: process.env,
      binaries: testBinaries(major),
      dir: path.join(dir, 'server'),
      auth: 'trust',
      ...(port !== undefined && { port }),
    });
  let server = await start();
  const proxy = await makeTcpProxy(server);
  await proxy.start();
  const url = (to: { host: string; port: number }): string =>
    `postgresql://${server.user}@${to.host}:${to.port}/${server.database}`;
  await writePack(dir, count);
  const world: ChaosWorld = {
    count,
    url: () => url(server),
    fedgen: (...args) => call(dir, url(proxy), args),
    query: (sql) => withClient(url(server), async (client) => (await client.query(sql)).rows as never),
    cut: () => cutOnce(proxy),
    restartServer: async (how) => {
      if (how === 'kill') process.kill(server.pid, 'SIGKILL');
      await server.stop();
      server = await start(server.port);
    },
    remove: async () => {
      await proxy.stop();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  const { code, stderr } = await world.fedgen('apply', '--targets-from', 'targets.txt').done;
  if (code !== 0) throw new Error(`the fleet could not be made: ${stderr}`);
  for (const [name, sql] of Object.entries(SCRIPTS))
    await writeFile(path.join(dir, 'packs', 'small', `${name}.sql.njk`), sql);
  return world;
}

async function cutOnce(proxy: TcpProxy): Promise<void> {
  await proxy.stop();
  await proxy.start();
}

async function writePack(dir: string, count: number): Promise<void> {
  await writeSmallPack(path.join(dir, 'packs', 'small'));
  await writeFile(path.join(dir, 'fedgen.config.yaml'), 'packs: [packs]\npack: small\n');
  const lines = Array.from({ length: count }, (_, index) => `d${index},Department ${index}\n`);
  await writeFile(path.join(dir, 'targets.txt'), lines.join(''));
}

function call(cwd: string, url: string, args: readonly string[]): Call {
  const child = spawn(process.execPath, [BINARY, ...args, '--format', 'ndjson'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, DATABASE_URL: url },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end();
  const done = new Promise<Awaited<Call['done']>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, events: stdout.split('\n'), stderr }));
  });
  const begun = (): number => stdout.split('"target-start"').length - 1;
  return {
    pid: child.pid ?? 0,
    kill: () => void child.kill('SIGKILL'),
    begun,
    hasEnded: () => child.exitCode !== null,
    done,
  };
}
