import { hasLedger } from '../apply/ledger.js';
import { readTenantRows } from '../apply/remove-tenant.js';
import type { TenantRows } from '../apply/tenant-rows.js';
import { inTransaction, insertTenant, readTenants } from '../apply/tenants.js';
import { sharedRoles } from '../plan/names.js';
import { assertTenantName } from '../plan/tenant.js';
import { FedgenError } from '../shared/errors.js';
import { apply } from './apply.js';
import { engineFor } from './engines.js';
import { connecting, withDatabase, withLock } from './run.js';
import {
  findTenant,
  newTenant,
  packOf,
  prepareTenant,
  requireInstalled,
  requireTenant,
  targetOptions,
  toTenant,
  withoutTenants,
  type Tenant,
  type TenantOptions,
  type TenantsOptions,
  type TenantTarget,
} from './tenant-target.js';

/** Options of {@link addTenant}. */
export interface AddTenantOptions extends TenantOptions {
  /** Display name. */
  readonly name: string;
  /** May the tenant's role log in? Default true. Departments have the variable role_login for it. */
  readonly login?: boolean;
}

/** What {@link addTenant} did. */
export interface AddTenantResult {
  readonly tenant: Tenant;
  /** False when the tenant was there already. */
  readonly added: boolean;
}

/** What {@link showTenant} tells. */
export interface TenantDetails {
  readonly tenant: Tenant;
  /** Rows per table, counted up to a limit. Empty for departments, whose tables are theirs alone. */
  readonly rows: readonly TenantRows[];
}

/** Counting stops here: a look at a tenant must not read all of a large one. */
const SHOWN_ROWS = 10_000;

/**
 * Adds a tenant: to a shared pack its role, its registration and its row in the pack's table of tenants, in one
 * transaction; to a pack with a schema per department a department, as {@link apply} does. Again, it changes nothing.
 * @throws FedgenError E_NAME_INVALID, E_TARGET_UNKNOWN, E_DB_*, E_PRIVILEGE and what apply throws.
 */
export async function addTenant(options: AddTenantOptions): Promise<AddTenantResult> {
  return (await engineFor(options)).addTenant(options);
}

/** The same for PostgreSQL. */
export async function addToPostgres(options: AddTenantOptions): Promise<AddTenantResult> {
  assertTenantName(options.name);
  const target = await prepareTenant(options);
  if (target.plan.target.kind === 'department') return addDepartment(target, options);
  const { prepared, plan, tenantId } = target;
  return withDatabase(prepared, `adding tenant "${tenantId}"`, (session) =>
    withLock(session, prepared, prepared.targetId, async () => {
      const { identityMode } = await requireInstalled(session, target);
      const known = await findTenant(session, target);
      if (known) return { tenant: toTenant(known), added: false };
      const tenant = await newTenant(session, target, { identityMode, ...options });
      await inTransaction(session, () => insertTenant(session, plan, tenant));
      return { tenant: toTenant(await requireTenant(session, target)), added: true };
    }),
  );
}

async function addDepartment(target: TenantTarget, options: AddTenantOptions): Promise<AddTenantResult> {
  if (options.login !== undefined) {
    throw new FedgenError(
      'E_USAGE',
      `pack ${target.plan.pack.name} decides by a variable whether its roles log in`,
      {
        hint: 'Apply the department instead: fedgen apply --department-id <id> --department <name> --var role_login=false.',
      },
    );
  }
  const { scripts } = await apply({
    ...targetOptions(options),
    departmentId: target.tenantId,
    department: options.name,
  });
  return withDatabase(target.prepared, 'reading the registry', async (session) => ({
    tenant: toTenant(await requireTenant(session, target)),
    added: scripts.some(({ state }) => state === 'applied'),
  }));
}

/**
 * The tenants of a shared pack, or the departments, by id.
 * @throws FedgenError E_TARGET_UNKNOWN when the pack is not installed; E_DB_*, E_PRIVILEGE, E_PACK_*.
 */
export async function listTenants(options: TenantsOptions = {}): Promise<Tenant[]> {
  return (await engineFor(options)).listTenants(options);
}

/** The same for PostgreSQL. */
export async function listInPostgres(options: TenantsOptions): Promise<Tenant[]> {
  const pack = await packOf(options);
  if (pack.tenancy === 'single') throw withoutTenants(pack);
  const to = connecting(options);
  const roles = sharedRoles(to.settings.rolePrefix);
  return withDatabase(to, 'reading the registry', async (session) => {
    if (!(await hasLedger(session))) return [];
    const sharedPack = pack.tenancy === 'shared' ? pack.family : undefined;
    return (await readTenants(session, { roles }, { sharedPack })).map(toTenant);
  });
}

/**
 * One tenant with what it has.
 * @throws FedgenError E_TARGET_UNKNOWN, E_NAME_INVALID, E_DB_*, E_PRIVILEGE, E_PACK_*.
 */
export async function showTenant(options: TenantOptions): Promise<TenantDetails> {
  return (await engineFor(options)).showTenant(options);
}

/** The same for PostgreSQL. */
export async function showInPostgres(options: TenantOptions): Promise<TenantDetails> {
  const target = await prepareTenant(options);
  const { prepared, plan, tenantId } = target;
  return withDatabase(prepared, 'reading the registry', async (session) => {
    const tenant = toTenant(await requireTenant(session, target));
    const isShared = plan.target.kind === 'shared';
    return { tenant, rows: isShared ? await readTenantRows(session, plan, tenantId, SHOWN_ROWS) : [] };
  });
}
