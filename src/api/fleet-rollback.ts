import { refuseLosses, rollingBack } from '../apply/data-loss.js';
import {
  chooseForRollback,
  planRollback,
  previewLosses,
  refuseHalfDone,
  undoSteps,
  type RollbackGoal,
} from '../apply/rollback.js';
import { buildWorklist } from '../apply/worklist.js';
import type { TargetRun } from '../apply/apply.js';
import type { LedgerRow } from '../apply/ledger.js';
import {
  closeDead,
  prepareFleet,
  readSelection,
  readState,
  type FleetOptions,
  type PreparedFleet,
} from './fleet-prepare.js';
import { runOverFleet, type FleetResult } from './fleet.js';
import { overDatabases, type PartOfRun } from './over-databases.js';
import { requireSelection, surveyTargets } from './fleet-survey.js';
import { withDatabase } from './run.js';

/** Options of {@link rollbackFleet}. */
export interface FleetRollbackOptions extends FleetOptions {
  /** How far back at each department. `run` takes each back to where it was before that run. */
  readonly goal: RollbackGoal;
  /** Destroys rows without asking; otherwise a department that would lose some is a failure, untouched. */
  readonly allowDataLoss?: boolean;
}

/**
 * Takes many departments back, several at a time. With the goal `run` these are exactly the departments at which
 * something of that run stands, unless fewer are named.
 * @returns what became of them; a department that failed is no error of this call.
 * @throws FedgenError for what concerns all of them: E_USAGE, E_RUN_UNKNOWN, E_TARGET_UNKNOWN, E_DB_*.
 */
export async function rollbackFleet(options: FleetRollbackOptions): Promise<FleetResult> {
  const { goal } = options;
  const selecting = goal.kind === 'run' ? { ...options, run: goal.runId } : options;
  return overDatabases(selecting, 'rollback', rollBackInOne);
}

async function rollBackInOne(selecting: FleetRollbackOptions, part?: PartOfRun): Promise<FleetResult> {
  requireSelection(selecting, 'rollback');
  const prepared = await prepareFleet(selecting, part);
  return withDatabase(prepared, 'rolling back departments', async (session) => {
    const state = await readState(session, prepared.settings);
    await closeDead(session, prepared, state);
    const selection = await readSelection(session, prepared.options);
    const chosen = await surveyTargets(session, prepared, { state, scripts: prepared.scripts, selection });
    const targets = chosen.filter(({ pending }) => pending.length < prepared.scripts.length);
    const at: Parameters<typeof runOverFleet>[2]['at'] = (run, rows, runId) =>
      undoAt(prepared, selecting, run, { rows, runId });
    return runOverFleet(session, prepared, { command: 'rollback', at }, { targets, chosen: chosen.length });
  });
}

/** Only what is undone is rendered with its way back. */
async function undoAt(
  { renderer }: PreparedFleet,
  options: FleetRollbackOptions,
  run: TargetRun,
  { rows, runId }: { readonly rows: readonly LedgerRow[]; readonly runId: string },
): Promise<number> {
  refuseHalfDone(rows, options.goal);
  const { applied } = buildWorklist(renderer.runnable(run.plan), rows);
  const chosen = chooseForRollback(applied, options.goal);
  const wanted = new Set(chosen.map(({ row }) => row.script));
  const rendered = renderer.render(run.plan, ({ name }) => wanted.has(name));
  const pairs = rendered.flatMap((script) => {
    const row = chosen.find((pair) => pair.row.script === script.source.name)?.row;
    return row ? [{ script, row }] : [];
  });
  // The choice was made among all that stands; now everything is to go.
  const goal: RollbackGoal = options.goal.kind === 'all' ? options.goal : { kind: 'to', number: 0 };
  const steps = planRollback(pairs, goal);
  if (steps.length === 0) return 0;
  const allowDataLoss = options.allowDataLoss ?? false;
  if (!allowDataLoss) refuseLosses(rollingBack(run.plan.target.id), await previewLosses(run, steps));
  await undoSteps(run, steps, runId, { allowDataLoss });
  return chosen.length;
}
