import { readPack, type InstalledPack } from '../apply/registry.js';
import { readTenants, roleExists, type NewTenant, type TenantRow } from '../apply/tenants.js';
import type { Session } from '../db/session.js';
import { loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { planTarget, type TargetPlan } from '../plan/target.js';
import { tenantRole } from '../plan/names.js';
import { parseTenantId } from '../plan/tenant.js';
import { defaultSettings } from '../config/settings.js';
import { FedgenError } from '../shared/errors.js';
import { prepare, type CommonOptions, type Prepared } from './options.js';
import { unknownTarget } from './run.js';

/** Options of what works on the tenants of a pack. */
export interface TenantsOptions extends CommonOptions {
  /** Pack to use instead of the configured one. Departments are the tenants of a pack with a schema per department. */
  readonly pack?: string;
}

/** Options of what works on one tenant. */
export interface TenantOptions extends TenantsOptions {
  /** The department id, or whatever the pack's tenant column holds: `T001`, a UUID. */
  readonly tenantId: string;
}

/** A tenant as the verbs of `fedgen tenant` tell of it. */
export interface Tenant {
  readonly tenantId: string;
  readonly name: string;
  readonly pack: string;
  readonly status: 'active' | 'suspended';
  /** Undefined where an application speaks for all tenants of the pack. */
  readonly role: string | undefined;
  /** Whether the role may log in; undefined without a role. */
  readonly login: boolean | undefined;
  /** Sessions logged in as the role. Sessions of a pooled application are not among them. */
  readonly sessions: number;
  readonly since: Date;
}

/** A tenant to work on: proved safe, not yet looked for. */
export interface TenantTarget {
  readonly prepared: Prepared;
  readonly plan: TargetPlan;
  /** As the registry keeps it. */
  readonly tenantId: string;
}

/**
 * Reads the pack and proves the tenant's id safe, before anything connects.
 * @throws FedgenError E_NAME_INVALID, E_PACK_NOT_FOUND, E_PACK_INVALID.
 */
export async function prepareTenant(options: TenantOptions): Promise<TenantTarget> {
  const pack = await packOf(options);
  if (pack.tenancy === 'single') throw withoutTenants(pack);
  if (pack.tenancy === 'shared') {
    const tenantId = parseTenantId(pack, options.tenantId);
    const prepared = await prepare(targetOptions(options));
    return { prepared, plan: planOf(prepared), tenantId };
  }
  const prepared = await prepare({ ...targetOptions(options), departmentId: options.tenantId });
  return { prepared, plan: planOf(prepared), tenantId: options.tenantId };
}

/** What is said of tenants where a pack has none. */
export const withoutTenants = (pack: Pack): FedgenError =>
  new FedgenError('E_USAGE', `pack ${pack.name} has no tenants`, {
    hint: `docs/packs/${pack.family}.md tells who uses it and how they are let in.`,
  });

/** The pack that the options choose. */
export function packOf(options: TenantsOptions): Promise<Pack> {
  const settings = options.settings ?? defaultSettings();
  return loadPack(options.pack ?? settings.pack, settings.packDirs);
}

/** Those options that every verb has. */
export function targetOptions({ settings, signal, onEvent, pack }: TenantsOptions): TenantsOptions {
  return {
    ...(settings && { settings }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
    ...(pack !== undefined && { pack }),
  };
}

/** The names of the target; its scripts are not needed. */
function planOf({ pack, departmentId, settings }: Prepared): TargetPlan {
  const department = departmentId === undefined ? undefined : { id: departmentId, name: departmentId };
  return planTarget(pack, department, { rolePrefix: settings.rolePrefix, variables: {} });
}

/** @throws FedgenError E_TARGET_UNKNOWN when the shared pack is not installed. */
export async function requireInstalled(
  session: Session,
  { prepared, plan }: Pick<TenantTarget, 'prepared' | 'plan'>,
): Promise<InstalledPack> {
  const installed = await readPack(session, plan.roles.owner, plan.pack.family);
  if (installed) return installed;
  throw unknownTarget(session, prepared);
}

/** The registered tenant; undefined when there is none of this id. */
export async function findTenant(
  session: Session,
  { plan, tenantId }: TenantTarget,
): Promise<TenantRow | undefined> {
  const sharedPack = plan.target.kind === 'shared' ? plan.pack.family : undefined;
  const [row] = await readTenants(session, plan, { sharedPack, id: tenantId });
  return row;
}

/** @throws FedgenError E_TARGET_UNKNOWN */
export async function requireTenant(session: Session, target: TenantTarget): Promise<TenantRow> {
  const row = await findTenant(session, target);
  if (row) return row;
  const { pack } = target.plan;
  throw new FedgenError(
    'E_TARGET_UNKNOWN',
    `tenant "${target.tenantId}" of pack ${pack.name} is not registered in ${session.where}`,
    {
      hint: `"fedgen tenant list --pack ${pack.name}" lists what is there.`,
      details: { pack: pack.name, tenantId: target.tenantId },
    },
  );
}

/**
 * What a tenant of a shared pack will be: with a role where the pack's identity mode is `role`.
 * @throws FedgenError E_NAME_INVALID when its role's name is taken. Two ids may give one name: T-1 and T_1.
 */
export async function newTenant(
  session: Session,
  { prepared, plan, tenantId }: TenantTarget,
  given: { readonly identityMode: string; readonly name: string; readonly login?: boolean },
): Promise<NewTenant> {
  const tenant = { id: tenantId, name: given.name, login: given.login ?? true };
  if (given.identityMode !== 'role') return { ...tenant, role: undefined };
  const role = tenantRole(plan.pack.family, tenantId, prepared.settings.rolePrefix);
  if (!(await roleExists(session, role))) return { ...tenant, role };
  throw new FedgenError(
    'E_NAME_INVALID',
    `tenant id ${JSON.stringify(tenantId)} gives the role name "${role}", which is taken`,
    {
      hint: 'Another tenant, a department or another database of this server has it: choose another id, or another --role-prefix.',
      details: { tenantId, role },
    },
  );
}

/** A row of the registry as the verbs tell of it. */
export const toTenant = ({ id, ...row }: TenantRow): Tenant => ({ tenantId: id, ...row });
