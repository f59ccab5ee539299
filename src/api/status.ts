import { readDepartments, type LedgerRow, type RegisteredDepartment } from '../apply/ledger.js';
import { hasSameTemplates, scriptStates, type ScriptStatus } from '../apply/script-states.js';
import { readPack } from '../apply/registry.js';
import type { Settings } from '../config/settings.js';
import type { Session } from '../db/session.js';
import { loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import { CONTROL_SCHEMA, departmentSchema, sharedRoles } from '../plan/names.js';
import { planDepartment, type TargetPlan } from '../plan/target.js';
import { createRenderer } from '../render/render.js';
import { prepare, renderTarget, type CommonOptions } from './options.js';
import { connecting, readLedgerIfAny, withDatabase, type Connecting } from './run.js';

/** Options of {@link status}. */
export interface StatusOptions extends CommonOptions {
  /** One department; all of them when left out. */
  readonly departmentId?: string;
  readonly pack?: string;
}

/** Where the scripts of a target stand. */
interface Progress {
  /** Number of the newest applied script of this pack; 0 when none is. */
  readonly version: number;
  readonly pending: number;
  readonly edited: number;
  /** Applied scripts that this pack does not have. */
  readonly unknown: number;
  readonly scripts: readonly ScriptStatus[];
}

/** Where one department stands. */
export interface DepartmentStatus extends Progress {
  readonly departmentId: string;
  readonly name: string;
  readonly schema: string;
  /** State in the registry; `UNREGISTERED` for one that was rolled back below its registration. */
  readonly status: string;
}

/** Where a shared pack stands. */
export interface PackStatus extends Progress {
  readonly pack: string;
  readonly schemas: readonly string[];
  /** `INSTALLED`; `UNREGISTERED` for one that was rolled back below its registration. */
  readonly status: string;
  readonly identity: string;
  /** How many tenants are registered. */
  readonly tenants: number;
}

/** Where an installation stands. */
export interface StatusResult {
  readonly server: string;
  /** Is there a control plane in this database at all? */
  readonly initialized: boolean;
  /** The departments, when the pack has a schema per department. */
  readonly departments: readonly DepartmentStatus[];
  /** The pack that was asked for, when it is shared and something of it stands. */
  readonly packs: readonly PackStatus[];
}

/**
 * Tells where departments stand, from the registry and one query of the ledger. Changes nothing.
 * @throws FedgenError E_DB_*, E_PRIVILEGE, E_NAME_INVALID, E_PACK_*.
 */
export async function status(options: StatusOptions = {}): Promise<StatusResult> {
  const to = connecting(options);
  const { settings } = to;
  const { departmentId } = options;
  if (departmentId !== undefined) await prepare({ ...options, settings, departmentId });
  const pack = await loadPack(options.pack ?? settings.pack, settings.packDirs);
  return withDatabase(to, 'reading the ledger', async (session) => {
    const ledger = await readLedgerIfAny(session, settings);
    const nothing = { server: session.where, initialized: ledger.length > 0, departments: [], packs: [] };
    if (ledger.length === 0) return nothing;
    if (pack.tenancy !== 'schema') return { ...nothing, packs: await packStatus(session, to, pack, ledger) };
    const registered = await readDepartments(session, sharedRoles(settings.rolePrefix).owner, departmentId);
    const known = [...registered, ...unregistered(registered, ledger, departmentId)];
    const statusOf = await departmentStatuses(pack, settings, {
      ledger,
      isDetailed: departmentId !== undefined,
    });
    return { ...nothing, departments: known.map(statusOf) };
  });
}

async function packStatus(
  session: Session,
  to: Connecting,
  pack: Pack,
  ledger: readonly LedgerRow[],
): Promise<PackStatus[]> {
  const { settings } = to;
  const prepared = await prepare({ settings, pack: pack.name });
  const installed = await readPack(session, sharedRoles(settings.rolePrefix).owner, pack.family);
  const { plan, scripts } = await renderTarget(prepared, { identity: installed?.identityMode });
  const rows = ledger.filter((row) => row.target === plan.target.id);
  if (!installed && !rows.some((row) => row.state === 'applied')) return [];
  return [
    {
      pack: pack.family,
      schemas: plan.target.schemas,
      status: installed ? 'INSTALLED' : 'UNREGISTERED',
      identity: String(plan.variables[IDENTITY_VARIABLE] ?? 'none'),
      tenants: installed?.tenants ?? 0,
      ...summarize(pack, scriptStates(scripts, rows)),
    },
  ];
}

/** Departments of which something stands although they are not in the registry. */
function unregistered(
  registered: readonly RegisteredDepartment[],
  ledger: readonly LedgerRow[],
  departmentId: string | undefined,
): RegisteredDepartment[] {
  const standing = ledger.filter((row) => row.state === 'applied' && isDepartment(row.target));
  const ids = new Set(standing.map((row) => row.target));
  for (const { id } of registered) ids.delete(id);
  return [...ids]
    .filter((id) => departmentId === undefined || id === departmentId)
    .sort()
    .map((id) => ({ id, name: '', schema: departmentSchema(id), status: 'UNREGISTERED' }));
}

/** Ids of departments hold no colon, and none is called like the control plane. */
const isDepartment = (target: string): boolean => target !== CONTROL_SCHEMA && !target.includes(':');

/** Of many departments only those are rendered that do not stand as the templates say. */
async function departmentStatuses(
  pack: Pack,
  settings: Settings,
  { ledger, isDetailed }: { readonly ledger: readonly LedgerRow[]; readonly isDetailed: boolean },
): Promise<(department: RegisteredDepartment) => DepartmentStatus> {
  const renderer = await createRenderer(pack);
  const variables = settings.variables[pack.name] ?? {};
  const planFor = (id: string, name: string): TargetPlan =>
    planDepartment(pack, { id, name }, { rolePrefix: settings.rolePrefix, variables });
  const templates = renderer.checksums(planFor('sample', 'Sample')).map(({ source, templateChecksum }) => {
    return { source, templateChecksum };
  });
  const rowsOf = new Map<string, LedgerRow[]>();
  for (const row of ledger) {
    const rows = rowsOf.get(row.target) ?? [];
    rows.push(row);
    rowsOf.set(row.target, rows);
  }
  return ({ id, name, schema, status: registryStatus }) => {
    const rows = rowsOf.get(id) ?? [];
    const scripts =
      !isDetailed && hasSameTemplates(templates, rows) ? templates : renderer.checksums(planFor(id, name));
    return {
      departmentId: id,
      name,
      schema,
      status: registryStatus,
      ...summarize(pack, scriptStates(scripts, rows)),
    };
  };
}

function summarize(pack: Pack, scripts: readonly ScriptStatus[]): Progress {
  const count = (...states: ScriptStatus['state'][]): number =>
    scripts.filter((script) => states.includes(script.state)).length;
  const numbers = new Map(pack.scripts.map((source) => [source.name, source.number]));
  const standing = scripts.filter((script) => script.appliedAt !== undefined);
  return {
    version: Math.max(0, ...standing.map((script) => numbers.get(script.script) ?? 0)),
    pending: count('pending', 'rolled-back'),
    edited: count('edited'),
    unknown: count('unknown'),
    scripts,
  };
}
