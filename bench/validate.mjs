// What `fedgen validate` costs: one department as a whole process, and many of them on one connection at a time.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { makeDatabase, defaultSettings } from '../dist/config/settings.js';
import { startServer } from '../dist/dev/launch.js';
import { apply, validate } from '../dist/index.js';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * @param sizes how many departments there are when all of them are validated without attacks.
 * @returns milliseconds of one whole process with all layers; at each size, milliseconds of each department beyond what one
 *   costs where there are two, and the most anonymous memory of a server process, in MB.
 */
export async function validateBench(bin, rounds, sizes) {
  // In memory, as for bench/apply.mjs.
  const memory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  const server = await startServer({ env: { ...process.env, ...memory } });
  try {
    const { host, port, user, password, database: name } = server;
    const settings = defaultSettings({
      database: makeDatabase({ host, port, user, password, name }, 'bench'),
    });
    const url = `postgresql://${user}:${password}@${host}:${port}/${name}`;
    const add = (at) => apply({ departmentId: idOf(at), department: `Department ${at}`, settings });
    for (let at = 0; at < 2; at += 1) await add(at);
    const whole = wholeProcess(bin, url, rounds);
    const one = await timed(() => validate({ settings, departmentId: idOf(0), skip: ['probe'] }));
    const fleets = [];
    let standing = 2;
    for (const size of sizes) {
      for (; standing < size; standing += 1) await add(standing);
      fleets.push({ size, ...(await measureFleet(url, settings, size, one)) });
    }
    return { whole, fleets };
  } finally {
    await server.stop();
  }
}

/** All of the same length: then equal departments have equal digests on every version. */
const idOf = (at) => `d${String(at).padStart(4, '0')}`;

function wholeProcess(bin, url, rounds) {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [bin, 'validate', '--department-id', idOf(0)],
      { encoding: 'utf8', env: { ...process.env, DATABASE_URL: url } },
    );
    if (status !== 0) throw new Error(`validate failed: ${stdout}${stderr}`);
    return performance.now() - started;
  });
  return median(times);
}

async function measureFleet(url, settings, size, one) {
  const monitor = await watchMemory(url);
  const skip = ['probe'];
  const all = await timed(() => validate({ settings, all: true, skip }));
  return { each: (all - one) / (size - 1), memory: await monitor.stop() };
}

async function timed(work) {
  const started = performance.now();
  const report = await work();
  if (!report.passed) throw new Error('a department of the bench is not clean');
  return performance.now() - started;
}

/** Follows the anonymous memory of the server's processes that work for fedgen. */
async function watchMemory(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let most = 0;
  const look = async () => {
    const { rows } = await client.query(
      'select pid from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    for (const { pid } of rows) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        most = Math.max(most, Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
      } catch {
        // It ended meanwhile.
      }
    }
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => (looking = looking.then(look)), 100);
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
      await client.end();
      return most;
    },
  };
}
