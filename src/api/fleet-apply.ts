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
import { withDatabase } from './run.js';

/**
 * Brings many departments up to their pack, several at a time, the control plane first if need be. Each script is a
 * transaction of its own at each department. Where nothing is to do, that is one query.
 * @returns what became of them; a department that failed is no error of this call.
 * @throws FedgenError for what concerns all of them: E_USAGE, E_TARGET_UNKNOWN, E_DB_*, E_PACK_*.
 */
export async function applyFleet(options: FleetOptions): Promise<FleetResult> {
  requireSelection(options, 'apply');
  const prepared = await prepareFleet(options);
  return withDatabase(prepared, 'applying to departments', async (session) => {
    const targets = await surveyForApply(session, prepared, (state) =>
      ensureControlPlane(session, prepared, state),
    );
    const needy = targets.filter(isNeedy);
    // A fault of the templates concerns all of them: it is found before anything is touched.
    if (needy[0]) prepared.renderer.runnable(prepared.planOf(needy[0]));
    return runOverFleet(session, prepared, workOf(prepared), { targets: needy, chosen: targets.length });
  });
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
  const selection = await readSelection(session, prepared.options);
  return surveyTargets(session, prepared, { state, scripts: prepared.scripts, selection });
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

const workOf = ({ renderer }: PreparedFleet): FleetWork => ({
  command: 'apply',
  at: async (run, rows, runId) => {
    const worklist = buildWorklist(renderer.runnable(run.plan), rows);
    refuseEdited(worklist.edited);
    await runScripts(run, worklist.pending, runId);
    return worklist.pending.length;
  },
});
