import { runScripts } from '../apply/apply.js';
import { buildWorklist, refuseEdited } from '../apply/worklist.js';
import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import { planControlPlane } from '../plan/target.js';
import { createRenderer } from '../render/render.js';
import { loadControlPlane } from '../packs/load.js';
import type { FleetState } from '../apply/fleet-state.js';
import { applyControlPlane } from './apply.js';
import {
  closeDead,
  prepareFleet,
  readSelection,
  readState,
  toPackScript,
  type FleetOptions,
  type PreparedFleet,
} from './fleet-prepare.js';
import { runOverFleet, type FleetResult, type FleetWork } from './fleet.js';
import {
  compareStand,
  requireSelection,
  standOf,
  surveyTargets,
  type SurveyedTarget,
} from './fleet-survey.js';
import { defaultSettings } from '../config/settings.js';
import { FedgenError } from '../shared/errors.js';
import { overDatabases, type PartOfRun } from './over-databases.js';
import { splitOver } from './split-over.js';
import { planIn, refuseStale, type FleetPlan } from './plan.js';
import { withDatabase } from './run.js';
import { createVerifier, type Verifier } from './verify.js';

/**
 * Brings many departments up to their pack, several at a time, the control plane first if need be. Each script is a
 * transaction of its own at each department. Where nothing is to do, that is one query.
 * @returns what became of them; a department that failed is no error of this call.
 * @throws FedgenError for what concerns all of them: E_USAGE, E_TARGET_UNKNOWN, E_DB_*, E_PACK_*.
 */
export async function applyFleet(options: FleetOptions): Promise<FleetResult> {
  await refuseMovedPlans(options);
  return overDatabases(options, 'apply', applyInOne);
}

/** With plans for several databases nothing is touched in any before all of them are found to hold. */
async function refuseMovedPlans(options: FleetOptions): Promise<void> {
  const { plans = {}, settings = defaultSettings() } = options;
  const names = Object.keys(plans);
  const unknown = names.filter((name) => !settings.databases.some((each) => each.name === name));
  if (unknown.length > 0)
    throw new FedgenError(
      'E_PLAN_STALE',
      `the plan is for databases that are not configured: ${unknown.join(', ')}`,
    );
  await Promise.all(
    splitOver(names.length > 0 ? options : {}, settings).flatMap(({ options: { plan, ...part } }) =>
      plan ? [refuseMovedPlan(part, plan)] : [],
    ),
  );
}

async function refuseMovedPlan(options: FleetOptions, plan: FleetPlan): Promise<void> {
  const prepared = await prepareFleet({ ...options, named: plan.steps.flatMap(({ targets }) => targets) });
  await withDatabase(prepared, 'reading the ledger', (session) => refuseMoved(session, prepared, plan));
}

async function applyInOne(given: FleetOptions, part?: PartOfRun): Promise<FleetResult> {
  const { plan } = given;
  const options = plan ? { ...given, named: plan.steps.flatMap(({ targets }) => targets) } : given;
  requireSelection(options, 'apply');
  const prepared = await prepareFleet(options, part);
  return withDatabase(prepared, 'applying to departments', async (session) => {
    if (plan) await refuseMoved(session, prepared, plan);
    const targets = await surveyForApply(session, prepared, (state) =>
      ensureControlPlane(session, prepared, state),
    );
    const needy = targets.filter(isNeedy);
    // A fault of the templates concerns all of them: it is found before anything is touched.
    if (needy[0]) prepared.renderer.runnable(prepared.planOf(needy[0]));
    const verify = options.verify && needy.length > 0 ? await createVerifier(session, prepared) : undefined;
    return runOverFleet(session, prepared, workOf(prepared, verify), {
      targets: needy,
      chosen: targets.length,
    });
  });
}

/** Compares a plan with the one that would be made of its departments now. */
async function refuseMoved(session: Session, prepared: PreparedFleet, plan: FleetPlan): Promise<void> {
  const now = await planIn(session, prepared, await readState(session, prepared.settings));
  refuseStale({ ...plan, unchanged: 0 }, { ...now, unchanged: 0 });
}

/** Is there anything to do, or anything wrong, as far as the ledger's sums tell? */
export const isNeedy = ({ pending, isSuspect, unknown }: SurveyedTarget): boolean =>
  pending.length > 0 || isSuspect || unknown.length > 0;

/** The chosen departments and what is pending at each. */
export async function surveyForApply(
  session: Session,
  prepared: PreparedFleet,
  ensure: (state: FleetState | undefined) => Promise<boolean>,
): Promise<SurveyedTarget[]> {
  const before = await readState(session, prepared.settings);
  const state = (await ensure(before)) ? await readState(session, prepared.settings) : before;
  await closeDead(session, prepared, state);
  const selection = await readSelection(session, prepared.options);
  return surveyTargets(session, prepared, {
    state,
    scripts: prepared.scripts,
    selection,
    makesNew: true,
  });
}

/** Applies what the control plane lacks. @returns whether that was anything. */
async function ensureControlPlane(
  session: Session,
  prepared: PreparedFleet,
  state: FleetState | undefined,
): Promise<boolean> {
  const pack = await loadControlPlane();
  const renderer = await createRenderer(pack);
  const plan = planControlPlane(pack, prepared.settings.rolePrefix);
  const { pending, isSuspect, unknown } = compareStand(
    renderer.checksums(plan).map(toPackScript),
    standOf(state, CONTROL_SCHEMA),
  );
  if (pending.length === 0 && !isSuspect && unknown.length === 0) return false;
  await applyControlPlane(session, prepared);
  return true;
}

const workOf = ({ renderer }: PreparedFleet, verify: Verifier | undefined): FleetWork => ({
  command: 'apply',
  at: async (run, rows, runId) => {
    const worklist = buildWorklist(renderer.runnable(run.plan), rows);
    refuseEdited(worklist.edited);
    await runScripts(run, worklist.pending, runId);
    if (worklist.pending.length > 0) await verify?.(run, runId);
    return worklist.pending.length;
  },
});
