import { scriptStates, type ScriptStatus } from '../../apply/script-states.js';
import { hasLedger, readRows, type EngineRow } from '../../clickhouse/ledger.js';
import { readEngineTenants } from '../../clickhouse/tenants.js';
import type { StatusOptions, StatusResult } from '../status.js';
import { summarize } from '../status.js';
import { prepareEngineTarget, withEngine } from './target.js';

/** Tells where a pack for ClickHouse stands, and at which statement a half-done script. Changes nothing. */
export async function statusOfClickHouse(options: StatusOptions): Promise<StatusResult> {
  const { settings, signal, onEvent, pack, departmentId } = options;
  const target = await prepareEngineTarget({
    ...(settings && { settings }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
    ...(pack !== undefined && { pack }),
    ...(departmentId !== undefined && { departmentId }),
  });
  const { plan, scripts } = target;
  return withEngine(target, 'reading the ledger', async (session) => {
    const nothing = { server: session.where, departments: [], packs: [], runs: [], unreached: [] };
    const absent = { ...nothing, absentPack: plan.pack.name };
    if (!(await hasLedger(session))) return { ...absent, initialized: false };
    const rows = await readRows(session, plan.target.id);
    if (rows.every(({ phase }) => phase === 'rolled_back')) return { ...absent, initialized: true };
    const tenants = await readEngineTenants(session, plan.pack.family);
    const states = scriptStates(scripts, rows).map((state) => withProgress(state, rows));
    const isWhole = states.every(({ state }) => state !== 'half-done');
    return {
      ...nothing,
      initialized: true,
      packs: [
        {
          pack: plan.pack.family,
          schemas: plan.target.schemas,
          status: isWhole ? 'INSTALLED' : 'HALF-DONE',
          identity: 'role',
          tenants: tenants.length,
          ...summarize(plan.pack, states),
        },
      ],
    };
  });
}

/** A script that was begun is told with the statement at which it stands. */
function withProgress(state: ScriptStatus, rows: readonly EngineRow[]): ScriptStatus {
  const row = rows.find((each) => each.script === state.script && each.state === 'running');
  if (!row) return state;
  const { statementsDone, statements, error, phase } = row;
  const direction = phase === 'rolling_back' ? 'rollback' : 'apply';
  return { ...state, state: 'half-done', progress: { direction, statementsDone, statements, error } };
}
