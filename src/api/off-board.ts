import { refuseLosses, removing, type Loss } from '../apply/data-loss.js';
import {
  removeTenant,
  suspendTenant,
  type RemoveTenantOptions,
  type RemoveTenantResult,
} from './tenant-lifecycle.js';

/** Options of {@link offBoardTenant}. */
export interface OffBoardOptions extends Omit<RemoveTenantOptions, 'pack'> {
  /** Packs that the tenant is removed from, in this order, whatever engine each is for. */
  readonly packs: readonly string[];
}

/** What {@link offBoardTenant} did, or would do. */
export interface OffBoardResult {
  /** One for each pack, in the order given. */
  readonly packs: readonly (RemoveTenantResult & { readonly pack: string })[];
  /** False for a dry run, and when the tenant was nowhere. */
  readonly removed: boolean;
  /** Rows in all packs that went, or would go. */
  readonly losses: readonly Loss[];
}

/**
 * Removes a tenant from several packs, in PostgreSQL and ClickHouse alike, by one plan: all of them are asked before any of them is
 * touched, then the tenant is suspended in all, and only then removed. There is no transaction over two servers: after a failure
 * the same call does what is left.
 * @throws FedgenError E_DATA_LOSS for rows anywhere, unless allowDataLoss is set; what removing from each pack throws.
 */
export async function offBoardTenant({ packs, ...options }: OffBoardOptions): Promise<OffBoardResult> {
  const of = (pack: string): RemoveTenantOptions => ({ ...options, pack });
  const plans: (RemoveTenantResult & { pack: string })[] = [];
  for (const pack of packs) plans.push({ pack, ...(await removeTenant({ ...of(pack), dryRun: true })) });
  const losses = plans.flatMap((plan) => plan.losses);
  if (options.dryRun === true) return { packs: plans, removed: false, losses };
  if (options.allowDataLoss !== true) refuseLosses(removing(options.tenantId, 'every pack'), losses);
  const there = plans.filter(({ tenant }) => tenant !== undefined);
  for (const { pack } of there) await suspendTenant(of(pack));
  const done: typeof plans = [];
  for (const plan of plans)
    done.push(plan.tenant ? { pack: plan.pack, ...(await removeTenant(of(plan.pack))) } : plan);
  return { packs: done, removed: there.length > 0, losses };
}
