import type { ScriptOutcome } from '../apply/events.js';
import {
  planRollback,
  previewLosses,
  refuseHalfDone,
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
import { engineFor } from './engines.js';
import {
  prepare,
  renderControlPlane,
  renderTarget,
  type CommonOptions,
  type Prepared,
  type Registered,
  type RenderedPlan,
  type TargetOptions,
} from './options.js';
import {
  connecting,
  findRegistered,
  isRegistered,
  readLedgerIfAny,
  requireRegistered,
  targetRun,
  withDatabase,
  withLock,
  type Connecting,
} from './run.js';
import { refuseWithTenants } from './shared-pack.js';

/** Options of {@link rollback}. */
export interface RollbackOptions extends TargetOptions {
  readonly goal: RollbackGoal;
  /** Destroys rows without asking; otherwise a rollback that would drop rows is refused untouched. */
  readonly allowDataLoss?: boolean;
  /** Tells what would be done and what it would destroy; changes nothing. */
  readonly dryRun?: boolean;
}

/** What {@link rollback} did, or would do. */
export interface RollbackResult {
  /** Key of the target in the ledger: the department id, `pack:<name>`, or `federation` for the control plane. */
  readonly target: string;
  /** Undefined for a shared pack and the control plane. */
  readonly departmentId: string | undefined;
  readonly schema: string;
  readonly runId: string | undefined;
  /** Scripts rolled back, newest first; for a dry run those that would be, as `not-run`. */
  readonly scripts: readonly ScriptOutcome[];
  /** Filled by a dry run: the SQL of each step, and the rows that would go. */
  readonly steps: readonly { readonly label: string; readonly sql: string }[];
  readonly losses: readonly Loss[];
}

/**
 * Takes a department or a shared pack back: to a script, by a number of scripts, or away altogether. History stays in the ledger.
 * Every step is checked before the first is run.
 * @throws FedgenError E_IRREVERSIBLE, E_DATA_LOSS, E_SCRIPT_EDITED, E_ROLLBACK_FAILED, E_TARGET_UNKNOWN, E_DB_*.
 */
export async function rollback(options: RollbackOptions): Promise<RollbackResult> {
  return (await engineFor(options)).rollback(options);
}

/** The same for PostgreSQL. */
export async function rollBackPostgres(options: RollbackOptions): Promise<RollbackResult> {
  const prepared = await prepare(options);
  return withDatabase(prepared, `rolling back "${prepared.targetId}"`, (session) =>
    withLock(session, prepared, prepared.targetId, async () => {
      const registered = await findStanding(session, prepared, options.department);
      return rollBackTarget(session, prepared, await renderTarget(prepared, registered), options);
    }),
  );
}

/** What is registered of it; below its second script a target is not registered yet, and must still be able to go. */
async function findStanding(
  session: Session,
  prepared: Prepared,
  name: string | undefined,
): Promise<Registered> {
  if (name !== undefined) return { name };
  const registered = await findRegistered(session, prepared);
  if (isRegistered(registered)) return registered;
  const rows = await readLedgerIfAny(session, prepared.settings, [prepared.targetId]);
  const stands = rows.some((row) => row.state === 'applied');
  return stands ? { name: prepared.departmentId } : requireRegistered(session, prepared);
}

/** Options of {@link rollbackControlPlane}. */
export interface RollbackControlPlaneOptions extends CommonOptions {
  readonly allowDataLoss?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Removes the control plane from a database that has no department and no shared pack left.
 * @throws FedgenError E_USAGE while any stands; E_DATA_LOSS when audit rows would go.
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

/** Asked of the ledger: a target may stand without being registered, and would be an orphan. */
function refuseWhileUsed(ids: readonly string[]): void {
  const targets = [...new Set(ids)].sort();
  if (targets.length === 0) return;
  throw new FedgenError('E_USAGE', `the control plane still serves ${targets.join(', ')}`, {
    hint: 'Remove them first: fedgen rollback --department-id <id> --all --yes, or --pack <name> for a shared pack.',
    details: { targets },
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
  const ledger = await readLedgerIfAny(session, to.settings, [plan.target.id]);
  refuseHalfDone(ledger, options.goal);
  const { applied } = buildWorklist(scripts, ledger);
  const steps = planRollback(applied, options.goal).map((step) => ({
    ...step,
    drops: step.drops.filter((drop) => !isReferenceTable(plan.target.id, drop)),
  }));
  const rowsLeft = applied.length - steps.reduce((sum, step) => sum + step.rows.length, 0);
  if (rowsLeft === 0) await refuseWithTenants(session, plan);
  const run = targetRun(session, to, plan);
  const { id, kind, schema } = plan.target;
  const departmentId = kind === 'department' ? id : undefined;
  const result = { target: id, departmentId, schema, steps: [], losses: [] };
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
