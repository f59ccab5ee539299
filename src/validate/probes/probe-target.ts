import { sqlState } from '../../db/errors.js';
import { quoteLiteral } from '../../render/quote.js';
import type { CheckResult, MatrixCell } from '../model.js';
import type { Arena } from './arena.js';
import { isRight, judge, type Attempt, type Result } from './attempt.js';
import { readRoles, roleFindings } from './attacks/becoming.js';
import { cachedPlanAttempts, dismissedAttempts, forgetPlans } from './attacks/cached-plans.js';
import { copyResults } from './attacks/copy.js';
import { expectationOf, readWithheld } from './attacks/own.js';
import { asPlan, readPlan } from './attacks/plans.js';
import { CREATABLE, largeObjectAttempts } from './attacks/reach.js';
import { emptyContexts, markPattern, OWN_CONTEXT, type Side, type Stage } from './attacks/stage.js';
import {
  callAttempts,
  readCallable,
  readReadable,
  spyAttempts,
  sweepAttempts,
  type Sweep,
} from './attacks/sweep.js';
import { insertedOwn, setStage } from './casting.js';
import { attackerProgram, victimProgram, type Reconnaissance } from './program.js';
import { fullName, readLandscape } from './relations.js';
import { runActs, withNotices } from './run.js';
import { checkResults, matrixOf, oncePerHole, type Remark, type Remarks } from './verdict.js';

/** What attacks found out. */
export interface ProbeReport {
  readonly checks: CheckResult[];
  readonly matrix: MatrixCell[];
}

/**
 * Attacks: becomes tenants inside the caller's transaction and tries whatever a hostile login could. The caller has
 * begun the transaction, made the synthetic side, and rolls back; nothing of what is tried stays even until then.
 * @throws FedgenError E_INTERRUPTED, and server errors that stop the probes themselves.
 */
export async function probeTarget(arena: Arena): Promise<ProbeReport> {
  const { client } = arena.session;
  await client.query(`set local statement_timeout = ${arena.limits.statementTimeoutMs}`);
  const { result: stage } = await withNotices(arena.session, () => setStage(arena));
  const known = await reconnoitre(stage);
  const inserted = [...insertedOwn(stage, stage.victim), ...insertedOwn(stage, stage.attacker)];
  const results = inserted.map((result) => ({
    ...result,
    attempt: expectationOf(stage, result.attempt, known.withheld),
  }));
  const findings: Remark[] = [];
  const add = (ran: Ran): void => {
    results.push(...ran.results);
    findings.push(...ran.findings);
  };
  add(await run(stage, victimProgram(stage, known), stage.attacker.marks));
  add(await byPlans(stage, await run(stage, attackerProgram(stage, known), stage.victim.marks)));
  results.push(...(await copyResults(stage)));
  add(await tryCachedPlans(stage, results));
  add(await attackLargeObject(stage));
  for (const ran of await sweepAll(stage)) add(ran);
  const remarks = remarksOf(stage, known, findings);
  return { checks: checkResults(oncePerHole(results), remarks), matrix: matrixOf(results) };
}

async function tryCachedPlans(stage: Stage, results: readonly Result[]): Promise<Ran> {
  const holes = results.filter((result) => !isRight(result) && result.attempt.expect !== 'works');
  const open = new Set(holes.map(({ attempt }) => attempt.object));
  const others = stage.isShared ? cachedPlanAttempts(stage, open) : [];
  const ran = await run(stage, others, stage.victim.marks);
  const dismissed = await run(stage, dismissedAttempts(stage, open), stage.attacker.marks);
  await forgetPlans(stage, [...ran.results, ...dismissed.results]);
  return {
    results: [...ran.results, ...dismissed.results],
    findings: [...ran.findings, ...dismissed.findings],
  };
}

async function reconnoitre(stage: Stage): Promise<Reconnaissance> {
  const { arena, attacker } = stage;
  const { rows } = await arena.session.client.query<{ name: string }>(CREATABLE, [attacker.tenant.role]);
  const neighbours = stage.isShared ? [] : arena.neighbours.map(({ tenant }) => tenant);
  const { relations } = await readLandscape(
    arena.session,
    neighbours.flatMap(({ schemas }) => schemas),
  );
  return {
    roles: await readRoles(stage, attacker.tenant),
    withheld: await readWithheld(stage),
    open: rows.map(({ name }) => name),
    neighbours: new Map(
      neighbours.map(({ id, schemas }) => [id, relations.filter(({ schema }) => schemas.includes(schema))]),
    ),
  };
}

interface Ran {
  readonly results: Result[];
  readonly findings: Remark[];
}

/** Carries out attempts, and listens: what the server says besides results must not tell of others either. */
async function run(stage: Stage, attempts: readonly Attempt[], marks: readonly string[]): Promise<Ran> {
  const acts = attempts.map(({ act }) => act);
  const { result: answers, notices } = await withNotices(stage.arena.session, () =>
    runActs(stage.arena.session, acts, stage.outside, stage.by.back),
  );
  const pattern = new RegExp(markPattern(marks));
  const results = attempts.flatMap((attempt, n) => {
    const raw = answers[n];
    if (!raw) return [];
    const answer = attempt.isPlan ? readPlan(raw, stage.arena.tenantColumn) : raw;
    return [{ attempt, answer, outcome: judge(attempt, answer, pattern) }];
  });
  return { results, findings: noticeFindings(attempts, notices, pattern) };
}

/** Where an unqualified write ended in a foreign key its plan tells. */
async function byPlans(stage: Stage, ran: Ran): Promise<Ran> {
  const held = ran.results.filter(
    ({ attempt, answer }) => attempt.expect === 'unchanged' && stage.isShared && answer.state === '23503',
  );
  if (held.length === 0) return ran;
  const planned = await run(
    stage,
    held.map(({ attempt }) => asPlan(attempt)),
    stage.victim.marks,
  );
  const rest = ran.results.filter((result) => !held.includes(result));
  return { results: [...rest, ...planned.results], findings: [...ran.findings, ...planned.findings] };
}

/** A large object of the victim's, and attempts on it. Where none can be made there is nothing to reach. */
async function attackLargeObject(stage: Stage): Promise<Ran> {
  const { client } = stage.arena.session;
  const content = quoteLiteral(stage.victim.marks[0] ?? '');
  await client.query(`savepoint fedgen_lo; ${stage.by.become(stage.victim.tenant.role)}`);
  try {
    const { rows } = await client.query<{ oid: string }>(
      `select pg_catalog.lo_from_bytea(0, ${content}::bytea)::text as oid`,
    );
    await client.query(stage.by.back);
    return await run(stage, largeObjectAttempts(stage, rows[0]?.oid ?? '0'), stage.victim.marks);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    return { results: [], findings: [] };
  } finally {
    await client.query('rollback to savepoint fedgen_lo; release savepoint fedgen_lo');
  }
}

/** Looks through everything that either side can read or call, in its own context and without one. */
async function sweepAll(stage: Stage): Promise<Ran[]> {
  const { arena, attacker, victim } = stage;
  const bystanders = stage.bystanders.flatMap(({ marks }) => marks);
  const foreign = { side: attacker, marks: [...victim.marks, ...bystanders] };
  const reverse = { side: victim, marks: [...attacker.marks, ...bystanders] };
  const ran: Ran[] = [];
  for (const { side, marks } of stage.isShared ? [foreign] : [foreign, reverse]) {
    await arena.session.client.query(`select pg_catalog.set_config('fedgen.marks', $1, true)`, [
      markPattern(marks),
    ]);
    ran.push(await run(stage, await sweepProgram(stage, side), marks));
  }
  return ran;
}

async function sweepProgram(stage: Stage, side: Side): Promise<Attempt[]> {
  const { arena } = stage;
  const permitted = arena.neighbours.flatMap(({ tenant, readable }) =>
    tenant.schemas.flatMap((schema) => readable.map((name) => `${schema}.${name}`)),
  );
  const sweep: Sweep = {
    stage,
    tenant: side.tenant,
    // Not the pattern itself, which an error message would repeat.
    pattern: `pg_catalog.current_setting('fedgen.marks')`,
    context: OWN_CONTEXT,
    permitted: new Set(permitted),
  };
  const readable = await readReadable(arena, side.tenant);
  const callable = await readCallable(arena, side.tenant);
  const attempts = [OWN_CONTEXT, ...emptyContexts(arena)].flatMap((context) => [
    ...sweepAttempts({ ...sweep, context }, readable),
    ...callAttempts({ ...sweep, context }, callable),
  ]);
  return [...attempts, ...spyAttempts(sweep, readable)];
}

/** Marks of others in what the server sent besides results. */
function noticeFindings(attempts: readonly Attempt[], notices: readonly string[], marks: RegExp): Remark[] {
  const [first] = notices.filter((notice) => marks.test(notice));
  if (first === undefined) return [];
  const actor = attempts[0]?.actor ?? '';
  const isSweep = attempts.some(({ check }) => check === 'callable_functions' || check === 'canary_sweep');
  return [
    {
      check: !isSweep
        ? 'foreign_read'
        : first.startsWith('fedgen-spy')
          ? 'canary_sweep'
          : 'callable_functions',
      object: actor,
      severity: 'error',
      isolation: true,
      message: `notices to ${actor} show rows of others`,
      remedy:
        'A view that filters rows by itself needs security_barrier; a function must not raise what its caller may not read.',
    },
  ];
}

function remarksOf(stage: Stage, known: Reconnaissance, found: readonly Remark[]): Remarks {
  const { arena, attacker, victim } = stage;
  const unplanted = [victim, attacker, ...stage.bystanders].flatMap((side) =>
    side.planted.missing.map(({ relation, message }) => ({
      check: 'unprobed_tables' as const,
      object: fullName(relation),
      severity: 'error' as const,
      isolation: true,
      message: `could not be probed: ${message}`,
      remedy: `A table that was not probed is not proved isolated. Give the column a value that the table accepts in pack.yaml, under table ${relation.name}: sample: { column: "'literal'" }.`,
    })),
  );
  const planted = [victim, attacker, ...stage.bystanders].flatMap((side) => [
    `${side.planted.rows.size} tables with a row of ${side.tenant.name} (${side.tenant.role})`,
    ...side.planted.notes,
  ]);
  return {
    findings: [
      ...unplanted,
      ...roleFindings(stage, attacker.tenant, known.roles),
      ...found,
      ...unproven(stage),
    ],
    evidence: [
      ...planted.map((text) => ({ check: 'unprobed_tables' as const, text })),
      ...proven(stage).map((text) => ({ check: 'not_proven' as const, text })),
    ],
    idle: {
      unprobed_tables: `${victim.planted.rows.size + attacker.planted.rows.size} rows planted`,
      existence_oracle: 'every tenant has tables of its own',
      foreign_link: 'every tenant has tables of its own',
      gateway_alone: 'no gateway',
      not_proven: arena.attacker.role,
      ...(arena.forgeries.length === 0 && { forged_context: 'the pack trusts whoever sets the context' }),
    },
  };
}

/** What SET ROLE after a membership of one's own cannot show. */
function unproven(stage: Stage): Remarks['findings'] {
  if (stage.by.mode === 'session') return [];
  const { role } = stage.attacker.tenant;
  return [
    'SET ROLE to other roles: the memberships of the connecting role would decide',
    'what the gateway reaches by SET ROLE',
  ].map((what) => ({
    check: 'not_proven',
    object: role,
    severity: 'warning',
    isolation: false,
    message: `not proven as this role: ${what}`,
    remedy: `Validate once as a superuser, or give credentials of ${role}; memberships were read from the catalogue.`,
  }));
}

const proven = (stage: Stage): string[] => [
  stage.by.mode === 'session'
    ? 'attempts ran under SET SESSION AUTHORIZATION: SET ROLE was judged as a login of the tenant'
    : 'attempts ran under SET ROLE, by a membership that was taken back',
  'passwords, pg_hba.conf, CONNECT and defaults of roles show only when a tenant logs in itself',
];
