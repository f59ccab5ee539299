import { sqlState } from '../db/errors.js';
import { findBlockers } from '../db/lock.js';
import type { Session } from '../db/session.js';
import { sharedRoles } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { listCatalogueChecks } from '../validate/catalogue-checks.js';
import { DRIFT_TITLE, type ComparisonResult } from '../validate/compare-target.js';
import type { IdentityMode } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import { CONNECTION_TITLES, PROBE_TITLES } from '../validate/probes/attempt.js';
import { probeConnections } from './connection-probes.js';
import { CALLER_TITLES } from '../validate/probes/callers.js';
import { probe, type Probed } from './probing.js';
import { CONTRACT_TITLES } from '../validate/contract.js';
import { describeIdentity, RESIDUAL_RISKS } from '../validate/identity.js';
import { cleanMark, rememberLooks, type Look } from '../validate/last-look.js';
import { expectControlPlane, record, type Recorded } from '../validate/expectation.js';
import type { CheckResult, Evidence, Finding, Layer, TargetReport } from '../validate/model.js';
import {
  compareServer,
  compareTargets,
  CONTROL_PLANE_TITLE,
  OPEN_COMPARISON,
  type CompareInput,
  type CompareSubject,
} from '../validate/prove.js';
import type { RegisteredTarget } from '../validate/registry.js';
import { renderControlPlaneCopy, renderScratch, type Scratch } from '../validate/scratch.js';
import { readSnapshot, writeSnapshot } from './snapshot.js';
import {
  chooseTargets,
  identityOf,
  prepareComparison,
  prepareSubject,
  readRegistryIn,
  type Survey,
} from './survey-input.js';

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
    ...of('probe', { ...PROBE_TITLES, ...CONNECTION_TITLES, ...CALLER_TITLES }),
  ];
}

type Connect = <T>(use: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Looks at the server and the control plane, and meanwhile at every chosen target.
 * @param connect opens further connections: each is used for a limited number of targets.
 */
export async function lookAtAll(session: Session, survey: Survey, connect: Connect): Promise<Evidence> {
  const { settings, pack } = survey;
  const owner = sharedRoles(settings.rolePrefix).owner;
  const registry = await readRegistryIn(session, owner);
  const targets = chooseTargets(session, registry, survey);
  const subject = await prepareSubject(survey, registry);
  const about = { pack, serverVersion: session.serverVersion, rolePrefix: settings.rolePrefix };
  const stored = survey.snapshot === undefined ? undefined : await readSnapshot(survey.snapshot, about);
  const probeSome = (by: Session, some: typeof targets): Promise<CheckResult[]> =>
    probeConnections(by, { survey, registry, targets: some, connect });
  const beside = connect(async (by) => ({
    ...(await lookAtServer(by, survey, subject, stored?.controlPlane)),
    // Which targets need no further look is known only later.
    connections: survey.sinceLast ? undefined : await probeSome(by, targets),
  }));
  const [atServer, atTargets] = await together(
    beside,
    lookAtTargets({ session, survey, subject, targets, connect }, stored?.target),
  );
  const { reports } = atTargets;
  const changed = targets.filter((_, n) => reports[n]?.unchanged !== true);
  const connections = atServer.connections ?? (await probeSome(session, changed));
  if (survey.writeSnapshot !== undefined) {
    const recording = { target: atTargets.recorded, controlPlane: atServer.recorded };
    await writeSnapshot(survey.writeSnapshot, about, recording);
  }
  return {
    server: session.where,
    serverVersion: session.serverVersion,
    validator: await readValidator(session),
    checks: [...atServer.checks, ...connections],
    targets: reports,
    identity: pack.tenancy === 'single' ? [] : [describeIdentity(pack.name, identityOf(survey, registry))],
    residualRisks: RESIDUAL_RISKS,
  };
}

/** Both, or the error of the first that failed once neither works any more. */
async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

async function lookAtServer(
  session: Session,
  { controlPlane, settings }: Survey,
  subject: CompareSubject,
  stored: Recorded | Finding | undefined,
): Promise<{ checks: CheckResult[]; recorded: Recorded | Finding }> {
  const recorded =
    stored ?? (await record(session, await renderControlPlaneCopy(controlPlane, settings.rolePrefix)));
  const expected = expectControlPlane(recorded);
  return { checks: await inComparison(session, () => compareServer(session, subject, expected)), recorded };
}

async function lookAtTargets(
  fleet: {
    readonly session: Session;
    readonly survey: Survey;
    readonly subject: CompareSubject;
    readonly targets: readonly RegisteredTarget[];
    readonly connect: Connect;
  },
  stored: Recorded | Finding | undefined,
): Promise<{ reports: TargetReport[]; recorded: Recorded | Finding }> {
  const { session, survey, subject, targets, connect } = fleet;
  const scratch = await renderScratch(survey.pack, subject);
  const recorded = stored ?? (await record(session, scratch));
  const input = await prepareComparison(session, survey, subject, recorded);
  const reports: TargetReport[] = [];
  for (let at = 0; at < targets.length; at += TARGETS_PER_CONNECTION) {
    const some = targets.slice(at, at + TARGETS_PER_CONNECTION);
    const look = async (by: Session): Promise<void> =>
      void reports.push(...(await lookAtSome(by, survey, { input, scratch }, some)));
    await (at === 0 ? look(session) : connect(look));
  }
  return { reports, recorded };
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
  { input, scratch }: { readonly input: CompareInput; readonly scratch: Scratch },
  targets: readonly RegisteredTarget[],
): Promise<TargetReport[]> {
  const compared = await compareSome(session, input, targets);
  const reports: TargetReport[] = [];
  const looks = new Map<string, Look>();
  for (const one of compared) {
    const report = await reportOn(session, survey, one, scratch);
    reports.push(report);
    const look = report.unchanged ? undefined : lookOf(one, report);
    if (look) looks.set(one.plan.target.id, look);
  }
  // Only of a validation that left nothing out can it be said that nothing was found.
  if (survey.sinceLast && survey.isComplete)
    await rememberLooks(session, sharedRoles(survey.settings.rolePrefix).owner, looks);
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
  { plan, result: { checks, unchanged }, durationMs }: Compared,
  scratch: Scratch,
): Promise<TargetReport> {
  const started = performance.now();
  const isWanted = (code: string): boolean => survey.selected.has(code);
  const isProbed =
    !unchanged &&
    plan.target.kind !== 'control-plane' &&
    Object.keys(plan.pack.tenancy === 'single' ? CALLER_TITLES : PROBE_TITLES).some(isWanted);
  const probed = isProbed
    ? await probe(session, { plan, scratch, mode: modeOf(plan), isWanted })
    : NOT_PROBED;
  return {
    target: plan.target.id,
    name: plan.target.name,
    pack: plan.pack.name,
    schemas: plan.target.schemas,
    roles: probed.roles,
    checks: [...checks, ...probed.checks],
    matrix: probed.matrix,
    unchanged,
    durationMs: durationMs + performance.now() - started,
  };
}

const NOT_PROBED: Probed = { checks: [], matrix: [], roles: [] };

/** How the tenants of a target are told apart. */
const modeOf = ({ pack, variables }: TargetPlan): IdentityMode =>
  pack.identityModes.find((mode) => mode === variables[IDENTITY_VARIABLE]) ?? pack.identityModes[0] ?? 'role';

/** What is remembered of a target; nothing of a clean one whose catalogue could not be told in one hash. */
function lookOf({ plan, result: { digest } }: Compared, { checks }: TargetReport): Look | undefined {
  const findings = checks.flatMap((check) => check.findings).filter(({ severity }) => severity !== 'note');
  if (findings.length > 0) return { digest: null, findings: findings.length };
  return digest === undefined ? undefined : { digest: cleanMark(plan.pack, digest), findings: 0 };
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
