import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('./chdb/', import.meta.url));
const START_MS = 30_000;

/** A ClickHouse to test with. */
export interface TestClickHouse {
  /** http://…, without a password. */
  readonly url: string;
  /** A real server: what only chdb stands in for can be asked of it. */
  readonly isServer: boolean;
  readonly stop: () => Promise<void>;
}

/**
 * The server that FEDGEN_TEST_CLICKHOUSE_URL names, or chdb in a process of its own: the engine itself, with a stand-in
 * for its access storage (tests/support/chdb/access.mjs).
 */
export async function startClickHouse(): Promise<TestClickHouse> {
  const url = process.env['FEDGEN_TEST_CLICKHOUSE_URL'];
  return url ? { url, isServer: true, stop: () => Promise.resolve() } : startChdb();
}

async function startChdb(): Promise<TestClickHouse> {
  if (!existsSync(path.join(FOLDER, 'node_modules/chdb'))) {
    throw new Error(
      'There is no ClickHouse: run "node scripts/install-chdb.mjs" (178 MB), or name a server with FEDGEN_TEST_CLICKHOUSE_URL.',
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'fedgen-chdb-'));
  const child = spawn(process.execPath, [path.join(FOLDER, 'server.mjs'), folder], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [port] = (await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(START_MS) }),
    once(child, 'exit').then(() => {
      throw new Error('chdb ended before it was ready');
    }),
  ])) as [string];
  return {
    url: `http://127.0.0.1:${port}`,
    isServer: false,
    stop: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
