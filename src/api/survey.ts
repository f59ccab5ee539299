import { randomBytes } from 'node:crypto';
import { hasLedger } from '../apply/ledger.js';
import type { Settings } from '../config/settings.js';
import { sqlState } from '../db/errors.js';
import { findBlockers } from '../db/lock.js';
import type { Session } from '../db/session.js';
import type { IdentityMode, Pack } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import { sharedRoles } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { matchesGlob } from '../shared/glob.js';
import { listCatalogueChecks } from '../validate/catalogue-checks.js';
import { DRIFT_TITLE } from '../validate/compare-target.js';
import { CONTRACT_TITLES } from '../validate/contract.js';
import { recordExpectation, toExpectation, type Recording } from '../validate/expectation.js';
import { describeIdentity, RESIDUAL_RISKS } from '../validate/identity.js';
import { checkIsolation } from '../validate/isolation.js';
import type { CheckResult, Evidence, Layer, TargetReport } from '../validate/model.js';
import {
  compareServer,
  compareTargets,
  CONTROL_PLANE_TITLE,
  OPEN_COMPARISON,
  type CompareInput,
} from '../validate/prove.js';
import { readRegistry, type RegisteredTarget, type Registry } from '../validate/registry.js';
import { renderScratch } from '../validate/scratch.js';

/** What to validate, and how; everything in it is known to be right. */
export interface Survey {
  readonly settings: Settings;
  readonly pack: Pack;
  readonly controlPlane: Pack;
  readonly variables: TargetPlan['variables'];
  /** Codes of the checks to carry out. */
  readonly selected: ReadonlySet<string>;
  /** Department ids or patterns of them. */
  readonly patterns: readonly string[];
  readonly snapshot: string | undefined;
  readonly writeSnapshot: string | undefined;
  readonly sinceLast: boolean;
}

/** Targets per connection: what a server process remembers of the catalogues that it read grows with each of them. */
const TARGETS_PER_CONNECTION = 150;

/** Every check that there is: code, layer and title. */
export async function listChecks(): Promise<{ code: string; layer: Layer; title: string }[]> {
  const of = (
    layer: Layer,
    titles: Readonly<Record<string, string>>,
  ): { code: string; layer: Layer; title: string }[] =>
    Object.entries(titles).map(([code, title]) => ({ code, layer, title }));
  return [
    ...of('contract', CONTRACT_TITLES),
    ...of('catalogue', await listCatalogueChecks()),
    ...of('drift', { drift: DRIFT_TITLE, control_plane_drift: CONTROL_PLANE_TITLE }),
    ...of('probe', { cross_tenant_isolation: 'other departments are out of reach' }),
  ];
}

type Connect = <T>(use: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Looks at the server, at the control plane and at every chosen target.
 * @param connect opens further connections: each is used for a limited number of targets.
 */
export async function lookAtAll(session: Session, survey: Survey, connect: Connect): Promise<Evidence> {
  const { settings, pack } = survey;
  const owner = sharedRoles(settings.rolePrefix).owner;
  const registry = await readRegistryIn(session, owner);
  const targets = chooseTargets(session, registry, survey);
  const input = await prepareComparison(session, survey, registry);
  const checks = await inComparison(session, () => compareServer(session, input));
  const reports: TargetReport[] = [];
  for (let at = 0; at < targets.length; at += TARGETS_PER_CONNECTION) {
    const some = targets.slice(at, at + TARGETS_PER_CONNECTION);
    const look = async (by: Session): Promise<void> =>
      void reports.push(...(await lookAtSome(by, survey, input, some)));
    await (at === 0 ? look(session) : connect(look));
  }
  return {
    server: session.where,
    serverVersion: session.serverVersion,
    validator: await readValidator(session),
    checks,
    targets: reports,
    identity: [describeIdentity(pack.name, identityOf(survey, registry))],
    residualRisks: RESIDUAL_RISKS,
  };
}

async function readValidator(session: Session): Promise<Evidence['validator']> {
  const { rows } = await session.client.query<Evidence['validator']>(
    'select rolname as role, rolsuper as superuser from pg_catalog.pg_roles where rolname = current_user',
  );
  return rows[0] ?? { role: 'unknown', superuser: false };
}

async function readRegistryIn(session: Session, owner: string): Promise<Registry> {
  if (!(await hasLedger(session)))
    return { departments: [], packs: [], tenants: [], permissions: [], provisioners: [] };
  await session.client.query('begin read only');
  try {
    return await readRegistry(session, owner);
  } finally {
    await session.client.query('rollback');
  }
}

function chooseTargets(session: Session, registry: Registry, { pack, patterns }: Survey): RegisteredTarget[] {
  if (pack.tenancy === 'shared') return [requirePack(session, registry, pack)];
  const chosen = registry.departments.filter(({ id }) =>
    patterns.some((pattern) => matchesGlob(pattern, id)),
  );
  const unknown = patterns.filter(
    (pattern) => !registry.departments.some(({ id }) => matchesGlob(pattern, id)),
  );
  if (unknown.length === 0 || (patterns.includes('*') && chosen.length > 0)) return chosen;
  const [id = ''] = unknown;
  const what = id.includes('*') ? `no department matches "${id}"` : `department "${id}" is not registered`;
  throw new FedgenError('E_TARGET_UNKNOWN', `${what} in ${session.where}`, {
    hint: `Apply it first: fedgen apply --department "Its Name" --department-id ${id.includes('*') ? 'hr' : id}. "fedgen status" lists what is there.`,
    details: { departmentId: id },
  });
}

function requirePack(session: Session, registry: Registry, pack: Pack): RegisteredTarget {
  const found = registry.packs.find(({ id }) => id === pack.family);
  if (found) return found;
  throw new FedgenError('E_TARGET_UNKNOWN', `pack ${pack.name} is not installed in ${session.where}`, {
    hint: `Apply it first: fedgen apply --pack ${pack.name}.`,
    details: { pack: pack.name },
  });
}

async function prepareComparison(
  session: Session,
  survey: Survey,
  registry: Registry,
): Promise<CompareInput> {
  const { settings, pack, controlPlane, selected } = survey;
  const variables = settled(survey, registry);
  const options = { rolePrefix: settings.rolePrefix, variables };
  const recording: Recording = await recordExpectation(session, { pack, controlPlane }, options);
  return {
    pack,
    ...options,
    trustedRoles: settings.validate.trustedRoles,
    extensions: settings.validate.extensions,
    registry,
    expectation: toExpectation(recording),
    isWanted: (code) => selected.has(code),
    memory: new Map(),
  };
}

/** How the tenants of the pack are told apart in this database. */
const identityOf = ({ pack }: Survey, registry: Registry): IdentityMode =>
  registry.packs.find(({ id }) => id === pack.family)?.identity ?? pack.identityModes[0] ?? 'role';

/** The variables with the identity mode that the pack was installed with. */
const settled = (survey: Survey, registry: Registry): TargetPlan['variables'] =>
  Object.hasOwn(survey.variables, IDENTITY_VARIABLE)
    ? { ...survey.variables, [IDENTITY_VARIABLE]: identityOf(survey, registry) }
    : survey.variables;

async function inComparison<T>(session: Session, use: () => Promise<T>): Promise<T> {
  await session.client.query(OPEN_COMPARISON);
  try {
    return await use();
  } finally {
    await session.client.query('rollback').catch(() => undefined);
  }
}

async function lookAtSome(
  session: Session,
  survey: Survey,
  input: CompareInput,
  targets: readonly RegisteredTarget[],
): Promise<TargetReport[]> {
  const compared: { plan: TargetPlan; checks: readonly CheckResult[]; durationMs: number }[] = [];
  try {
    await inComparison(session, () =>
      compareTargets(session, input, targets, (plan, checks, durationMs) =>
        compared.push({ plan, checks, durationMs }),
      ),
    );
  } catch (cause) {
    throw sqlState(cause) === '55P03'
      ? await lockedError(session, targets[compared.length]?.schema ?? '', cause)
      : cause;
  }
  const reports: TargetReport[] = [];
  for (const { plan, checks, durationMs } of compared) {
    const started = performance.now();
    const probed = survey.selected.has('cross_tenant_isolation') ? [await probe(session, survey, plan)] : [];
    reports.push({
      target: plan.target.id,
      name: plan.target.name,
      pack: plan.pack.name,
      schemas: plan.target.schemas,
      roles: plan.target.role === undefined ? [] : [plan.target.role],
      checks: [...checks, ...probed],
      matrix: [],
      unchanged: false,
      durationMs: durationMs + performance.now() - started,
    });
  }
  return reports;
}

async function probe(session: Session, survey: Survey, plan: TargetPlan): Promise<CheckResult> {
  const options = { rolePrefix: survey.settings.rolePrefix, variables: survey.variables };
  const result = await checkIsolation({
    session,
    plan,
    scratch: await renderScratch(survey.pack, options),
    token: `fedgen-${randomBytes(6).toString('hex')}`,
  });
  return {
    code: result.name,
    layer: 'probe',
    title: result.title,
    summary: result.summary,
    findings: result.findings.map((finding) => ({ ...finding, severity: 'error', isolation: true })),
    evidence: result.evidence,
  };
}

/** Deparsing takes a lock on each table: beside a table that is locked by others it must not wait for ever. */
async function lockedError(session: Session, schema: string, cause: unknown): Promise<FedgenError> {
  const blockers = await findBlockers(session, schema);
  const who = blockers.map((blocker) => `\n  ${blocker}`).join('');
  return new FedgenError('E_DB_LOCKED', `cannot look at schema "${schema}": a table is locked${who}`, {
    hint: 'End the sessions above or wait for them, then validate again.',
    details: { schema, blockers },
    cause,
  });
}
