import { sqlState } from '../db/errors.js';
import type { Session } from '../db/session.js';
import type { Pack } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import type { RenderedScript } from '../render/render.js';
import {
  attackProbes,
  controlProbes,
  handOverProbes,
  placesOf,
  judgeAttacks,
  judgeControls,
  plantingProbes,
  smugglingProbes,
  type Side,
} from './attacks.js';
import { checkResult, type CheckResult, type Finding } from './checks.js';
import { readSchemaFacts } from './facts.js';
import { chooseImpersonation, type Impersonation } from './impersonate.js';
import { runProbes, type Probe, type ProbeAnswer } from './probe.js';

/** How long the probes may wait and work: a validation must never hold up the application. */
export const PROBE_LOCK_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Real departments that are attacked besides the scratch one and those that privileges already point at. */
const SAMPLED_NEIGHBOURS = 3;

type Run = (
  role: string,
  probes: readonly Probe[],
  settings?: Readonly<Record<string, string>>,
) => Promise<ProbeAnswer[]>;

/** What the isolation check works with. */
export interface IsolationInput {
  readonly session: Session;
  readonly plan: TargetPlan;
  /** A department made up for this run: rendered like any other, created and dropped in one transaction. */
  readonly scratch: { readonly plan: TargetPlan; readonly scripts: readonly RenderedScript[] };
  /** Text that no row has yet. */
  readonly token: string;
}

/**
 * Becomes the department's role and attacks: a scratch department with rows in every table, and real neighbours.
 * Everything happens in one transaction that is rolled back.
 */
export async function checkIsolation(input: IsolationInput): Promise<CheckResult> {
  const { client } = input.session;
  await client.query(
    `begin; set local lock_timeout = ${PROBE_LOCK_TIMEOUT_MS}; set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
  );
  try {
    return await attackAll(input);
  } catch (error) {
    if (input.session.signal?.aborted || !UNPROBED.has(sqlState(error) ?? '')) throw error;
    return unprobed(input.plan.target.schema, error);
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

/** Time-outs of the probes' own limits: what they stopped was not probed, and that is a finding. */
const UNPROBED: ReadonlySet<string> = new Set(['57014', '55P03']);

const unprobed = (object: string, cause: unknown): CheckResult =>
  checkResult(
    'cross_tenant_isolation',
    'not probed to the end',
    [
      {
        object,
        message: `could not be probed: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy:
          'Something holds locks on these tables or makes writing to them slow: look for it, and validate again.',
      },
    ],
    [],
  );

async function attackAll(input: IsolationInput): Promise<CheckResult> {
  const { session, plan, scratch, token } = input;
  const impersonation = await chooseImpersonation(session);
  const attacker = await readSide(session, plan, token);
  await createScratch(session, scratch);
  const victim = await readSide(session, scratch.plan, token);
  await impersonation.prepare(attacker.role);
  await impersonation.prepare(victim.role);
  const run: Run = (role, probes, settings) => runProbes(session, impersonation, role, probes, settings);
  const { answers, findings } = await attackScratch(plan, attacker, victim, run);
  const becoming = await run(
    attacker.role,
    becomingProbes(impersonation, [victim.role, plan.roles.owner, plan.roles.admin]),
  );
  const neighbours = await attackNeighbours(input, attacker, run);
  const attempts = answers + becoming.length + neighbours.attempts;
  return checkResult(
    'cross_tenant_isolation',
    `${attempts} attempts as ${attacker.role} on ${1 + neighbours.departments.length} other departments`,
    [
      ...findings,
      ...judgeAttacks(becoming, attacker.role, new Set()),
      ...neighbours.findings,
      ...(await reachableRoles(session, attacker.role, plan.roles.tenant)),
    ],
    [
      `${answers} attempts on a scratch department with a row in each of ${victim.tables.length} tables`,
      ...neighbours.departments.map((id) => `attempts on department ${id}`),
      impersonation.mode === 'session'
        ? 'SET ROLE attacks were judged as a login of the department'
        : 'SET ROLE was judged from memberships: only a superuser can imitate a login of the department',
    ],
  );
}

/** Plants rows on both sides, proves that each can work with its own, and attacks with and without a forged setting. */
async function attackScratch(
  plan: TargetPlan,
  attacker: Side,
  victim: Side,
  run: Run,
): Promise<{ answers: number; findings: Finding[] }> {
  const column = plan.pack.tenantColumn.name;
  const planted = plantingProbes(victim, column);
  const own = plantingProbes(attacker, column);
  const plantedAnswers = await run(victim.role, planted.probes);
  const ownAnswers = await run(attacker.role, own.probes);
  const places = placesOf(ownAnswers);
  const controls = [
    ...plantedAnswers,
    ...ownAnswers,
    ...(await run(attacker.role, controlProbes(attacker, column, places))),
  ];
  const attacks = [...attackProbes(victim, column).probes, ...smugglingProbes(attacker, victim.id, column)];
  const forged = attacks.map((probe) => ({ ...probe, label: `with a forged tenant setting ${probe.label}` }));
  const answers = [
    ...(await run(attacker.role, [...attacks, ...handOverProbes(attacker, victim.id, column, places)])),
    ...(await run(attacker.role, forged, { 'app.current_tenant_id': victim.id })),
  ];
  const findings = [
    ...planted.findings,
    ...own.findings,
    ...judgeControls(controls, attacker.role, plan.pack.tables),
    ...judgeAttacks(answers, attacker.role, new Set()),
  ];
  return { answers: answers.length, findings };
}

async function readSide(session: Session, plan: TargetPlan, token: string): Promise<Side> {
  const facts = await readSchemaFacts(session, plan.target.schemas);
  return {
    id: plan.target.id,
    schema: plan.target.schema,
    role: plan.target.role ?? '',
    tables: facts.tables,
    token,
  };
}

async function createScratch(session: Session, { plan, scripts }: IsolationInput['scratch']): Promise<void> {
  for (const script of scripts) {
    const role = script.source.directives.runAs === 'owner' ? quoteIdentifier(plan.roles.owner) : 'none';
    await session.client.query(
      `set local client_min_messages = warning; set local search_path = ${quoteIdentifier(plan.target.schema)}; set local role ${role}`,
    );
    if (script.up.statements.length > 0) await session.client.query(script.up.sql);
  }
  await session.client.query('set local role none; set local search_path to default');
}

/** Attempts to become somebody else. A provisioner's own memberships would decide in mode `role`, so not there. */
function becomingProbes(impersonation: Impersonation, roles: readonly string[]): Probe[] {
  if (impersonation.mode === 'role') return [];
  return roles.map((role) => ({
    label: `become ${role}`,
    sql: `set local role ${quoteIdentifier(role)}`,
    counts: 'change',
    undo: true,
  }));
}

/** Roles that the department's role is a member of, directly or not, besides the tenant group. */
async function reachableRoles(session: Session, role: string, group: string): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string }>(
    `with recursive reach as (
       select roleid from pg_auth_members where member = to_regrole($1)
       union select m.roleid from pg_auth_members m join reach on m.member = reach.roleid)
     select rolname as name from reach join pg_roles r on r.oid = reach.roleid where rolname <> $2 order by 1`,
    [quoteIdentifier(role), group],
  );
  return rows.map(({ name }) => ({
    object: role,
    message: `${role} is a member of ${name} and can use its rights`,
    remedy: `revoke ${quoteIdentifier(name)} from ${quoteIdentifier(role)};`,
  }));
}

interface Neighbours {
  readonly departments: readonly string[];
  readonly attempts: number;
  readonly findings: readonly Finding[];
}

async function attackNeighbours(
  { session, plan, scratch, token }: IsolationInput,
  attacker: Side,
  run: Run,
): Promise<Neighbours> {
  const known = await readNeighbours(session, plan, attacker.role, scratch.plan.target.id);
  const chosen = [
    ...known.filter((each) => each.reachable),
    ...known.filter((each) => !each.reachable).slice(0, SAMPLED_NEIGHBOURS),
  ];
  const findings: Finding[] = [];
  let attempts = 0;
  for (const neighbour of chosen) {
    const facts = await readSchemaFacts(session, [neighbour.schema]);
    const side: Side = {
      id: neighbour.id,
      schema: neighbour.schema,
      role: neighbour.role,
      tables: facts.tables,
      token,
    };
    const { probes, findings: unprobed } = attackProbes(side, plan.pack.tenantColumn.name);
    const answers = await run(attacker.role, probes);
    attempts += answers.length;
    findings.push(
      ...unprobed,
      ...judgeAttacks(answers, attacker.role, allowedReads(plan.pack, side, neighbour.resources)),
    );
  }
  return { departments: chosen.map((each) => each.id), attempts, findings };
}

interface Neighbour {
  readonly id: string;
  readonly schema: string;
  readonly role: string;
  /** Resources that a permission lets the attacker read. */
  readonly resources: readonly string[];
  /** Some privilege in this schema exists, declared or not. */
  readonly reachable: boolean;
}

async function readNeighbours(
  session: Session,
  plan: TargetPlan,
  attackerRole: string,
  scratchId: string,
): Promise<Neighbour[]> {
  await session.client.query(`set local role ${quoteIdentifier(plan.roles.owner)}`);
  const { rows } = await session.client.query<Neighbour>(
    `select d.department_id as id, d.tenant_schema as schema, t.role_name as role,
            coalesce((select json_agg(p.resource_type) from federation.cross_dept_permissions p
                       where p.source_department_id = $1 and p.target_department_id = d.department_id
                         and p.enabled and (p.expires_at is null or p.expires_at > now())), '[]') as resources,
            coalesce(has_schema_privilege($2, n.oid, 'usage') or exists (
              select from pg_depend x join pg_class c on c.oid = x.objid
               where x.refclassid = 'pg_namespace'::regclass and x.refobjid = n.oid and x.classid = 'pg_class'::regclass
                 and c.relkind in ('r', 'p', 'v', 'm', 'f')
                 and (has_table_privilege($2, c.oid, 'select, insert, update, delete, truncate, references, trigger')
                      or has_any_column_privilege($2, c.oid, 'select, insert, update, references'))), false) as reachable
       from federation.departments d
       join federation.tenants t on t.department_id = d.department_id
       join pg_namespace n on n.nspname = d.tenant_schema
      where d.department_id <> $1 and d.department_id <> $3
      order by d.department_id`,
    [plan.target.id, attackerRole, scratchId],
  );
  await session.client.query('set local role none');
  return rows;
}

function allowedReads(pack: Pack, side: Side, resources: readonly string[]): Set<string> {
  const shared = pack.tables.filter(
    (table) => table.sharing !== 'never' && (resources.includes(table.sharing) || resources.includes('*')),
  );
  return new Set(shared.map((table) => `select ${side.schema}.${table.name}`));
}
