import { readDepartments, type LedgerRow } from '../apply/ledger.js';
import { buildWorklist } from '../apply/worklist.js';
import { defaultSettings } from '../config/settings.js';
import type { Session } from '../db/session.js';
import { sharedRoles } from '../plan/names.js';
import { prepare, renderDepartment, type CommonOptions } from './options.js';
import { readLedgerIfAny, withDatabase, type Connecting } from './run.js';

/** Options of {@link status}. */
export interface StatusOptions extends CommonOptions {
  /** One department; all registered ones when left out. */
  readonly departmentId?: string;
  readonly pack?: string;
}

/** One script as the ledger and the pack know it. */
export interface ScriptStatus {
  readonly script: string;
  readonly state: 'applied' | 'pending' | 'edited' | 'revalued' | 'rolled-back';
  readonly appliedAt: Date | undefined;
  readonly appliedBy: string | undefined;
  readonly durationMs: number | undefined;
}

/** Where one department stands. */
export interface DepartmentStatus {
  readonly departmentId: string;
  readonly name: string;
  readonly schema: string;
  readonly status: string;
  /** Number of the newest applied script; 0 when none is. */
  readonly version: number;
  readonly pending: number;
  readonly edited: number;
  readonly scripts: readonly ScriptStatus[];
}

/** Where an installation stands. */
export interface StatusResult {
  readonly server: string;
  /** Is there a control plane in this database at all? */
  readonly initialized: boolean;
  readonly departments: readonly DepartmentStatus[];
}

/**
 * Tells where departments stand, from the registry and one query of the ledger. Changes nothing.
 * @throws FedgenError E_DB_*, E_PRIVILEGE, E_NAME_INVALID, E_PACK_*.
 */
export async function status(options: StatusOptions = {}): Promise<StatusResult> {
  const settings = options.settings ?? defaultSettings();
  const to: Connecting = { settings, signal: options.signal, onEvent: options.onEvent ?? (() => undefined) };
  if (options.departmentId !== undefined)
    await prepare({ ...options, settings, departmentId: options.departmentId });
  return withDatabase(to, 'reading the ledger', async (session) => {
    const ledger = await readLedgerIfAny(session, settings);
    if (ledger.length === 0) return { server: session.where, initialized: false, departments: [] };
    const { owner } = sharedRoles(settings.rolePrefix);
    const registered = await readDepartments(session, owner, options.departmentId);
    const departments: DepartmentStatus[] = [];
    for (const department of registered) {
      departments.push(await departmentStatus(session, options, settings, department, ledger));
    }
    return { server: session.where, initialized: true, departments };
  });
}

async function departmentStatus(
  _session: Session,
  options: StatusOptions,
  settings: NonNullable<CommonOptions['settings']>,
  department: {
    readonly id: string;
    readonly name: string;
    readonly schema: string;
    readonly status: string;
  },
  ledger: readonly LedgerRow[],
): Promise<DepartmentStatus> {
  const prepared = await prepare({ ...options, settings, departmentId: department.id });
  const { scripts } = await renderDepartment(prepared, department.name);
  const rows = ledger.filter((row) => row.target === department.id);
  const worklist = buildWorklist(scripts, rows);
  const edited = new Set(worklist.edited.map(({ script }) => script));
  const standing = worklist.applied.map(({ script, row }): ScriptStatus => {
    const state = edited.has(script)
      ? 'edited'
      : worklist.revalued.includes(script.source.name)
        ? 'revalued'
        : 'applied';
    return {
      script: row.script,
      state,
      appliedAt: row.appliedAt,
      appliedBy: row.appliedBy,
      durationMs: row.durationMs,
    };
  });
  const pending = worklist.pending.map(({ source }): ScriptStatus => {
    const undone = rows.findLast((row) => row.script === source.name);
    const state = undone ? 'rolled-back' : 'pending';
    return { script: source.name, state, appliedAt: undefined, appliedBy: undefined, durationMs: undefined };
  });
  return {
    departmentId: department.id,
    name: department.name,
    schema: department.schema,
    status: department.status,
    version: worklist.applied.at(-1)?.script.source.number ?? 0,
    pending: pending.length,
    edited: edited.size,
    scripts: [...standing, ...pending],
  };
}
