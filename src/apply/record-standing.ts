import { appliedSql } from '../render/ledger-sql.js';
import { controlPlaneRows } from '../render/control-plane-rows.js';
import { quoteIdentifier } from '../render/quote.js';
import type { RenderedScript } from '../render/render.js';
import { parseSql } from '../render/sql.js';
import type { TargetRun } from './apply.js';

/**
 * Records scripts as applied that were not run, in one transaction with the rows of the control plane that they would
 * have written. Whoever calls this has compared what stands, and holds the target's lock.
 * @param isRegistered the control plane knows the target already: its rows are left as they are.
 */
export async function recordStanding(
  { session, plan, limits }: TargetRun,
  scripts: readonly RenderedScript[],
  { runId, isRegistered }: { readonly runId: string; readonly isRegistered: boolean },
): Promise<void> {
  const owner = `set local role ${quoteIdentifier(plan.roles.owner)}`;
  const parts = scripts.flatMap((script) => {
    const rows = isRegistered ? [] : controlPlaneRows(parseSql(script.up.sql)).map(({ text }) => text);
    const role = script.source.directives.runAs === 'owner' ? owner : 'set local role none';
    return [role, ...rows, owner, appliedSql(plan, script, runId).replace(/;$/, '')];
  });
  const opening = ['begin', `set local lock_timeout = ${limits.lockTimeoutMs}`];
  try {
    await session.client.query([...opening, ...parts, 'commit'].join(';\n'));
  } catch (error) {
    await session.client.query('rollback').catch(() => undefined);
    throw error;
  }
}
