/* eslint-disable no-console -- a program for the terminal */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MAJORS, startOwnServer, type Major } from '../support/postgres.js';
import { loadAreas } from './load.js';
import type { Area, Outcome } from './model.js';
import { ATTACKS, jobsOf, runMutations, type Attacks, type Job } from './runner.js';
import { isFault, summarise } from './summary.js';

const USAGE = `npm run mutate [-- options]
  --version 18[,14]  servers; all supported ones when missing
  --only TEXT        mutations whose area/id holds the text; may be given more than once
  --sample N         every Nth mutation, always the same ones
  --attacks WHEN     always; needed: of what breaks something, only what no other layer has caught; never
  --verbose          also what was found of each mutation`;

/** Servers at work at the same time: as many as a small machine has cores. */
const PARALLEL = 2;

interface Chunk {
  readonly version: Major;
  readonly jobs: readonly Job[];
}

const { values } = parseArgs({
  options: {
    version: { type: 'string' },
    only: { type: 'string', multiple: true },
    sample: { type: 'string', default: '1' },
    attacks: { type: 'string', default: 'always' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(when: Attacks): Promise<number> {
  const versions = MAJORS.filter(
    (major) => values.version === undefined || values.version.split(',').includes(String(major)),
  );
  const outcomes: Outcome[] = [];
  const areas = await loadAreas();
  const chunks = versions.flatMap((version) => chunksOf(areas, version, versions.length));
  const started = performance.now();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) await runChunk(chunk, when, outcomes);
    }),
  );
  console.log(summarise(outcomes));
  console.log(`${outcomes.length} runs in ${Math.round((performance.now() - started) / 1000)} s`);
  return outcomes.length > 0 && !outcomes.some(isFault) ? 0 : 1;
}

/** The mutations of a version; in as many parts as servers can work where there are no other versions to run. */
function chunksOf(areas: readonly Area[], version: Major, versions: number): Chunk[] {
  const jobs = jobsOf(areas, version)
    .filter(
      ({ area, mutation }) => values.only?.some((text) => `${area}/${mutation.id}`.includes(text)) ?? true,
    )
    .filter((_job, at) => at % Number(values.sample) === 0);
  const parts = versions === 1 && jobs.length > 10 ? PARALLEL : 1;
  return Array.from({ length: parts }, (_, part) => ({
    version,
    jobs: jobs.filter((_job, at) => at % parts === part),
  }));
}

async function runChunk({ version, jobs }: Chunk, attacks: Attacks, outcomes: Outcome[]): Promise<void> {
  // In memory where that is possible: a disk is slow at random after thousands of files were removed.
  const env = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  await runMutations({
    version,
    jobs,
    attacks,
    startServer: () => startOwnServer(version, env),
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      if (values.verbose || isFault(outcome)) console.log(tell(outcome));
    },
  });
}

function tell({ version, area, id, result, layers, details }: Outcome): string {
  const lines = details.map((line) => `    ${line.slice(0, 300)}`);
  return [`${version} ${area}/${id}: ${result} (${layers.join(', ')})`, ...lines].join('\n');
}

const attacks = ATTACKS.find((when) => when === values.attacks);
if (values.help || !attacks) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else process.exitCode = await main(attacks);
