import { refuseLosses, removing } from '../../apply/data-loss.js';
import type { ClickHouseSession } from '../../clickhouse/session.js';
import { noteTenant, type EngineTenant } from '../../clickhouse/tenants.js';
import type { RemoveTenantOptions, RemoveTenantResult, TenantStatusResult } from '../tenant-lifecycle.js';
import type { TenantOptions } from '../tenant-target.js';
import { withEngine, withTargetLock } from './target.js';
import {
  beingRemoved,
  countTenantRows,
  findTenant,
  prepareEngineTenant,
  requireTenant,
  runTenantScript,
  toTenant,
  type EngineTenantTarget,
} from './tenants.js';

/** Shuts a tenant's user out and ends its queries; its rows stay. */
export const suspendInClickHouse = (options: TenantOptions): Promise<TenantStatusResult> =>
  changeStatus(options, { verb: 'suspend', status: 'suspended' });

/** Lets it in again. */
export const resumeInClickHouse = (options: TenantOptions): Promise<TenantStatusResult> =>
  changeStatus(options, { verb: 'resume', status: 'active' });

async function changeStatus(
  options: TenantOptions,
  { verb, status }: { readonly verb: 'suspend' | 'resume'; readonly status: 'active' | 'suspended' },
): Promise<TenantStatusResult> {
  const target = await prepareEngineTenant(options);
  return withEngine(target, `changing the status of tenant "${target.tenantId}"`, (session) =>
    withTargetLock(session, target, async () => {
      const tenant = await requireTenant(session, target);
      if (tenant.status === 'removing') throw beingRemoved(target);
      await runTenantScript(session, target, verb, tenant);
      if (tenant.status !== status) await noteTenant(session, target.plan.pack.family, { ...tenant, status });
      const sessions = { ended: verb === 'suspend' ? await endQueries(session, tenant) : 0, left: [] };
      const now = await toTenant(session, target, await requireTenant(session, target));
      return { tenant: now, changed: tenant.status !== status, sessions };
    }),
  );
}

/** Ends what the tenant's user runs: over HTTP there is nothing between queries that could stay. */
async function endQueries(session: ClickHouseSession, { login }: EngineTenant): Promise<number> {
  const ended = await session.rows('kill query where user = {login:String} sync', { login });
  return ended.length;
}

/**
 * Removes a tenant: first what lets it in, then its rows on every table. What broke off is brought to its end by the same call.
 * @throws FedgenError E_DATA_LOSS when it has rows and allowDataLoss is not set; E_DB_*, E_PRIVILEGE.
 */
export async function removeFromClickHouse(options: RemoveTenantOptions): Promise<RemoveTenantResult> {
  const target = await prepareEngineTenant(options);
  return withEngine(target, `removing tenant "${target.tenantId}"`, async (session) => {
    const nothing = { tenant: undefined, removed: false, losses: [], sessions: { ended: 0, left: [] } };
    if (!(await findTenant(session, target))) return nothing;
    return withTargetLock(session, target, () => removeLocked(session, target, options));
  });
}

async function removeLocked(
  session: ClickHouseSession,
  target: EngineTenantTarget,
  options: RemoveTenantOptions,
): Promise<RemoveTenantResult> {
  const found = await requireTenant(session, target);
  const tenant = await toTenant(session, target, found);
  const losses = (await countTenantRows(session, target)).filter(({ rows }) => rows > 0);
  const result = { tenant, removed: false, losses, sessions: { ended: 0, left: [] } };
  if (options.dryRun === true) return result;
  if (options.allowDataLoss !== true) refuseLosses(removing(target.tenantId), losses);
  const { family } = target.plan.pack;
  await noteTenant(session, family, { ...found, status: 'removing' });
  await runTenantScript(session, target, 'suspend', found);
  const ended = await endQueries(session, found);
  await runTenantScript(session, target, 'remove', found);
  await runTenantScript(session, target, 'erase', found);
  await noteTenant(session, family, { ...found, status: 'removed' });
  return { ...result, removed: true, sessions: { ended, left: [] } };
}
