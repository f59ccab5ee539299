import { randomBytes } from 'node:crypto';
import { sqlState } from '../db/errors.js';
import { findBlockers } from '../db/lock.js';
import type { Session } from '../db/session.js';
import { sharedRoles } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { listCatalogueChecks } from '../validate/catalogue-checks.js';
import { DRIFT_TITLE, type ComparisonResult } from '../validate/compare-target.js';
import { CONTRACT_TITLES } from '../validate/contract.js';
import { describeIdentity, RESIDUAL_RISKS } from '../validate/identity.js';
import { checkIsolation } from '../validate/isolation.js';
import { cleanMark, rememberClean } from '../validate/last-clean.js';
import type { CheckResult, Evidence, Layer, TargetReport } from '../validate/model.js';
import {
  compareServer,
  compareTargets,
  CONTROL_PLANE_TITLE,
  OPEN_COMPARISON,
  type CompareInput,
} from '../validate/prove.js';
import type { RegisteredTarget } from '../validate/registry.js';
import { renderScratch } from '../validate/scratch.js';
import { chooseTargets, identityOf, prepareComparison, readRegistryIn, type Survey } from './survey-input.js';

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
  const compared = await compareSome(session, input, targets);
  const reports: TargetReport[] = [];
  const marks = new Map<string, string>();
  for (const { plan, result, durationMs } of compared) {
    const report = await reportOn(session, survey, plan, result, durationMs);
    reports.push(report);
    if (result.digest !== undefined && isSpotless(report))
      marks.set(report.target, cleanMark(plan.pack, result.digest));
  }
  // Only of a validation that left nothing out can it be said that nothing was found.
  if (survey.sinceLast && survey.isComplete) {
    await rememberClean(session, sharedRoles(survey.settings.rolePrefix).owner, marks);
  }
  return reports;
}

interface Compared {
  readonly plan: TargetPlan;
  readonly result: ComparisonResult;
  readonly durationMs: number;
}

async function compareSome(
  session: Session,
  input: CompareInput,
  targets: readonly RegisteredTarget[],
): Promise<Compared[]> {
  const compared: Compared[] = [];
  try {
    await inComparison(session, () =>
      compareTargets(session, input, targets, (plan, result, durationMs) =>
        compared.push({ plan, result, durationMs }),
      ),
    );
    return compared;
  } catch (cause) {
    throw sqlState(cause) === '55P03'
      ? await lockedError(session, targets[compared.length]?.schema ?? '', cause)
      : cause;
  }
}

async function reportOn(
  session: Session,
  survey: Survey,
  plan: TargetPlan,
  { checks, unchanged }: ComparisonResult,
  durationMs: number,
): Promise<TargetReport> {
  const started = performance.now();
  const probed =
    !unchanged && survey.selected.has('cross_tenant_isolation') && plan.target.kind === 'department'
      ? [await probe(session, survey, plan)]
      : [];
  return {
    target: plan.target.id,
    name: plan.target.name,
    pack: plan.pack.name,
    schemas: plan.target.schemas,
    roles: plan.target.role === undefined ? [] : [plan.target.role],
    checks: [...checks, ...probed],
    matrix: [],
    unchanged,
    durationMs: durationMs + performance.now() - started,
  };
}

const isSpotless = (report: TargetReport): boolean =>
  !report.unchanged &&
  report.checks.every((check) => check.findings.every(({ severity }) => severity === 'note'));

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
