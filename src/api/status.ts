import { hasLedger, readDepartments, type LedgerRow } from '../apply/ledger.js';
import { scriptStates, type ScriptStatus } from '../apply/script-states.js';
import type { Drift, RunningRun } from '../apply/fleet-book.js';
import { readPack } from '../apply/registry.js';
import type { Session } from '../db/session.js';
import { loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import { departmentSchema, sharedRoles } from '../plan/names.js';
import { planDepartment } from '../plan/target.js';
import { createRenderer } from '../render/render.js';
import { engineFor } from './engines.js';
import { defaultSettings } from '../config/settings.js';
import type { FleetOptions } from './fleet-prepare.js';
import { statusOverDatabases } from './fleet-status.js';
import { settingsFor } from './placement.js';
import { prepare, renderTarget, type CommonOptions } from './options.js';
import type { Unreached } from './roll-call.js';
import { connecting, readLedgerIfAny, withDatabase, type Connecting } from './run.js';

/** Options of {@link status}. */
export interface StatusOptions extends CommonOptions, Omit<FleetOptions, 'concurrency' | 'drain'> {
  /** One department, script by script; those that are selected, or all of them, when left out. */
  readonly departmentId?: string;
}

/** Where the scripts of a target stand. */
interface Progress {
  /** Number of the newest applied script of this pack; 0 when none is. */
  readonly version: number;
  readonly pending: number;
  readonly edited: number;
  /** Applied scripts that this pack does not have. */
  readonly unknown: number;
  /** Filled where one target was asked for. */
  readonly scripts: readonly ScriptStatus[];
}

/** Where one department stands. */
export interface DepartmentStatus extends Progress {
  readonly departmentId: string;
  /** Which of several databases it is in. */
  readonly database?: string | undefined;
  readonly name: string;
  readonly schema: string;
  /** State in the registry; `UNREGISTERED` for one that was rolled back below its registration. */
  readonly status: string;
  /** What went wrong in its last run over many departments; undefined when it went well, or there was none. */
  readonly failed?: string | undefined;
  /** What its last `validate --since-last` found; undefined when it was clean, scripts were run since, or there was none. */
  readonly drifted?: Drift | undefined;
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
  /** How many departments there are, chosen or not; undefined where one was asked for by its id. */
  readonly known?: number;
  /** The pack that was asked for, when it is shared and something of it stands. */
  readonly packs: readonly PackStatus[];
  /** Name of the pack that was asked for, where nothing of it stands. */
  readonly absentPack?: string;
  /** Runs over many departments that are under way. */
  readonly runs: readonly RunningRun[];
  /** Those of several databases that could not be asked, and why. */
  readonly unreached: Unreached;
}

/**
 * Tells where departments stand, from one query of registry and ledger. Changes nothing.
 * @throws FedgenError E_DB_*, E_PRIVILEGE, E_NAME_INVALID, E_PACK_*.
 */
export async function status(options: StatusOptions = {}): Promise<StatusResult> {
  return (await engineFor(options)).status(options);
}

/** The same for PostgreSQL. */
export async function statusOfPostgres(options: StatusOptions): Promise<StatusResult> {
  const { departmentId } = options;
  const settings = settingsFor(options.settings ?? defaultSettings(), departmentId);
  const to = connecting({ ...options, settings });
  if (departmentId !== undefined) await prepare({ ...options, settings, departmentId });
  const pack = await loadPack(options.pack ?? settings.pack, settings.packDirs);
  if (pack.tenancy === 'schema' && departmentId === undefined)
    return statusOverDatabases({ ...options, settings });
  return withDatabase(to, 'reading the ledger', async (session) => {
    const nothing = {
      ...NOTHING,
      server: session.where,
      ...(departmentId === undefined && { absentPack: pack.name }),
    };
    if (!(await hasLedger(session))) return nothing;
    const ledger = await readLedgerIfAny(
      session,
      settings,
      departmentId === undefined ? undefined : [departmentId],
    );
    if (departmentId === undefined) {
      const packs = await packStatus(session, to, pack, ledger);
      return packs.length === 0
        ? { ...nothing, initialized: true }
        : { ...NOTHING, server: session.where, initialized: true, packs };
    }
    const departments = await departmentStatus(session, to, pack, { id: departmentId, ledger });
    return { ...nothing, initialized: true, departments };
  });
}

const NOTHING = { initialized: false, departments: [], packs: [], runs: [], unreached: [] } as const;

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

/** One department, script by script; nothing where it is not known. */
async function departmentStatus(
  session: Session,
  { settings }: Connecting,
  pack: Pack,
  { id, ledger }: { readonly id: string; readonly ledger: readonly LedgerRow[] },
): Promise<DepartmentStatus[]> {
  const [registered] = await readDepartments(session, sharedRoles(settings.rolePrefix).owner, id);
  const stands = ledger.some((row) => row.state === 'applied');
  if (!registered && !stands) return [];
  const {
    name,
    schema,
    status: state,
  } = registered ?? {
    name: '',
    schema: departmentSchema(id),
    status: 'UNREGISTERED',
  };
  const renderer = await createRenderer(pack);
  const variables = settings.variables[pack.name] ?? {};
  const plan = planDepartment(pack, { id, name }, { rolePrefix: settings.rolePrefix, variables });
  const scripts = scriptStates(renderer.checksums(plan), ledger);
  return [{ departmentId: id, name, schema, status: state, ...summarize(pack, scripts) }];
}

/** Counts of where scripts stand. */
export function summarize(pack: Pack, scripts: readonly ScriptStatus[]): Progress {
  const count = (...states: ScriptStatus['state'][]): number =>
    scripts.filter((script) => states.includes(script.state)).length;
  const numbers = new Map(pack.scripts.map((source) => [source.name, source.number]));
  const standing = scripts.filter((script) => script.appliedAt !== undefined);
  return {
    version: Math.max(0, ...standing.map((script) => numbers.get(script.script) ?? 0)),
    pending: count('pending', 'rolled-back', 'half-done'),
    edited: count('edited'),
    unknown: count('unknown'),
    scripts,
  };
}
