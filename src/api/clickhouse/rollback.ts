import { refuseLosses, rollingBack, type Loss } from '../../apply/data-loss.js';
import { chooseForRollback, refuseUnsafe } from '../../apply/rollback.js';
import { buildWorklist } from '../../apply/worklist.js';
import { checksumOf, hasLedger, readRows, type EngineRow } from '../../clickhouse/ledger.js';
import { readEngineTenants } from '../../clickhouse/tenants.js';
import { runSteps, type EngineStep } from '../../clickhouse/run.js';
import type { ClickHouseSession } from '../../clickhouse/session.js';
import type { ClickHouseScript } from '../../render/clickhouse/scripts.js';
import { FedgenError } from '../../shared/errors.js';
import type { RollbackOptions, RollbackResult } from '../rollback.js';
import {
  notInstalled,
  prepareEngineTarget,
  withEngine,
  withTargetLock,
  type EngineTarget,
} from './target.js';

/**
 * Takes a pack for ClickHouse back, statement by statement, by the rollbacks that its scripts bring. A script that was left
 * half-done, on its way up or down, goes as well: statements of rollbacks may be run twice.
 * @throws FedgenError E_IRREVERSIBLE, E_DATA_LOSS, E_SCRIPT_EDITED, E_ROLLBACK_FAILED, E_TARGET_UNKNOWN, E_USAGE, E_DB_*.
 */
export async function rollBackClickHouse(options: RollbackOptions): Promise<RollbackResult> {
  const target = await prepareEngineTarget(options);
  return withEngine(target, `rolling back "${target.plan.target.id}"`, async (session) => {
    if (!(await hasLedger(session))) throw notInstalled(session, target);
    return withTargetLock(session, target, () => rollBackLocked(session, target, options));
  });
}

interface Standing {
  readonly script: ClickHouseScript;
  readonly row: EngineRow;
}

async function rollBackLocked(
  session: ClickHouseSession,
  target: EngineTarget,
  options: RollbackOptions,
): Promise<RollbackResult> {
  const { plan, prepared, scripts } = target;
  const rows = await readRows(session, plan.target.id);
  if (rows.length === 0) throw notInstalled(session, target);
  buildWorklist(scripts, rows);
  const standing = findStanding(scripts, rows);
  const chosen = chooseForRollback(standing, options.goal);
  refuseUnsafe(chosen.filter(({ row }) => row.phase === 'applied'));
  const isAccessLost = chosen.some(({ script }) => script.source.directives.section === 'rls');
  // Memberships of tenants in the pack's roles go with those, and no script would bring them back.
  if (isAccessLost || chosen.length === standing.length) await refuseWithTenants(session, target);
  const steps = chosen.flatMap(stepDown);
  const losses = await countLosses(session, plan.target.schema, steps);
  const result = { target: plan.target.id, departmentId: undefined, schema: plan.target.schema };
  if (options.dryRun === true) return { ...result, ...preview(plan.target.id, steps), losses };
  if (options.allowDataLoss !== true) refuseLosses(rollingBack(plan.target.id), losses);
  const run = { session, target: plan.target.id, onEvent: prepared.onEvent };
  return { ...result, ...(await runSteps(run, steps, 'rollback')), steps: [], losses: [] };
}

/** Whatever is there of a script, whole or in part. */
const findStanding = (scripts: readonly ClickHouseScript[], rows: readonly EngineRow[]): Standing[] =>
  scripts.flatMap((script) => {
    const { pack, name } = script.source;
    const row = rows.find((each) => each.pack === pack && each.script === name);
    return row && row.phase !== 'rolled_back' ? [{ script, row }] : [];
  });

function stepDown({ script, row }: Standing): EngineStep[] {
  if (script.rollback.kind === 'irreversible') return [];
  const sql = script.rollback.rendered;
  const isSame = row.phase === 'rolling_back' && checksumOf(sql, row.statementsDone) === row.doneChecksum;
  return [{ script, sql, begun: isSame ? row : undefined }];
}

function preview(
  target: string,
  steps: readonly EngineStep[],
): Pick<RollbackResult, 'runId' | 'scripts' | 'steps'> {
  return {
    runId: undefined,
    scripts: steps.map(({ script }) => ({ target, script: script.source.name, state: 'not-run' })),
    steps: steps.map(({ script, sql }) => ({ label: script.source.name, sql: sql.sql })),
  };
}

async function refuseWithTenants(session: ClickHouseSession, { plan }: EngineTarget): Promise<void> {
  const tenants = await readEngineTenants(session, plan.pack.family);
  if (tenants.length === 0) return;
  throw new FedgenError(
    'E_USAGE',
    `pack "${plan.pack.family}" still serves ${tenants.length} ${tenants.length === 1 ? 'tenant' : 'tenants'}`,
    {
      hint: `"fedgen tenant list --pack ${plan.pack.name}" names them. Remove each first: fedgen tenant remove --pack ${plan.pack.name} --tenant-id <id> --yes.`,
      details: { pack: plan.pack.family, tenants: tenants.length },
    },
  );
}

/** Rows of the tables that the steps drop, as the engine counts them: row policies hide none of them. */
async function countLosses(
  session: ClickHouseSession,
  database: string,
  steps: readonly EngineStep[],
): Promise<Loss[]> {
  const texts = steps.flatMap(({ sql }) => sql.statements.map(({ text }) => text));
  const isDropped = (table: string): boolean =>
    texts.some(
      (text) =>
        /^drop\s+(?:database|table)\b/i.test(text) &&
        (/^drop\s+database/i.test(text) || text.includes(`"${table}"`)),
    );
  const tables = await session.rows<{ name: string; rows: number }>(
    `select name, toFloat64(ifNull(total_rows, 0)) as rows from system.tables where database = {database:String} order by name`,
    { database },
  );
  return tables
    .filter(({ name, rows }) => rows > 0 && isDropped(name))
    .map(({ name, rows }) => ({ object: `${database}.${name}`, rows }));
}
