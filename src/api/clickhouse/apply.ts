import type { ScriptOutcome } from '../../apply/events.js';
import { buildWorklist, refuseEdited, type Worklist } from '../../apply/worklist.js';
import { ensureLedger, openBook, readRows, type EngineRow } from '../../clickhouse/ledger.js';
import { parseOnServer, runSteps, stepOf, type EngineStep } from '../../clickhouse/run.js';
import type { ClickHouseSession } from '../../clickhouse/session.js';
import type { ClickHouseScript } from '../../render/clickhouse/scripts.js';
import type { ApplyOptions, ApplyResult } from '../apply.js';
import { prepareEngineTarget, withEngine, withTargetLock, type EngineTarget } from './target.js';

type Work = Worklist<ClickHouseScript>;

/**
 * Brings a pack for ClickHouse up to date, statement by statement; what was done of a script that broke is not done again.
 * @throws FedgenError E_DB_*, E_APPLY_FAILED, E_PRIVILEGE, E_SQL_INVALID, E_SCRIPT_EDITED, E_SCRIPT_ORDER, E_INTERRUPTED.
 */
export async function applyToClickHouse(options: ApplyOptions): Promise<ApplyResult> {
  const target = await prepareEngineTarget(options);
  return withEngine(target, `applying "${target.plan.target.id}"`, async (session) => {
    if (options.dryRun === true) return dryRun(session, target, options);
    await ensureLedger(session, target.cluster);
    return withTargetLock(session, target, () => applyLocked(session, target, options));
  });
}

async function applyLocked(
  session: ClickHouseSession,
  target: EngineTarget,
  { acceptEdited = false }: ApplyOptions,
): Promise<ApplyResult> {
  const { scripts, plan, prepared } = target;
  const rows = await readRows(session, plan.target.id);
  const worklist = buildWorklist(scripts, rows);
  if (!acceptEdited) refuseEdited(worklist.edited);
  const steps = worklist.pending.map((script) => stepOf(script, findBegun(script, rows)));
  // The way back as well: it is too late to hear of a mistake there when it is needed.
  await parseOnServer(session, steps.flatMap(textsOf));
  if (acceptEdited) await recordEdited(session, plan.target.id, worklist.edited);
  const run = { session, target: plan.target.id, onEvent: prepared.onEvent };
  const outcome = await runSteps(run, steps, 'apply');
  return toResult(target, worklist, {
    ...outcome,
    accepted: worklist.edited.map(({ script }) => script.source.name),
  });
}

const findBegun = (script: ClickHouseScript, rows: readonly EngineRow[]): EngineRow | undefined =>
  rows.find(
    ({ pack, script: name, phase }) =>
      pack === script.source.pack &&
      name === script.source.name &&
      (phase === 'running' || phase === 'failed'),
  );

const textsOf = ({ script }: EngineStep): EngineStep['sql'][] => [
  script.up,
  ...(script.rollback.kind === 'sql' ? [script.rollback.rendered] : []),
];

/** Takes the present text of edited scripts as what was applied. */
async function recordEdited(
  session: ClickHouseSession,
  target: string,
  edited: Work['edited'],
): Promise<void> {
  if (edited.length === 0) return;
  const book = await openBook(session, target, 'apply');
  for (const { script } of edited)
    await book.note({ script, sql: script.up, phase: 'applied', done: script.statementCount });
  await book.close('succeeded');
}

/** What would run, without a lock and without fedgen's own tables. */
async function dryRun(
  session: ClickHouseSession,
  target: EngineTarget,
  { acceptEdited = false }: ApplyOptions,
): Promise<ApplyResult> {
  const rows = await readRows(session, target.plan.target.id);
  const worklist = buildWorklist(target.scripts, rows);
  if (!acceptEdited) refuseEdited(worklist.edited);
  const pending = worklist.pending.map((script) => ({
    target: target.plan.target.id,
    script: script.source.name,
    file: script.source.template.file,
    sql: remaining(stepOf(script, findBegun(script, rows))),
  }));
  return toResult(target, worklist, { pending });
}

/** The SQL of a step from the statement on at which it would go on. */
function remaining({ sql, begun }: EngineStep): string {
  const statements = sql.statements.slice(begun?.statementsDone ?? 0);
  return begun === undefined ? sql.sql : `${statements.map(({ text }) => `${text};`).join('\n')}\n`;
}

function toResult(
  { plan }: EngineTarget,
  worklist: Work,
  more: {
    readonly runId?: string | undefined;
    readonly scripts?: readonly ScriptOutcome[];
    readonly pending?: ApplyResult['pending'];
    readonly accepted?: readonly string[];
  },
): ApplyResult {
  const standing = worklist.applied.map(({ script }): ScriptOutcome => {
    return { target: plan.target.id, script: script.source.name, state: 'already-applied' };
  });
  return {
    target: plan.target.id,
    departmentId: undefined,
    schema: plan.target.schema,
    role: plan.target.group ?? '',
    pack: plan.pack.name,
    databaseCreated: false,
    runId: more.runId,
    scripts: [...standing, ...(more.scripts ?? [])],
    controlPlane: [],
    pending: more.pending ?? [],
    revalued: worklist.revalued,
    accepted: more.accepted ?? [],
  };
}
