// What a command costs beyond its start where the ledger is long, and the client's memory at a long run.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyFleet, defaultSettings, makeDatabase, status } from '../dist/index.js';
import { makeWorld, writeSmallPack } from './peers/world.mjs';

const FEDGEN = fileURLToPath(new URL('../bin/fedgen.js', import.meta.url));

/** Registers departments that have no schemas, as the first one stands in the ledger. */
const simulate = (from, to) => `
  insert into federation.departments (department_id, department_name, tenant_schema)
    select 'sim' || n, 'Simulated ' || n, 'sim' || n || '_tenant' from generate_series(${from}, ${to}) n;
  insert into federation.schema_migrations
      (target, pack, script, number, template_checksum, rendered_checksum, state, statements_done, run_id)
    select 'sim' || n, pack, script, number, template_checksum, rendered_checksum, state, statements_done, run_id
      from federation.schema_migrations, generate_series(${from}, ${to}) n where target = 's_0';
  analyze`;

/**
 * Milliseconds of a command with its connection at 2,000 departments, of whole processes at 10,000, and the peak of the client's memory
 * in MB while it provisions `targets` departments.
 */
export async function ledgerBench({ rounds, targets }) {
  const world = await makeWorld();
  try {
    writeSmallPack(world.dir);
    writeFileSync(path.join(world.dir, 'fedgen.config.yaml'), 'packs: [packs]\npack: small\n');
    const lines = Array.from({ length: targets }, (_, index) => `s_${index},Department ${index}\n`);
    writeFileSync(path.join(world.dir, 'targets.txt'), lines.join(''));
    const env = { PATH: process.env.PATH, HOME: world.dir, DATABASE_URL: world.at('postgres').url };
    const memory = await peakMemory(['apply', '--targets-from', 'targets.txt'], world.dir, env);
    const timed = (args) => middle(rounds, () => runProcess(args, world.dir, env));
    const settings = settingsOf(world);
    if (targets < 2000) await world.query('postgres', simulate(targets, 1999));
    const at2000 = {
      apply: await middle(rounds, () => applyFleet({ settings, all: true })),
      status: await middle(rounds, () => status({ settings })),
    };
    await world.query('postgres', simulate(2000, 9999));
    const at10000 = {
      plan: await timed(['plan', '--all']),
      status: await timed(['status', '--check']),
      targeting: await timed(['plan', '--department-id', 'sim3*', '--exclude', 'sim33*', '--shard', '2/4']),
    };
    return { at2000, at10000, memory };
  } finally {
    await world.remove();
  }
}

function settingsOf(world) {
  const { host, port, user, database: name } = world.at('postgres');
  const packDirs = [path.join(world.dir, 'packs')];
  return defaultSettings({
    database: makeDatabase({ host, port, user, name }, 'bench'),
    packDirs,
    pack: 'small',
  });
}

/** Milliseconds, the median; the first run warms up and is left out. */
async function middle(rounds, work) {
  const times = [];
  for (let round = 0; round <= rounds; round += 1) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return times.slice(1).sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

function runProcess(args, cwd, env) {
  const { status: code, stderr } = spawnSync(process.execPath, [FEDGEN, ...args], {
    cwd,
    env,
    encoding: 'utf8',
  });
  if (code !== 0) throw new Error(`fedgen ${args.join(' ')}: ${stderr}`);
}

/** Linux keeps the peak as long as the process lives. */
async function peakMemory(args, cwd, env) {
  const child = spawn(process.execPath, [FEDGEN, ...args], { cwd, env, stdio: 'ignore' });
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended, or this is no Linux.
    }
  }, 50);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`fedgen ${args.join(' ')} exits with ${code}`);
  return peak;
}
