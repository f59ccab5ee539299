import type { ScriptSource } from '../packs/pack.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteLiteral } from './quote.js';
import type { RunnableScript } from './render.js';

/**
 * The ledger's statements as text: generated files hold them, and the runner sends them behind a script, so that a
 * script, its ledger row and the commit are one round trip. They run as the owner role.
 */

/** Records a script as applied. The time that it took is what passed since the server got the query. */
export function appliedSql(plan: TargetPlan, script: RunnableScript, runId?: string): string {
  const columns = {
    target: quoteLiteral(plan.target.id),
    pack: quoteLiteral(script.source.pack),
    script: quoteLiteral(script.source.name),
    number: String(script.source.number),
    template_checksum: quoteLiteral(script.templateChecksum),
    rendered_checksum: quoteLiteral(script.renderedChecksum),
    state: `'applied'`,
    statements_done: String(script.statementCount),
    ...(runId !== undefined && {
      run_id: quoteLiteral(runId),
      duration_ms: 'extract(epoch from clock_timestamp() - statement_timestamp()) * 1000',
    }),
  };
  return `insert into federation.schema_migrations
  (${Object.keys(columns).join(', ')})
values
  (${Object.values(columns).join(', ')});`;
}

/** Marks ledger rows as rolled back; history stays. */
export function rolledBackSql(where: string, runId?: string): string {
  const run = runId === undefined ? '' : `, rollback_run_id = ${quoteLiteral(runId)}`;
  return `update federation.schema_migrations
   set state = 'rolled_back', rolled_back_at = clock_timestamp(), rolled_back_by = session_user${run}
 where ${where};`;
}

/** The control plane's first script brings the ledger, and its rollback takes the ledger along. */
export const bringsLedger = (plan: TargetPlan, source: ScriptSource): boolean =>
  plan.target.id === CONTROL_SCHEMA && source.number === 1;
