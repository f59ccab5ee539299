import pg from 'pg';
import { apply, defaultSettings, makeDatabase, type Settings } from '../../src/index.js';
import { databaseUrl, withClient } from '../support/database.js';
import type { Major, TestServer } from '../support/postgres.js';
import { readCluster, restoreCluster, type ClusterState } from './cluster.js';
import { FIXTURES, type Fixture } from './fixtures.js';
import type { Area, BreakingMutation, Mutation, Outcome, Verdict } from './model.js';
import { LAYERS } from '../../src/validate/model.js';
import { prove } from './prover.js';

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

/** How mutations are run on one server. */
export interface RunOptions {
  readonly version: Major;
  readonly jobs: readonly Job[];
  readonly probe: boolean;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Runs mutations one after the other, each in a database of its own; afterwards the cluster is as before. */
export async function runMutations(server: TestServer, options: RunOptions): Promise<void> {
  for (const fixture of FIXTURES) {
    const jobs = options.jobs.filter((job) => job.fixture === fixture.name);
    if (jobs.length > 0) await runFixture(new Bench(server, fixture, options), jobs);
  }
}

async function runFixture(bench: Bench, jobs: readonly Job[]): Promise<void> {
  await bench.build();
  for (const job of jobs) bench.options.onOutcome(await bench.run(job));
  await bench.tearDown();
}

/** A fixture's database, from which each mutation gets a copy. */
class Bench {
  readonly #admin: string;
  readonly #base: string;
  readonly #copy: string;
  /** Before and after the fixture stands. */
  #empty: ClusterState | undefined;
  #built: ClusterState | undefined;
  /** What is found of the fixture as it is. */
  readonly #known = new Set<string>();

  constructor(
    readonly server: TestServer,
    readonly fixture: Fixture,
    readonly options: RunOptions,
  ) {
    this.#admin = databaseUrl(server, server.database);
    this.#base = `base_${fixture.name.replaceAll('-', '_')}`;
    this.#copy = `${this.#base}_copy`;
  }

  async build(): Promise<void> {
    const { version } = this.options;
    this.#empty = await withClient(this.#admin, (client) => readCluster(client, version));
    await withClient(this.#admin, (client) =>
      client.query(`create database ${this.#base} template template0`),
    );
    const settings = this.#settings(this.#base);
    for (const department of this.fixture.departments) await apply({ ...department, settings });
    await withClient(databaseUrl(this.server, this.#base), (client) => client.query(this.fixture.prepare));
    this.#built = await withClient(this.#admin, (client) => readCluster(client, version));
    await this.#learnWhatIsKnown();
  }

  /** Runs one mutation and says what became of it. */
  async run(job: Job): Promise<Outcome> {
    try {
      return await this.#runAndJudge(job);
    } catch (cause) {
      throw new Error(`${job.area}/${job.mutation.id}: ${String(cause)}`, { cause });
    }
  }

  async #runAndJudge(job: Job): Promise<Outcome> {
    const verdicts = await this.#inCopy(job, (settings) =>
      prove({
        settings,
        departmentIds: this.#departmentsOf(job),
        probe: this.options.probe && this.fixture.probe !== false,
      }),
    );
    const { version } = this.options;
    const about = { version, area: job.area, id: job.mutation.id, kind: job.kind };
    if (typeof verdicts === 'string') return { ...about, result: 'missed', layers: [], details: [verdicts] };
    return { ...about, ...judge(job, this.#newErrors(verdicts)) };
  }

  async tearDown(): Promise<void> {
    await withClient(this.#admin, async (client) => {
      await client.query(`drop database ${this.#base} with (force)`);
      if (this.#empty) await restoreCluster(client, this.options.version, this.#empty);
    });
  }

  #departmentsOf(job: Job): readonly string[] {
    const all = this.fixture.departments.map(({ departmentId }) => departmentId);
    return job.kind === 'harmless' ? all : (job.mutation.caughtFor ?? all.slice(0, 1));
  }

  /** Mutates a copy and looks at it; a text where the mutation itself could not be carried out. */
  async #inCopy<T>({ mutation }: Job, look: (settings: Settings) => Promise<T>): Promise<T | string> {
    await withClient(this.#admin, (client) =>
      client.query(`create database ${this.#copy} template ${this.#base}`),
    );
    try {
      const failed = await this.#mutate(mutation);
      return failed ?? (await look(this.#settings(this.#copy)));
    } finally {
      await withClient(this.#admin, async (client) => {
        await client.query(`drop database ${this.#copy} with (force)`);
        if (this.#built) await restoreCluster(client, this.options.version, this.#built);
      });
    }
  }

  async #mutate(mutation: Mutation): Promise<string | undefined> {
    try {
      await withClient(databaseUrl(this.server, this.#copy), async (client) => {
        if (mutation.prepare) await client.query(mutation.prepare.replaceAll('{database}', this.#copy));
        await client.query(mutation.sql.replaceAll('{database}', this.#copy));
      });
      return undefined;
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError)) throw cause;
      return `the mutation itself failed: ${cause.message}`;
    }
  }

  async #learnWhatIsKnown(): Promise<void> {
    const nothing: Job = {
      area: '',
      fixture: this.fixture.name,
      kind: 'harmless',
      mutation: { id: 'nothing', sql: 'select' },
    };
    const { details, result } = await this.run(nothing);
    if (result !== 'passed')
      throw new Error(`fixture ${this.fixture.name} is not clean:\n${details.join('\n')}`);
  }

  #newErrors(verdicts: ReadonlyMap<string, readonly Verdict[]>): Map<string, Verdict[]> {
    return new Map(
      [...verdicts].map(([id, found]) => [
        id,
        found.filter((each) => each.severity === 'error' && !this.#known.has(keyOf(each))),
      ]),
    );
  }

  #settings(database: string): Settings {
    const { host, port, user, password } = this.server;
    const { pack, packDirs } = this.fixture;
    return defaultSettings({
      database: makeDatabase({ host, port, user, password, name: database }, 'the mutation suite'),
      pack,
      packDirs,
      variables: this.fixture.variables?.(this.options.version) ?? {},
    });
  }
}

const keyOf = (verdict: Verdict): string => `${verdict.code} ${verdict.object} ${verdict.message}`;

const tell = (department: string, verdict: Verdict): string =>
  `${department} ${verdict.layer}/${verdict.code}${verdict.isolation ? ' (isolation)' : ''} ${verdict.object}: ${verdict.message}`;

/** Compares what was found with what was to be found. */
export function judge(
  job: Job,
  errors: ReadonlyMap<string, readonly Verdict[]>,
): Pick<Outcome, 'result' | 'layers' | 'details'> {
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
