import type { ScriptOutcome } from '../apply/events.js';
import {
  planRollback,
  previewLosses,
  rollBackScripts,
  type RollbackGoal,
  type RollbackStep,
} from '../apply/rollback.js';
import type { Loss } from '../apply/data-loss.js';
import type { Drop } from '../render/drops.js';
import { buildWorklist } from '../apply/worklist.js';
import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import { FedgenError } from '../shared/errors.js';
import {
  prepare,
  renderControlPlane,
  renderDepartment,
  type CommonOptions,
  type DepartmentOptions,
  type Prepared,
  type RenderedPlan,
} from './options.js';
import {
  findDepartmentName,
  connecting,
  readLedgerIfAny,
  requireRegisteredName,
  targetRun,
  withDatabase,
  withLock,
  type Connecting,
} from './run.js';

/** Options of {@link rollback}. */
export interface RollbackOptions extends DepartmentOptions {
  readonly goal: RollbackGoal;
  /** Destroys rows without asking; otherwise a rollback that would drop rows is refused untouched. */
  readonly allowDataLoss?: boolean;
  /** Tells what would be done and what it would destroy; changes nothing. */
  readonly dryRun?: boolean;
}

/** What {@link rollback} did, or would do. */
export interface RollbackResult {
  readonly departmentId: string;
  readonly schema: string;
  readonly runId: string | undefined;
  /** Scripts rolled back, newest first; for a dry run those that would be, as `not-run`. */
  readonly scripts: readonly ScriptOutcome[];
  /** Filled by a dry run: the SQL of each step, and the rows that would go. */
  readonly steps: readonly { readonly label: string; readonly sql: string }[];
  readonly losses: readonly Loss[];
}

/**
 * Takes a department back: to a script, by a number of scripts, or away altogether. History stays in the ledger.
 * Every step is checked before the first is run.
 * @throws FedgenError E_IRREVERSIBLE, E_DATA_LOSS, E_SCRIPT_EDITED, E_ROLLBACK_FAILED, E_TARGET_UNKNOWN, E_DB_*.
 */
export async function rollback(options: RollbackOptions): Promise<RollbackResult> {
  const prepared = await prepare(options);
  return withDatabase(prepared, `rolling back "${prepared.departmentId}"`, (session) =>
    withLock(session, prepared, prepared.departmentId, async () => {
      const name = options.department ?? (await findStandingName(session, prepared));
      const department = await renderDepartment(prepared, name);
      return rollBackTarget(session, prepared, department, options);
    }),
  );
}

/** Its registered name; below its second script a department has none yet, and must still be able to go. */
async function findStandingName(session: Session, prepared: Prepared): Promise<string> {
  const name = await findDepartmentName(session, prepared);
  if (name !== undefined) return name;
  const rows = await readLedgerIfAny(session, prepared.settings, [prepared.departmentId]);
  const stands = rows.some((row) => row.state === 'applied');
  return stands ? prepared.departmentId : requireRegisteredName(session, prepared);
}

/** Options of {@link rollbackControlPlane}. */
export interface RollbackControlPlaneOptions extends CommonOptions {
  readonly allowDataLoss?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Removes the control plane from a database that has no department left.
 * @throws FedgenError E_USAGE while departments stand; E_DATA_LOSS when audit rows would go.
 */
export async function rollbackControlPlane(options: RollbackControlPlaneOptions): Promise<RollbackResult> {
  const to = connecting(options);
  const control = await renderControlPlane(to.settings);
  return withDatabase(to, 'rolling back the control plane', (session) =>
    withLock(session, to, CONTROL_SCHEMA, async () => {
      const ledger = await readLedgerIfAny(session, to.settings);
      if (ledger.length > 0) {
        const standing = ledger.filter((row) => row.state === 'applied' && row.target !== CONTROL_SCHEMA);
        refuseWhileUsed(standing.map(({ target }) => target));
      }
      return rollBackTarget(session, to, control, { ...options, goal: { kind: 'to', number: 0 } });
    }),
  );
}

/** Asked of the ledger: a department may stand without being registered, and would be an orphan. */
function refuseWhileUsed(ids: readonly string[]): void {
  const departments = [...new Set(ids)].sort();
  if (departments.length === 0) return;
  throw new FedgenError('E_USAGE', `the control plane still serves ${departments.join(', ')}`, {
    hint: 'Remove the departments first: fedgen rollback --department-id <id> --all --yes.',
    details: { departments },
  });
}

/** Tables of the control plane whose rows come with its own scripts: nobody's data is lost with them. */
const REFERENCE_TABLES: ReadonlySet<string> = new Set(['cross_dept_resources']);

const isReferenceTable = (target: string, drop: Drop): boolean =>
  target === CONTROL_SCHEMA && drop.kind === 'table' && REFERENCE_TABLES.has(drop.name);

async function rollBackTarget(
  session: Session,
  to: Connecting,
  { plan, scripts }: RenderedPlan,
  options: { readonly goal: RollbackGoal; readonly allowDataLoss?: boolean; readonly dryRun?: boolean },
): Promise<RollbackResult> {
  const { applied } = buildWorklist(scripts, await readLedgerIfAny(session, to.settings, [plan.target.id]));
  const steps = planRollback(applied, options.goal).map((step) => ({
    ...step,
    drops: step.drops.filter((drop) => !isReferenceTable(plan.target.id, drop)),
  }));
  const run = targetRun(session, to, plan);
  const result = { departmentId: plan.target.id, schema: plan.target.schema, steps: [], losses: [] };
  if (!options.dryRun) {
    const outcome = await rollBackScripts(run, steps, { allowDataLoss: options.allowDataLoss ?? false });
    return { ...result, ...outcome };
  }
  return {
    ...result,
    runId: undefined,
    scripts: steps.flatMap(notRun),
    steps: steps.map((step) => ({ label: step.label, sql: step.down.sql })),
    losses: steps.length === 0 ? [] : await previewLosses(run, steps),
  };
}

const notRun = (step: RollbackStep): ScriptOutcome[] =>
  step.rows.map((row) => ({ target: row.target, script: row.script, state: 'not-run' }));
