import type { Session } from '../../../db/session.js';
import { quoteLiteral } from '../../../render/quote.js';
import type { TableRules, Tenant } from '../arena.js';
import { sessionOf, type Impersonation } from '../impersonate.js';
import { fullName, type Landscape, type RelationFact } from '../relations.js';
import { DONE } from '../run.js';
import { draftRow, insertOf, type Draft } from './draft.js';
import { adoptRow } from './adopt.js';
import { copyingInsert, dropCheckOf, dropTooNarrow } from './fallbacks.js';
import { plantRows, type PlantingAnswer } from './plant.js';
import { givenBy, repair, startWork, type Work } from './repair.js';
import { readKnownRows, type RowTexts } from './known-rows.js';
import type { PlantedRow } from './planted-row.js';

/** A table in which no row could be planted. */
export interface Unplanted {
  readonly relation: RelationFact;
  readonly message: string;
}

/** What planting came to. */
export interface Planted {
  readonly rows: ReadonlyMap<string, PlantedRow>;
  readonly missing: readonly Unplanted[];
  /** Tables that all tenants read and none may write. */
  readonly references: readonly string[];
  /** What was done to get there. */
  readonly notes: readonly string[];
}

/** Where and as whom to plant. */
export interface PlantOptions {
  readonly session: Session;
  readonly by: Impersonation;
  readonly tenant: Tenant;
  /** Token of this side. */
  readonly side: string;
  /** Token of rows that belong to nobody: those of tables without tenants. */
  readonly commonSide: string;
  readonly landscape: Landscape;
  readonly relations: readonly RelationFact[];
  readonly tenantColumn: string;
  readonly rules: readonly TableRules[];
  /** These tables stand only in this transaction. */
  readonly isScratch: boolean;
  /** Several tenants keep their rows in these tables. */
  readonly isShared: boolean;
  /** Schemas with tables of the same names whose rows may serve as models. */
  readonly models: readonly string[];
}

/** Rounds of attempts: each gets past one constraint of every table that is left. */
const MOST_ROUNDS = 30;

interface Job extends Work {
  asValidator: boolean;
  /** Fallbacks that are used up: 0 none, 1 copying a row. */
  fallback: number;
  problem: string | undefined;
  isReference: boolean;
  copy: string | undefined;
}

/**
 * Plants one row of a tenant in each table, as that tenant: what others must not see, and the proof that the tables
 * work. Knows nothing of the tables but their catalogue: parents come first, values by type, literals of CHECKs, and
 * then repair from what the server says.
 */
export async function plantTenant(options: PlantOptions): Promise<Planted> {
  const relations = parentsFirst(
    options.relations.filter(({ kind, isChild }) => 'rp'.includes(kind) && !isChild),
  );
  const jobs = relations.map((relation) => startJob(relation, options));
  const known = await readKnownRows(options, relations);
  for (const job of jobs) job.isReference = isReference(job.draft.relation, options, known);
  const rows = new Map<string, PlantedRow>();
  const notes: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const open = jobs.filter((job) => !isSettled(job, rows));
    if (open.length === 0) break;
    const answers = await plantRows(
      options.session,
      open.map((job) => plantingOf(job, options)),
      { ...known, ...Object.fromEntries([...rows].map(([name, row]) => [name, row.values])) },
      options.by.back,
    );
    const before = rows.size;
    for (const [n, job] of open.entries()) keep(job, answers[n], rows);
    if (rows.size === before && answers.every(({ state }) => state === 'WAIT')) leaveOutParents(open);
    for (const [n, job] of open.entries()) {
      const answer = answers[n];
      if (answer && !isSettled(job, rows)) await learn(job, answer, { options, known, notes, rows });
    }
  }
  return summary(options, jobs, rows, notes);
}

function startJob(relation: RelationFact, options: PlantOptions): Job {
  const draft = draftRow(relation, {
    landscape: options.landscape,
    tenantColumn: options.tenantColumn,
    tenantId: options.tenant.id,
    side: isWithoutTenants(relation, options) ? options.commonSide : options.side,
    sample: options.rules.find((rule) => rule.name === relation.name)?.sample ?? {},
    isScratch: options.isScratch,
  });
  const job = { asValidator: false, fallback: 0, problem: undefined, isReference: false, copy: undefined };
  return { ...startWork(draft), ...job };
}

/** Several tenants share it, and no row of it is anybody's. */
const isWithoutTenants = (relation: RelationFact, { isShared, tenantColumn }: PlantOptions): boolean =>
  isShared && !relation.columns.some((column) => column.name === tenantColumn);

/** A table without tenants, from which all take values: what is there will do, and nothing where nobody points at it. */
const isReference = (
  relation: RelationFact,
  options: PlantOptions,
  known: Readonly<Record<string, RowTexts>>,
): boolean =>
  isWithoutTenants(relation, options) &&
  (known[fullName(relation)] !== undefined ||
    !options.relations.some(({ keys }) => keys.some((key) => key.references === fullName(relation))));

const isSettled = (job: Job, rows: ReadonlyMap<string, PlantedRow>): boolean =>
  job.problem !== undefined || job.isReference || rows.has(fullName(job.draft.relation));

function plantingOf(job: Job, options: PlantOptions): Parameters<typeof plantRows>[1][number] {
  const { relation, parents } = job.draft;
  const inserts =
    job.copy !== undefined
      ? [job.copy]
      : job.variants.map((variant) => insertOf(relation, givenBy(job, variant)));
  return {
    relation,
    as: job.asValidator ? options.by.back : sessionOf(options.by, options.tenant),
    inserts,
    needs: parents.filter((parent) => inserts.some((sql) => sql.includes(`$1->${quoteLiteral(parent)}`))),
    goOn: job.goOn,
  };
}

function keep(job: Job, answer: PlantingAnswer | undefined, rows: Map<string, PlantedRow>): void {
  if (answer?.state !== DONE) return;
  const { draft } = job;
  if (job.copy === undefined)
    job.variants[answer.at]?.forEach((choice, n) => {
      const column = draft.columns[n];
      if (column) column.choice = choice;
    });
  const { tableoid, ctid, values } = answer;
  rows.set(fullName(draft.relation), {
    relation: draft.relation,
    draft,
    tableoid,
    ctid,
    values,
    by: job.asValidator ? 'validator' : 'tenant',
  });
}

interface Lesson {
  readonly options: PlantOptions;
  readonly known: Readonly<Record<string, RowTexts>>;
  readonly notes: string[];
  readonly rows: Map<string, PlantedRow>;
}

/** The key is the tenant itself, so its one row is there: that of a tenant that was made with the arena will do. */
const isTheOnlyRow = ({ relation }: Draft, { tenantColumn }: PlantOptions): boolean =>
  relation.keys.some(({ kind, columns }) => 'pui'.includes(kind) && columns.join() === tenantColumn);

async function useTheOnlyRow(job: Job, answer: PlantingAnswer, { options, rows }: Lesson): Promise<boolean> {
  if (answer.state !== '23505' && answer.state !== '42501') return false;
  if (!options.tenant.synthetic) {
    job.isReference = answer.state === '23505';
    return job.isReference;
  }
  const row = await adoptRow(job.draft, options);
  if (row) rows.set(fullName(row.relation), row);
  return row !== undefined;
}

async function learn(job: Job, answer: PlantingAnswer, lesson: Lesson): Promise<void> {
  if (answer.state === 'WAIT') return;
  if (answer.state === '42501' && !job.asValidator) {
    job.asValidator = true;
    return;
  }
  if (isTheOnlyRow(job.draft, lesson.options) && (await useTheOnlyRow(job, answer, lesson))) return;
  const isComputing = job.cause !== undefined && answer.state.startsWith('22');
  if (job.copy === undefined) {
    if (!isComputing && /^22|^42804$/.test(answer.state) && (await dropTooNarrow(job.draft, lesson.options)))
      return;
    if (repair(job, answer, lesson.options.landscape.types)) return;
  }
  await fallBack(job, (isComputing ? job.cause : undefined) ?? answer, lesson);
}

/** First a row that is there serves as a model; then, in a scratch only, the constraint in the way goes. */
async function fallBack(job: Job, answer: PlantingAnswer, { options, notes }: Lesson): Promise<void> {
  const name = fullName(job.draft.relation);
  if (job.fallback === 0 && options.by.mode === 'session') {
    job.fallback = 1;
    job.copy = await copyingInsert(job.draft, options);
    if (job.copy !== undefined) {
      notes.push(`${name}: a row that is there served as a model`);
      return;
    }
  }
  const failed = job.copy === undefined ? answer : { ...answer, constraint: '' };
  job.copy = undefined;
  if (options.isScratch && (await dropCheckOf(job.draft, failed, options))) {
    notes.push(`${name}: constraint ${answer.constraint} was taken from the scratch table to plant a row`);
    Object.assign(job, startWork(job.draft));
    return;
  }
  const which = [answer.column, answer.constraint].filter((each) => each !== '').join(', ');
  job.problem = `no row could be planted${which === '' ? '' : ` (${which})`}: ${answer.state === 'SWALLOWED' ? 'a trigger or rule swallows it' : `${answer.message} (SQLSTATE ${answer.state})`}`;
}

/** All wait for one another: links that may be empty are left empty; where none may, that is the end. */
function leaveOutParents(waiting: readonly Job[]): void {
  const freed = waiting.filter(leaveOutParentsOf);
  if (freed.length > 0) return;
  for (const job of waiting)
    job.problem = `no row could be planted: it must point at a row of ${job.draft.parents.join(' or ')}, which has none`;
}

function leaveOutParentsOf(job: Job): boolean {
  let isPossible = false;
  for (const column of job.draft.columns) {
    const candidates = column.candidates(0);
    const without = candidates.indexOf(undefined);
    if (without < 0 || candidates[column.choice]?.startsWith('($1->') !== true) continue;
    column.choice = without;
    isPossible = true;
  }
  if (isPossible) job.variants = [job.draft.columns.map((column) => column.choice)];
  return isPossible;
}

function summary(
  options: PlantOptions,
  jobs: readonly Job[],
  rows: ReadonlyMap<string, PlantedRow>,
  notes: readonly string[],
): Planted {
  const missing = jobs
    .filter((job) => !rows.has(fullName(job.draft.relation)) && !job.isReference)
    .filter((job) => !isWithoutTenants(job.draft.relation, options))
    .map((job) => ({
      relation: job.draft.relation,
      message: job.problem ?? 'no row could be planted: too many attempts',
    }));
  const references = jobs.filter((job) => job.isReference).map((job) => fullName(job.draft.relation));
  return { rows, missing, references, notes };
}

/** Relations in the order of their foreign keys; those of a cycle in any order. */
export function parentsFirst(relations: readonly RelationFact[]): RelationFact[] {
  const byName = new Map(relations.map((relation) => [fullName(relation), relation]));
  const ordered = new Set<RelationFact>();
  const visit = (relation: RelationFact, path: ReadonlySet<RelationFact>): void => {
    if (ordered.has(relation) || path.has(relation)) return;
    for (const key of relation.keys) {
      const parent = byName.get(key.references);
      if (parent) visit(parent, new Set([...path, relation]));
    }
    ordered.add(relation);
  };
  for (const relation of relations) visit(relation, new Set());
  return [...ordered];
}
