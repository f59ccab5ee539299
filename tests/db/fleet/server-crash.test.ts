import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startServer, type EmbeddedServer } from '../../../src/dev/launch.js';
import { applyFleet, type RunEvent } from '../../../src/index.js';
import { ADD_COLUMN, departments, makeFleet } from '../../support/fleet.js';
import { testBinaries } from '../../support/postgres.js';

const COUNT = 6;

let dir: string;
let server: EmbeddedServer;
afterEach(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(port?: number): Promise<EmbeddedServer> {
  return await startServer({
    env: process.env,
    binaries: testBinaries(18),
    dir: path.join(dir, 'server'),
    auth: 'trust',
    ...(port !== undefined && { port }),
    // Nothing reaches the disk but by a commit that waits for it.
    settings: { wal_writer_delay: '10s' },
  });
}

// A server whose main process is gone may still close the run before it notices: then nothing is lost with the last department.
it.each([
  [2, COUNT + 1],
  [COUNT, COUNT],
])('what a crash takes after %i departments is done again by the same run', async (after, atLeast) => {
  dir = await mkdtemp(path.join(tmpdir(), 'fedgen-crash-'));
  await chmod(dir, 0o755);
  server = await start();
  const { host, port, user, database } = server;
  const fleet = await makeFleet({ host, port, user, password: '', database }, 'crash');
  const { settings } = fleet;
  await applyFleet({ settings, named: departments(COUNT) });
  await fleet.script('0003_add_body', ADD_COLUMN);
  let done = 0;
  let restarted: Promise<void> | undefined;
  const restart = async (): Promise<void> => {
    await server.stop();
    server = await start(port);
  };
  const onEvent = (event: RunEvent): void => {
    if (event.type !== 'target-done') return;
    done += 1;
    if (done !== after) return;
    process.kill(server.pid, 'SIGKILL');
    restarted = restart();
  };
  const result = await applyFleet({ settings, all: true, concurrency: 1, onEvent });
  await restarted;
  expect(result).toMatchObject({ succeeded: COUNT, failed: [], notRun: [] });
  // Those that the crash took were done twice.
  expect(done).toBeGreaterThanOrEqual(atLeast);
  const standing = await fleet.query<{ n: number }>(
    `select count(*)::int as n from federation.schema_migrations where number = 3 and state = 'applied' and target <> 'federation'`,
  );
  expect(standing).toEqual([{ n: COUNT }]);
  expect(
    await fleet.query(`select state from federation.migration_runs where run_id = '${result.runId}'`),
  ).toEqual([{ state: 'succeeded' }]);
  await fleet.drop();
});
