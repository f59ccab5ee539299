// Many departments by fedgen against the same SQL as one multi-statement query per department on as many connections.
import { existsSync } from 'node:fs';
import { startServer } from '../dist/dev/launch.js';
import { makeDatabase, defaultSettings } from '../dist/config/settings.js';
import { withSession } from '../dist/db/session.js';
import { applyFleet } from '../dist/index.js';
import { loadPack } from '../dist/packs/load.js';
import { planDepartment } from '../dist/plan/target.js';
import { quoteIdentifier } from '../dist/render/quote.js';
import { createRenderer } from '../dist/render/render.js';

/**
 * Milliseconds per department of both, in alternating blocks of `block` departments, and what a run costs where nothing is
 * to do. The limit's SQL is rendered beforehand; fedgen renders within its time.
 */
export async function fleetBench({ blocks, block, concurrency }) {
  const memory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  const server = await startServer({ env: { ...process.env, ...memory } });
  try {
    const { host, port, user, password, database: name } = server;
    const database = makeDatabase({ host, port, user, password, name }, 'bench');
    const settings = defaultSettings({ database });
    await applyFleet({ settings, named: named('warm', 4) });
    const times = { fleet: [], limit: [], cpu: [], idle: [] };
    for (let at = 0; at < blocks; at += 1) {
      const cpu = process.cpuUsage();
      times.fleet.push(
        (await timed(() => viaFleet(settings, named(`fleet${at}x`, block), concurrency))) / block,
      );
      const { user: inUser, system } = process.cpuUsage(cpu);
      times.cpu.push((inUser + system) / 1000 / block);
      const queries = await render(named(`limit${at}x`, block));
      times.limit.push((await timed(() => viaQueries(database, queries, concurrency))) / block);
      times.idle.push(await timed(() => applyFleet({ settings, all: true, onlyPending: true })));
    }
    return times;
  } finally {
    await server.stop();
  }
}

const named = (prefix, count) =>
  Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index}`, name: `Department ${index}` }));

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function viaFleet(settings, departments, concurrency) {
  const { succeeded, failed } = await applyFleet({ settings, named: departments, concurrency });
  if (succeeded !== departments.length) throw failed[0]?.error ?? new Error('not all succeeded');
}

async function render(departments) {
  const pack = await loadPack('federation');
  const renderer = await createRenderer(pack);
  return departments.map((department) => {
    const plan = planDepartment(pack, department, { rolePrefix: '', variables: {} });
    const parts = renderer.runnable(plan).map(({ source, up }) => {
      const role = source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
      return `set local role ${role};\n${up.sql}`;
    });
    return `begin;\n${parts.join('\n')}\ncommit;`;
  });
}

async function viaQueries(database, queries, concurrency) {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, () =>
      withSession(database, { connectTimeoutMs: 10_000 }, async ({ client }) => {
        while (next < queries.length) await client.query(queries[next++]);
      }),
    ),
  );
}
