import type { Major, TestServer } from '../support/postgres.js';
import { Bench } from './bench.js';
import { FIXTURES, type Fixture } from './fixtures.js';
import type { Area, BreakingMutation, Mutation, Outcome, Verdict } from './model.js';
import { LAYERS } from '../../src/validate/model.js';
import { prove, SHARED } from './prover.js';

/** A mutation and where it comes from. */
export interface Job {
  readonly area: string;
  readonly fixture: string;
  readonly kind: 'breaking' | 'harmless';
  readonly mutation: Mutation & Partial<Pick<BreakingMutation, 'breaks' | 'caughtFor'>>;
}

/** The mutations of all areas that a server of this version can run. */
export const jobsOf = (areas: readonly Area[], version: Major): Job[] =>
  areas.flatMap((area) =>
    (['breaking', 'harmless'] as const).flatMap((kind) =>
      area[kind]
        .filter(({ since = 0, until = 99 }) => version >= since && version <= until)
        .map((mutation) => ({ area: area.area, fixture: area.fixture, kind, mutation })),
    ),
  );

/**
 * When targets are attacked, which takes most of the time: always; never; or where it is needed to
 * judge, which is what is harmless, and what breaks something that no other layer has caught.
 */
export const ATTACKS = ['always', 'needed', 'never'] as const;
export type Attacks = (typeof ATTACKS)[number];

/** How mutations are run. */
export interface RunOptions {
  readonly version: Major;
  readonly jobs: readonly Job[];
  readonly attacks: Attacks;
  /** Starts a server: the first one, and another after a mutation that one did not survive. */
  readonly startServer: () => Promise<TestServer>;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Runs mutations one after the other, each in a database of its own; whatever one does, the others are run. */
export async function runMutations(options: RunOptions): Promise<void> {
  let server = await options.startServer();
  try {
    for (const fixture of FIXTURES) {
      let jobs = options.jobs.filter((job) => job.fixture === fixture.name);
      while (jobs.length > 0) {
        jobs = await runFixture(new Bench(server, fixture, options.version), jobs, options);
        if (jobs.length === 0) break;
        await server.stop();
        server = await options.startServer();
      }
    }
  } finally {
    await server.stop();
  }
}

/** Runs the mutations of a fixture; returns those that are left when the server is of no use any more. */
async function runFixture(bench: Bench, jobs: readonly Job[], options: RunOptions): Promise<Job[]> {
  await bench.build();
  const known = await learnKnown(bench, options);
  for (const [at, job] of jobs.entries()) {
    const { outcome, isIntact } = await runJob(bench, job, { ...options, known });
    options.onOutcome(outcome);
    if (!isIntact) return jobs.slice(at + 1);
  }
  await bench.tearDown();
  return [];
}

/** Runs one mutation and says what became of it, and whether the server is as before. */
async function runJob(
  bench: Bench,
  job: Job,
  options: LookOptions,
): Promise<{ outcome: Outcome; isIntact: boolean }> {
  const about = { version: options.version, area: job.area, id: job.mutation.id, kind: job.kind };
  const failed = (cause: unknown): Outcome => ({
    ...about,
    result: job.kind === 'breaking' ? 'missed' : 'alarmed',
    layers: [],
    details: [
      `the runner failed: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`,
    ],
  });
  const outcome = await look(bench, job, options).then((found) => ({ ...about, ...found }), failed);
  try {
    await bench.clear();
    return { outcome, isIntact: true };
  } catch (cause) {
    // eslint-disable-next-line no-console -- a program for the terminal
    console.error(`${job.area}/${job.mutation.id}: starting another server: ${String(cause)}`);
    return { outcome, isIntact: false };
  }
}

interface LookOptions extends RunOptions {
  /** What is found of the fixture as it is. */
  readonly known: ReadonlySet<string>;
}

async function look(bench: Bench, job: Job, options: LookOptions): Promise<Judged> {
  const { failed, settings } = await bench.mutate(job.mutation);
  if (failed !== undefined)
    return { result: job.kind === 'breaking' ? 'missed' : 'alarmed', layers: [], details: [failed] };
  const judged = async (probe: boolean): Promise<Judged> => {
    const all = bench.fixture.departments.map(({ departmentId }) => departmentId);
    const asked = departmentsOf(bench.fixture, job);
    // Without attacks the others are looked at as well, as in a fleet.
    const others = probe ? [] : all.filter((id) => !asked.includes(id));
    const verdicts = await prove({ settings, departmentIds: asked, others, probe });
    return judge(job, errorsOf(verdicts, asked, options.known));
  };
  const canAttack = bench.fixture.probe !== false && options.attacks !== 'never';
  const isFirstAttacked = canAttack && (options.attacks === 'always' || job.kind === 'harmless');
  const first = await judged(isFirstAttacked);
  return first.result === 'missed' && canAttack && !isFirstAttacked ? judged(true) : first;
}

/** Looks at the fixture as it is. Whatever is found is a false alarm; mutations must be found besides. */
async function learnKnown(bench: Bench, options: RunOptions): Promise<ReadonlySet<string>> {
  const mutation = { id: 'as-it-is', sql: 'select' };
  const nothing: Job = { area: bench.fixture.name, fixture: bench.fixture.name, kind: 'harmless', mutation };
  const { outcome, isIntact } = await runJob(bench, nothing, { ...options, known: new Set() });
  if (!isIntact) throw new Error(`fixture ${bench.fixture.name} cannot be copied`);
  options.onOutcome(outcome);
  return new Set(outcome.details);
}

function departmentsOf({ departments }: Fixture, { kind, mutation }: Job): readonly string[] {
  const all = departments.map(({ departmentId }) => departmentId);
  return kind === 'harmless' ? all : (mutation.caughtFor ?? all.slice(0, 1));
}

/** The errors of the departments that are asked for, or of the shared pack. */
const errorsOf = (
  verdicts: ReadonlyMap<string, readonly Verdict[]>,
  asked: readonly string[],
  known: ReadonlySet<string>,
): Map<string, Verdict[]> =>
  new Map(
    (asked.length === 0 ? [SHARED] : asked).map((id) => [
      id,
      (verdicts.get(id) ?? []).filter(
        (verdict) => verdict.severity === 'error' && !known.has(tell(id, verdict)),
      ),
    ]),
  );

type Judged = Pick<Outcome, 'result' | 'layers' | 'details'>;

const tell = (department: string, verdict: Verdict): string =>
  `${department} ${verdict.layer}/${verdict.code}${verdict.isolation ? ' (isolation)' : ''} ${verdict.object}: ${verdict.message}`;

/** Compares what was found with what was to be found. */
export function judge(job: Job, errors: ReadonlyMap<string, readonly Verdict[]>): Judged {
  const details = [...errors].flatMap(([id, found]) => found.map((verdict) => tell(id, verdict)));
  const faults = [...errors].flatMap(([id, found]) => faultsOf(job, id, found));
  const layers = ([...LAYERS, 'refused'] as const).filter((layer) =>
    [...errors.values()].every((found) => found.some((verdict) => verdict.layer === layer)),
  );
  if (job.kind === 'harmless')
    return { result: details.length === 0 ? 'passed' : 'alarmed', layers, details };
  return faults.length === 0
    ? { result: 'caught', layers, details }
    : { result: 'missed', layers, details: [...faults, ...details] };
}

function faultsOf({ mutation }: Job, id: string, found: readonly Verdict[]): string[] {
  const real = found.filter((verdict) => verdict.layer !== 'crash');
  if (real.length === 0)
    return [`${id}: ${found.length === 0 ? 'nothing was found' : 'validation broke down'}`];
  const isLeak = mutation.breaks === 'isolation' || mutation.breaks === 'both';
  return isLeak && !real.some((verdict) => verdict.isolation) ? [`${id}: not called a leak`] : [];
}
