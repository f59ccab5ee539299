// Prints the ratios that the project promises, each measured side by side with its reference in this run.
// Usage: npm run bench [-- --rounds N --departments N]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { activityBench } from './activity.mjs';
import { applyBench } from './apply.mjs';
import { validateBench } from './validate.mjs';
import { fleetBench } from './fleet.mjs';
import { ledgerBench } from './ledger.mjs';
import { sharedPackBench } from './shared-packs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = path.join(root, 'bin', 'fedgen.js');
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const rounds = option('rounds', 15);
const departments = option('departments', 1000);

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const dir = mkdtempSync(path.join(tmpdir(), 'fedgen-bench-'));

/** Milliseconds of whole processes, interleaved so that noise meets all of them alike. */
function timeProcesses(commands, count) {
  const times = commands.map(() => []);
  for (let round = 0; round < count; round += 1) {
    for (const [index, args] of commands.entries()) {
      const started = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: dir });
      if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
      times[index].push(performance.now() - started);
    }
  }
  return times.map(median);
}

const [node, help, generate] = timeProcesses(
  [
    ['-e', '0'],
    [bin, '--help'],
    [bin, 'generate', '--department', 'Legal Department', '--department-id', 'legal'],
  ],
  rounds,
);
rmSync(dir, { recursive: true });
const { apply, limit } = await applyBench(rounds);
const activity = await activityBench(Math.min(rounds, 5));
// The first block warms both sides up and is left out.
const block = Math.ceil(departments / 40);
const fleet = await fleetBench({ blocks: 5, block, concurrency: 4 });
const settled = (times) => median(times.slice(1));

const ledger = await ledgerBench({ rounds: Math.min(rounds, 5), targets: 2 * departments });
const shared = await sharedPackBench({ rounds: Math.min(rounds, 5), tenants: departments, rows: 1_000_000 });

const { whole, fleets } = await validateBench(bin, rounds, [departments / 10, departments]);
const [few, many] = fleets;

const row = (what, measured, reference, allowed) => {
  const ratio = measured / reference;
  return {
    what,
    measured: measured.toPrecision(3),
    reference: reference.toPrecision(3),
    ratio: ratio.toFixed(2),
    limit: allowed,
    ok: ratio <= allowed,
  };
};
const rows = [
  row('fedgen --help / node -e 0', help, node, 1.35),
  row('generate one department, whole process / 400 ms', generate, 400, 1),
  row('apply one department / the same SQL as one query', median(apply), median(limit), 1.2),
  // At least a quarter of the rate of a bare COPY.
  row('ingest 100,000 events / bare COPY of their lines', activity.ingest, activity.copy, 4),
  row('permission check at 1,000,000 events and 10,000 users / 1 ms', activity.check, 1, 1),
  row(`add tenant ${departments} of a shared pack / the tenth`, shared.last, shared.tenth, 1.3),
  row(
    'point query of a tenant at 1,000,000 rows, prepared / without row security',
    shared.prepared.secured,
    shared.prepared.plain,
    1.3,
  ),
  row('the same, parsed each time', shared.parsed.secured, shared.parsed.plain, 1.3),
  row('validate one department, all layers, whole process / 1500 ms', whole, 1500, 1),
  row(`validate ${many.size} departments without attacks, each / 8 ms`, many.each, 8, 1),
  row(`the same / each of ${few.size} departments`, many.each, few.each, 1.3),
  row('the same, MB of the server process / 150 MB', many.memory, 150, 1),
  row(
    `apply ${4 * block} departments, 4 at a time / one query each on 4 connections`,
    settled(fleet.fleet),
    settled(fleet.limit),
    1.15,
  ),
  row('client CPU per department / 3 ms', settled(fleet.cpu), 3, 1),
  row('apply --all with nothing to do / 150 ms', settled(fleet.idle), 150, 1),
  row('the same at 2,000 departments / 150 ms', ledger.at2000.apply, 150, 1),
  row('status --check at 2,000 departments / 150 ms', ledger.at2000.status, 150, 1),
  ...Object.entries(ledger.at10000).map(([what, ms]) =>
    row(`${what} at 10,000, whole process / 1000 ms`, ms, 1000, 1),
  ),
  row(`client at ${2 * departments} departments, MB / 150 MB`, ledger.memory, 150, 1),
];
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, ${rounds} rounds, medians in ms`,
);
console.table(rows);
process.exitCode = rows.every((each) => each.ok) ? 0 : 1;
