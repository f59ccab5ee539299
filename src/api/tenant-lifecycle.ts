import { deleteTenant, readTenantRows } from '../apply/remove-tenant.js';
import { refuseLosses, removing, type Loss } from '../apply/data-loss.js';
import {
  endSessions,
  resumeTenant as resume,
  suspendTenant as suspend,
  type EndedSessions,
} from '../apply/tenant-status.js';
import type { TenantRow } from '../apply/tenants.js';
import type { Session } from '../db/session.js';
import { engineFor } from './engines.js';
import { rollback } from './rollback.js';
import { withDatabase, withLock } from './run.js';
import {
  findTenant,
  prepareTenant,
  requireTenant,
  targetOptions,
  toTenant,
  type Tenant,
  type TenantOptions,
  type TenantTarget,
} from './tenant-target.js';

/** What {@link suspendTenant} or {@link resumeTenant} did. */
export interface TenantStatusResult {
  readonly tenant: Tenant;
  /** False when the tenant had this status already. */
  readonly changed: boolean;
  /** What became of the sessions of its role; a resume ends none. */
  readonly sessions: EndedSessions;
}

/** Options of {@link removeTenant}. */
export interface RemoveTenantOptions extends TenantOptions {
  /** Removes the tenant although rows go with it. */
  readonly allowDataLoss?: boolean;
  /** Tells what would go; changes nothing. */
  readonly dryRun?: boolean;
}

/** What {@link removeTenant} did, or would do. */
export interface RemoveTenantResult {
  /** Undefined when no such tenant was registered. */
  readonly tenant: Tenant | undefined;
  /** False for a dry run, and when there was nothing to remove. */
  readonly removed: boolean;
  /** Rows that went, or would go. */
  readonly losses: readonly Loss[];
  readonly sessions: EndedSessions;
}

const NO_SESSIONS: EndedSessions = { ended: 0, left: [] };

/**
 * Suspends a tenant: its sessions end, its role logs in no more, and whoever still acts for it, through a gateway or
 * with a token, is answered with nothing from the next statement on. Again, it only ends what sessions there are.
 * @throws FedgenError E_TARGET_UNKNOWN, E_NAME_INVALID, E_DB_*, E_PRIVILEGE, E_PACK_*.
 */
export async function suspendTenant(options: TenantOptions): Promise<TenantStatusResult> {
  return (await engineFor(options)).suspendTenant(options);
}

/** The same for PostgreSQL. */
export async function suspendInPostgres(options: TenantOptions): Promise<TenantStatusResult> {
  return changeStatus(options, 'suspended', async (session, target, row) => {
    await suspend(session, target.plan, row);
    return row.role === undefined ? NO_SESSIONS : endSessions(session, row.role);
  });
}

/**
 * Takes a suspension back; the role may log in again if it could before.
 * @throws FedgenError E_TARGET_UNKNOWN, E_NAME_INVALID, E_DB_*, E_PRIVILEGE, E_PACK_*.
 */
export async function resumeTenant(options: TenantOptions): Promise<TenantStatusResult> {
  return (await engineFor(options)).resumeTenant(options);
}

/** The same for PostgreSQL. */
export async function resumeInPostgres(options: TenantOptions): Promise<TenantStatusResult> {
  return changeStatus(options, 'active', async (session, target, row) => {
    await resume(session, target.plan, row);
    return NO_SESSIONS;
  });
}

async function changeStatus(
  options: TenantOptions,
  status: Tenant['status'],
  change: (session: Session, target: TenantTarget, row: TenantRow) => Promise<EndedSessions>,
): Promise<TenantStatusResult> {
  const target = await prepareTenant(options);
  const { prepared, tenantId } = target;
  return withDatabase(prepared, `changing the status of tenant "${tenantId}"`, (session) =>
    withLock(session, prepared, prepared.targetId, async () => {
      const row = await requireTenant(session, target);
      const sessions = await change(session, target, row);
      const tenant = toTenant(await requireTenant(session, target));
      return { tenant, changed: row.status !== status, sessions };
    }),
  );
}

/**
 * Removes a tenant with its rows, its registration and its role; a department as {@link rollback} with the goal `all`.
 * Before that it is suspended, so that nothing of it comes back while it goes. Again, it does nothing.
 * @throws FedgenError E_DATA_LOSS when it has rows and allowDataLoss is not set; E_NAME_INVALID, E_DB_*, E_PRIVILEGE,
 *   E_PACK_* and what rollback throws.
 */
export async function removeTenant(options: RemoveTenantOptions): Promise<RemoveTenantResult> {
  return (await engineFor(options)).removeTenant(options);
}

/** The same for PostgreSQL. */
export async function removeFromPostgres(options: RemoveTenantOptions): Promise<RemoveTenantResult> {
  const target = await prepareTenant(options);
  return target.plan.target.kind === 'department'
    ? removeDepartment(target, options)
    : removeFromPack(target, options);
}

async function removeFromPack(
  target: TenantTarget,
  options: RemoveTenantOptions,
): Promise<RemoveTenantResult> {
  const { prepared, plan, tenantId } = target;
  return withDatabase(prepared, `removing tenant "${tenantId}"`, (session) =>
    withLock(session, prepared, prepared.targetId, async () => {
      const row = await findTenant(session, target);
      if (!row) return { tenant: undefined, removed: false, losses: [], sessions: NO_SESSIONS };
      const rows = await readTenantRows(session, plan, tenantId, Infinity);
      const losses = rows.filter((table) => table.rows > 0).map(({ object, rows }) => ({ object, rows }));
      const result = { tenant: toTenant(row), removed: false, losses, sessions: NO_SESSIONS };
      if (options.dryRun) return result;
      if (!options.allowDataLoss) refuseLosses(removing(tenantId), losses);
      await suspend(session, plan, row);
      const sessions = row.role === undefined ? NO_SESSIONS : await endSessions(session, row.role);
      await deleteTenant(session, plan, row, prepared.settings.lockTimeoutMs);
      return { ...result, removed: true, sessions };
    }),
  );
}

async function removeDepartment(
  target: TenantTarget,
  options: RemoveTenantOptions,
): Promise<RemoveTenantResult> {
  const { prepared, tenantId } = target;
  const row = await withDatabase(prepared, 'reading the registry', (session) => findTenant(session, target));
  if (!row) return { tenant: undefined, removed: false, losses: [], sessions: NO_SESSIONS };
  const all = { ...targetOptions(options), departmentId: tenantId, goal: { kind: 'all' } } as const;
  const { losses } = await rollback({ ...all, dryRun: true });
  const result = { tenant: toTenant(row), removed: false, losses, sessions: NO_SESSIONS };
  if (options.dryRun) return result;
  if (!options.allowDataLoss) refuseLosses(removing(tenantId), losses);
  const { sessions } = await suspendTenant(options);
  await rollback({ ...all, allowDataLoss: options.allowDataLoss ?? false });
  return { ...result, removed: true, sessions };
}
