// One department by fedgen's runner against the same SQL as one multi-statement query, on one connection.
import { existsSync } from 'node:fs';
import { startServer } from '../dist/dev/launch.js';
import { makeDatabase, defaultSettings } from '../dist/config/settings.js';
import { apply } from '../dist/index.js';
import { applyScripts } from '../dist/apply/apply.js';
import { readLedger } from '../dist/apply/ledger.js';
import { buildWorklist } from '../dist/apply/worklist.js';
import { withTargetLock } from '../dist/db/lock.js';
import { withSession } from '../dist/db/session.js';
import { loadPack } from '../dist/packs/load.js';
import { planDepartment } from '../dist/plan/target.js';
import { quoteIdentifier } from '../dist/render/quote.js';
import { createRenderer } from '../dist/render/render.js';

const LIMITS = { lockTimeoutMs: 5000, lockRetries: 5, statementTimeoutMs: 0 };

/** Milliseconds per department, `rounds` times each, alternating. */
export async function applyBench(rounds) {
  // In memory where that is possible: a disk's file system is slow at random after many files were removed, which says
  // nothing about either side. Without waiting for a disk the runner's own cost weighs most.
  const memory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  const server = await startServer({ env: { ...process.env, ...memory } });
  try {
    const { host, port, user, password, database: name } = server;
    const database = makeDatabase({ host, port, user, password, name }, 'bench');
    const settings = defaultSettings({ database });
    await apply({ departmentId: 'first', department: 'First', settings });
    const pack = await loadPack('federation');
    const renderer = await createRenderer(pack);
    const plan = (id) => planDepartment(pack, { id, name: id }, { rolePrefix: '', variables: {} });
    const times = { apply: [], limit: [] };
    await withSession(database, { connectTimeoutMs: 10_000 }, async (session) => {
      for (let round = 0; round < rounds; round += 1) {
        times.apply.push(await timed(viaRunner, session, plan(`runner_${round}`), renderer));
        times.limit.push(await timed(asOneQuery, session, plan(`query_${round}`), renderer));
      }
    });
    return times;
  } finally {
    await server.stop();
  }
}

async function timed(work, session, plan, renderer) {
  const scripts = renderer.render(plan);
  const started = performance.now();
  await work(session, plan, scripts);
  return performance.now() - started;
}

/** All that an apply does on its connection: lock, ledger, run, scripts each in a transaction with its row. */
async function viaRunner(session, plan, scripts) {
  const run = { session, plan, limits: LIMITS, toolVersion: 'bench', onEvent: () => undefined };
  await withTargetLock(session, plan.target.id, { waitMs: 1000 }, async () => {
    const ledger = await readLedger(session, plan.roles.owner, [plan.target.id]);
    await applyScripts(run, buildWorklist(scripts, ledger).pending);
  });
}

async function asOneQuery(session, plan, scripts) {
  const parts = scripts.map(({ source, up }) => {
    const role = source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
    return `set local role ${role};\n${up.sql}`;
  });
  await session.client.query(`begin;\n${parts.join('\n')}\ncommit;`);
}
