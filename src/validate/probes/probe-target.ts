import { sqlState } from '../../db/errors.js';
import { quoteLiteral } from '../../render/quote.js';
import type { CheckResult, Finding, MatrixCell } from '../model.js';
import type { Arena } from './arena.js';
import { judge, type Attempt, type ProbeCode, type Result } from './attempt.js';
import { readRoles, roleFindings } from './attacks/becoming.js';
import { copyResults } from './attacks/copy.js';
import { expectationOf, readWithheld } from './attacks/own.js';
import { planAttempts, readPlan } from './attacks/plans.js';
import { CREATABLE, largeObjectAttempts } from './attacks/reach.js';
import { emptyContexts, isTable, markPattern, OWN_CONTEXT, type Stage } from './attacks/stage.js';
import {
  callAttempts,
  readCallable,
  readReadable,
  spyAttempts,
  sweepAttempts,
  type Sweep,
} from './attacks/sweep.js';
import { isSmall } from './attacks/together.js';
import { insertedOwn, setStage } from './casting.js';
import { attackerProgram, victimProgram, type Reconnaissance } from './program.js';
import { fullName, readLandscape } from './relations.js';
import { runActs, withNotices } from './run.js';
import { checkResults, matrixOf, oncePerHole, type Remarks } from './verdict.js';

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
  const stage = await setStage(arena);
  const known = await reconnoitre(stage);
  const results = [...insertedOwn(stage, stage.victim), ...insertedOwn(stage, stage.attacker)].map(
    (result) => ({ ...result, attempt: expectationOf(stage, result.attempt, known.withheld) }),
  );
  results.push(...(await run(stage, victimProgram(stage, known), stage.attacker.marks)));
  results.push(
    ...(await byPlans(stage, await run(stage, attackerProgram(stage, known), stage.victim.marks))),
  );
  results.push(...(await copyResults(stage)));
  results.push(...(await attackLargeObject(stage)));
  const sweeps = await sweepAll(stage);
  results.push(...sweeps.results);
  const remarks = remarksOf(stage, known, sweeps.findings);
  return { checks: checkResults(oncePerHole(results), remarks), matrix: matrixOf(results) };
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

async function run(stage: Stage, attempts: readonly Attempt[], marks: readonly string[]): Promise<Result[]> {
  const answers = await runActs(
    stage.arena.session,
    attempts.map(({ act }) => act),
    stage.outside,
    stage.by.back,
  );
  const pattern = marks.length === 0 ? undefined : new RegExp(markPattern(marks));
  return attempts.flatMap((attempt, n) => {
    const answer = answers[n];
    return answer ? [{ attempt, answer, outcome: judge(attempt, answer, pattern) }] : [];
  });
}

/** Where an unqualified write ended in a foreign key, or was not carried out for the number of rows, its plan tells. */
async function byPlans(stage: Stage, results: readonly Result[]): Promise<Result[]> {
  if (!stage.isShared) return [...results];
  const held = results.filter(
    ({ attempt, answer }) =>
      attempt.expect === 'unchanged' &&
      answer.state === '23503' &&
      /^(?:delete|merge)$/.test(attempt.operation),
  );
  const version = stage.arena.session.serverVersion;
  const attempts = stage.victim.relations.filter(isTable).flatMap((relation) => {
    const name = fullName(relation);
    const operations = isSmall(stage, relation)
      ? held.filter(({ attempt }) => attempt.object === name).map(({ attempt }) => attempt.operation)
      : ['update', 'delete', ...(version < 150_000 ? [] : ['merge'])];
    const isTenants = relation.columns.some((column) => column.name === stage.arena.tenantColumn);
    return isTenants ? planAttempts(stage, relation, operations) : [];
  });
  const planned = await run(stage, attempts, stage.victim.marks);
  const judged = planned.map(({ attempt, answer: raw }) => {
    const answer = readPlan(raw, stage.arena.tenantColumn);
    return { attempt, answer, outcome: judge(attempt, answer, undefined) };
  });
  return [...results.filter((result) => !held.includes(result)), ...judged];
}

/** A large object of the victim's, and attempts on it. Where none can be made there is nothing to reach. */
async function attackLargeObject(stage: Stage): Promise<Result[]> {
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
    return [];
  } finally {
    await client.query('rollback to savepoint fedgen_lo; release savepoint fedgen_lo');
  }
}

interface Swept {
  readonly results: Result[];
  readonly findings: readonly (Finding & { readonly check: ProbeCode })[];
}

/** Looks through everything that either side can read or call, in its own context and without one. */
async function sweepAll(stage: Stage): Promise<Swept> {
  const { arena, attacker, victim } = stage;
  const permitted = new Set(
    arena.neighbours.flatMap(({ tenant, readable }) =>
      tenant.schemas.flatMap((schema) => readable.map((name) => `${schema}.${name}`)),
    ),
  );
  const sides = stage.isShared
    ? [{ side: attacker, other: victim }]
    : [
        { side: attacker, other: victim },
        { side: victim, other: attacker },
      ];
  const swept: Swept = { results: [], findings: [] };
  const findings: (Finding & { readonly check: ProbeCode })[] = [];
  for (const { side, other } of sides) {
    await arena.session.client.query(`select pg_catalog.set_config('fedgen.marks', $1, true)`, [
      markPattern(other.marks),
    ]);
    const pattern = `pg_catalog.current_setting('fedgen.marks')`;
    const sweep: Sweep = { stage, tenant: side.tenant, pattern, context: OWN_CONTEXT, permitted };
    const readable = await readReadable(arena, side.tenant);
    const callable = await readCallable(arena, side.tenant);
    const attempts = [OWN_CONTEXT, ...emptyContexts(arena)].flatMap((context) => [
      ...sweepAttempts({ ...sweep, context }, readable),
      ...callAttempts({ ...sweep, context }, callable),
    ]);
    const { result, notices } = await withNotices(arena.session, () =>
      run(stage, [...attempts, ...spyAttempts(sweep, readable)], other.marks),
    );
    swept.results.push(...result);
    findings.push(...noticeFindings(side.tenant.role, notices, other.marks));
  }
  return { results: swept.results, findings };
}

/** Marks of others in what the server sent besides results. */
function noticeFindings(
  role: string,
  notices: readonly string[],
  marks: readonly string[],
): (Finding & { readonly check: ProbeCode })[] {
  const pattern = new RegExp(markPattern(marks));
  const telling = notices.filter((notice) => pattern.test(notice));
  const [first] = telling;
  if (first === undefined) return [];
  return [
    {
      check: first.startsWith('fedgen-spy') ? 'canary_sweep' : 'callable_functions',
      object: role,
      severity: 'error',
      isolation: true,
      message: `notices to ${role} show rows of others (${telling.length} notices)`,
      remedy:
        'A view that filters rows by itself needs security_barrier; a function must not raise what its caller may not read.',
    },
  ];
}

function remarksOf(stage: Stage, known: Reconnaissance, found: Swept['findings']): Remarks {
  const { arena, attacker, victim } = stage;
  const unplanted = [victim, attacker].flatMap((side) =>
    side.planted.missing.map(({ relation, message }) => ({
      check: 'unprobed_tables' as const,
      object: fullName(relation),
      severity: 'error' as const,
      isolation: true,
      message: `could not be probed: ${message}`,
      remedy: `A table that was not probed is not proved isolated. Give the column a value that the table accepts in pack.yaml, under table ${relation.name}: sample: { column: "'literal'" }.`,
    })),
  );
  const planted = [victim, attacker].flatMap((side) => [
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
      cached_plans: 'every tenant has tables of its own',
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
