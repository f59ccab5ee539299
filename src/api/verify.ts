import { planRollback, undoSteps } from '../apply/rollback.js';
import type { TargetRun } from '../apply/apply.js';
import { readLedger } from '../apply/ledger.js';
import { buildWorklist } from '../apply/worklist.js';
import type { Session } from '../db/session.js';
import { loadControlPlane } from '../packs/load.js';
import { sharedRoles } from '../plan/names.js';
import { FedgenError } from '../shared/errors.js';
import { schemaOids } from '../validate/catalogue.js';
import { record } from '../validate/expectation.js';
import type { Finding } from '../validate/model.js';
import { compareTargets, OPEN_COMPARISON, type CompareInput } from '../validate/prove.js';
import { renderScratch } from '../validate/scratch.js';
import type { PreparedFleet } from './fleet-prepare.js';
import { listChecks } from './survey.js';
import { prepareComparison, prepareSubject, readRegistryIn } from './survey-input.js';

/** What departments are compared with after their scripts; made once for all of them. */
export type Verifier = (run: TargetRun, runId: string) => Promise<void>;

/**
 * Prepares the comparison: the pack's scripts, in a transaction that is rolled back, say what must stand. What it answers
 * compares one department: its contract and its whole catalogue. Where it is not as it must be, what the run
 * applied there is taken back.
 * @throws (the verifier) FedgenError E_VERIFY_FAILED.
 */
export async function createVerifier(session: Session, prepared: PreparedFleet): Promise<Verifier> {
  const checks = (await listChecks()).filter(({ layer, code }) => layer === 'contract' || code === 'drift');
  const input = await prepareFleetComparison(
    session,
    prepared,
    checks.map(({ code }) => code),
  );
  return async (run, runId) => {
    const findings = (await compareOne(run, input)).filter(({ severity }) => severity === 'error');
    if (findings.length > 0) throw await takeBack(run, prepared, { runId, findings });
  };
}

/** What departments of a fleet are compared with, by these checks. */
export async function prepareFleetComparison(
  session: Session,
  { settings, pack, planOf }: PreparedFleet,
  codes: readonly string[],
): Promise<CompareInput> {
  const registry = await readRegistryIn(session, sharedRoles(settings.rolePrefix).owner);
  const survey = {
    settings,
    pack,
    controlPlane: await loadControlPlane(),
    variables: planOf({ id: 'sample', name: 'Sample' }).variables,
    selected: new Set(codes),
    selection: {},
    snapshot: undefined,
    writeSnapshot: undefined,
    sinceLast: false,
    isComplete: false,
  };
  const subject = await prepareSubject(survey, registry);
  const recorded = await record(session, await renderScratch(pack, subject));
  return prepareComparison(session, survey, subject, recorded);
}

/** What the checks of a comparison find at one department, where all scripts of its plan are taken as applied. */
export async function compareOne(
  { session, plan }: Pick<TargetRun, 'session' | 'plan'>,
  input: CompareInput,
): Promise<Finding[]> {
  const found: Finding[] = [];
  await session.client.query(OPEN_COMPARISON);
  try {
    const { id, name, schema, schemas } = plan.target;
    const scripts = plan.pack.scripts.map((script) => `${script.pack}/${script.name}`);
    const oids = await schemaOids(session, schemas);
    const target = { id, name, schema, status: 'ACTIVE', schemaOids: oids, scripts };
    await compareTargets(session, input, [target], (_plan, { checks }) => {
      found.push(...checks.flatMap(({ findings }) => findings));
    });
    return found;
  } finally {
    await session.client.query('rollback').catch(() => undefined);
  }
}

async function takeBack(
  run: TargetRun,
  { renderer }: PreparedFleet,
  { runId, findings }: { readonly runId: string; readonly findings: readonly Finding[] },
): Promise<FedgenError> {
  const { session, plan } = run;
  const list = findings.map(({ object, message }) => `${object}: ${message}`);
  const rows = await readLedger(session, plan.roles.owner, [plan.target.id]);
  const { applied } = buildWorklist(renderer.render(plan), rows);
  let undone = 'What the run had applied there was rolled back.';
  try {
    await undoSteps(run, planRollback(applied, { kind: 'run', runId }), runId, { allowDataLoss: false });
  } catch (error) {
    if (!(error instanceof FedgenError)) throw error;
    undone = `What the run had applied there stands, for it cannot be rolled back: ${error.message}`;
  }
  return new FedgenError(
    'E_VERIFY_FAILED',
    `"${plan.target.id}" is not what its scripts make: ${list.slice(0, 5).join('; ')}${list.length > 5 ? '; …' : ''}`,
    {
      hint: `${undone} "fedgen validate --department-id ${plan.target.id}" tells more.`,
      details: { target: plan.target.id, findings: list },
    },
  );
}
