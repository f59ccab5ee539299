import { applyScripts, type TargetOutcome } from '../apply/apply.js';
import type { ScriptOutcome } from '../apply/events.js';
import { acceptEdited, hasLedger } from '../apply/ledger.js';
import { buildWorklist, refuseEdited, type Worklist } from '../apply/worklist.js';
import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import type { RenderedScript } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';
import { engineFor } from './engines.js';
import {
  isSettled,
  prepare,
  renderControlPlane,
  renderTarget,
  type Prepared,
  type RenderedPlan,
  type TargetOptions,
} from './options.js';
import {
  createDatabase,
  findRegistered,
  readLedgerIfAny,
  targetRun,
  withDatabase,
  withLock,
  type Connecting,
} from './run.js';
import { refuseOtherIdentity } from './shared-pack.js';

/** Options of {@link apply}. */
export interface ApplyOptions extends TargetOptions {
  /** Reads in a READ ONLY transaction, takes no lock, and returns the SQL that would run. */
  readonly dryRun?: boolean;
  /** Takes the present text of edited scripts as what was applied, without running it. */
  readonly acceptEdited?: boolean;
  /** Creates the database first if the server has none of that name. Not for a dry run. */
  readonly createDatabase?: boolean;
}

/** SQL that a dry run would have sent. */
export interface PendingSql {
  readonly target: string;
  readonly script: string;
  readonly file: string;
  readonly sql: string;
}

/** What {@link apply} did. */
export interface ApplyResult {
  /** Key of the target in the ledger: the department id, or `pack:<name>`. */
  readonly target: string;
  /** Undefined for a shared pack. */
  readonly departmentId: string | undefined;
  /** The schema's name: what a provisioning service hands on. */
  readonly schema: string;
  /** The department's login role, or the group role of a shared pack's tenants. */
  readonly role: string;
  readonly pack: string;
  /** Whether the database was created first. */
  readonly databaseCreated: boolean;
  /** The run in federation.migration_runs; undefined when there was nothing to do. */
  readonly runId: string | undefined;
  /** Every script of the department, in order. */
  readonly scripts: readonly ScriptOutcome[];
  /** Control-plane scripts that had to be applied first. */
  readonly controlPlane: readonly ScriptOutcome[];
  /** Filled by a dry run only. */
  readonly pending: readonly PendingSql[];
  /** Scripts that stand with other values of variables than were given now. */
  readonly revalued: readonly string[];
  /** Edited scripts whose present text was recorded as applied. */
  readonly accepted: readonly string[];
}

/**
 * Brings one target, a department or a shared pack, up to its pack, the control plane first if need be. Doing it again
 * does nothing.
 * @throws FedgenError E_DB_*, E_APPLY_FAILED, E_PRIVILEGE, E_SCRIPT_EDITED, E_SCRIPT_ORDER, E_INTERRUPTED and what
 *   {@link generate} throws; details.scripts tells what became of each script.
 */
export async function apply(options: ApplyOptions): Promise<ApplyResult> {
  return (await engineFor(options)).apply(options);
}

/** The same for PostgreSQL. */
export async function applyToPostgres(options: ApplyOptions): Promise<ApplyResult> {
  refuseDryCreation(options);
  const prepared = await prepare(options);
  const control = await renderControlPlane(prepared.settings);
  // Faults of templates are found before anything connects, where all that they depend on is known already.
  const early = isSettled(prepared, options.department)
    ? await renderTarget(prepared, { name: options.department })
    : undefined;
  const databaseCreated = options.createDatabase === true && (await createDatabase(prepared));
  const result = await withDatabase(prepared, `applying "${prepared.targetId}"`, async (session) => {
    const target = early ?? (await renderTarget(prepared, await findRegistered(session, prepared)));
    await refuseOtherIdentity(session, target.plan);
    if (options.dryRun) return dryRun(session, prepared, control, target, options);
    return withLock(session, prepared, prepared.targetId, async () => {
      const controlPlane = await applyTarget(session, prepared, control, options);
      const outcome = await applyTarget(session, prepared, target, options);
      const edited = [...controlPlane.worklist.edited, ...outcome.worklist.edited];
      return applyResult(prepared, target, outcome, {
        controlPlane: controlPlane.outcome.scripts,
        accepted: edited.map(({ script }) => script.source.name),
      });
    });
  });
  return { ...result, databaseCreated };
}

function refuseDryCreation({ dryRun, createDatabase }: ApplyOptions): void {
  if (dryRun !== true || createDatabase !== true) return;
  throw new FedgenError('E_USAGE', 'a dry run changes nothing, so it cannot create the database', {
    hint: 'Leave one of the two out. "fedgen generate" shows the SQL without a server.',
  });
}

/** Applies what is pending of the control plane. */
export async function applyControlPlane(session: Session, to: Connecting): Promise<void> {
  await applyTarget(session, to, await renderControlPlane(to.settings), {});
}

interface Applied {
  readonly outcome: TargetOutcome;
  readonly worklist: Worklist;
}

async function applyTarget(
  session: Session,
  prepared: Connecting,
  target: RenderedPlan,
  options: Pick<ApplyOptions, 'acceptEdited'>,
): Promise<Applied> {
  const { plan, scripts } = target;
  const worklist = await readWorklist(session, prepared, target);
  if (options.acceptEdited)
    await acceptEdited(
      session,
      plan.roles.owner,
      worklist.edited.map(({ script, row }) => ({ id: row.id, script })),
    );
  else refuseEdited(worklist.edited);
  if (worklist.pending.length === 0) return { outcome: { runId: undefined, scripts: [] }, worklist };
  const run = targetRun(session, prepared, plan);
  if (plan.target.kind !== 'control-plane')
    return { outcome: await applyScripts(run, worklist.pending), worklist };
  // Two first runs for two departments meet here: whoever comes second finds nothing left to do.
  const outcome = await withLock(session, prepared, CONTROL_SCHEMA, async () => {
    const { pending } = buildWorklist(
      scripts,
      await readLedgerIfAny(session, prepared.settings, [CONTROL_SCHEMA]),
    );
    return applyScripts(run, pending);
  });
  return { outcome, worklist };
}

async function readWorklist(
  session: Session,
  prepared: Connecting,
  { plan, scripts }: RenderedPlan,
): Promise<Worklist> {
  return buildWorklist(scripts, await readLedgerIfAny(session, prepared.settings, [plan.target.id]));
}

async function dryRun(
  session: Session,
  prepared: Prepared,
  control: RenderedPlan,
  target: RenderedPlan,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const first = (await hasLedger(session)) ? await readWorklist(session, prepared, control) : undefined;
  const second = await readWorklist(session, prepared, target);
  if (!options.acceptEdited) refuseEdited([...(first?.edited ?? []), ...second.edited]);
  const pending = [
    ...(first?.pending ?? control.scripts).map((script) => pendingSql(CONTROL_SCHEMA, script)),
    ...second.pending.map((script) => pendingSql(target.plan.target.id, script)),
  ];
  return applyResult(
    prepared,
    target,
    { outcome: { runId: undefined, scripts: [] }, worklist: second },
    { pending },
  );
}

const pendingSql = (target: string, script: RenderedScript): PendingSql => ({
  target,
  script: script.source.name,
  file: script.source.template.file,
  sql: script.up.sql,
});

function applyResult(
  { departmentId }: Prepared,
  { plan }: RenderedPlan,
  { outcome, worklist }: Applied,
  more: {
    readonly controlPlane?: readonly ScriptOutcome[];
    readonly pending?: readonly PendingSql[];
    readonly accepted?: readonly string[];
  },
): ApplyResult {
  const standing = worklist.applied.map(({ script }): ScriptOutcome => {
    return { target: plan.target.id, script: script.source.name, state: 'already-applied' };
  });
  return {
    target: plan.target.id,
    departmentId,
    schema: plan.target.schema,
    role: plan.target.role ?? plan.target.group ?? '',
    pack: plan.pack.name,
    databaseCreated: false,
    runId: outcome.runId,
    scripts: [...standing, ...outcome.scripts],
    controlPlane: more.controlPlane ?? [],
    pending: more.pending ?? [],
    revalued: worklist.revalued,
    accepted: more.accepted ?? [],
  };
}
