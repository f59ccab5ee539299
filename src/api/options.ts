import { defaultSettings, type Settings } from '../config/settings.js';
import { loadControlPlane, loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import {
  assertDepartmentId,
  assertDepartmentName,
  assertInstallation,
  sharedTargetId,
} from '../plan/names.js';
import { planControlPlane, planTarget, type TargetPlan } from '../plan/target.js';
import type { GivenVariables } from '../plan/variables.js';
import { createRenderer, type RenderedScript } from '../render/render.js';
import { isReservedWord, loadSqlParser } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
import { settingsFor } from './placement.js';
import type { OnEvent } from '../apply/events.js';

/** Options that every verb takes. */
export interface CommonOptions {
  /** Where to connect, which packs, names and limits; see loadSettings and defaultSettings. */
  readonly settings?: Settings;
  /** Aborting cancels the running statement on the server and rejects with E_INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Told what happens while it happens. */
  readonly onEvent?: OnEvent;
}

/** The target that a verb works on: a department, or, for a pack with tenancy: shared, its installation. */
export interface TargetOptions extends CommonOptions {
  /**
   * Slug from which schema and role are named: `hr` gives `hr_tenant` and `hr_role`. Needed for packs with a schema per
   * department, refused for shared packs.
   */
  readonly departmentId?: string;
  /** Display name. Needed where the department is not registered yet. */
  readonly department?: string;
  /** Pack to use instead of the configured one. */
  readonly pack?: string;
  /** Values of the pack's variables; they win over the configured ones. */
  readonly variables?: GivenVariables;
}

/** A verb's options with defaults filled in and the names proved safe. */
export interface Prepared {
  readonly settings: Settings;
  readonly pack: Pack;
  readonly variables: GivenVariables;
  /** Key of the target in the ledger; also the name of its lock. */
  readonly targetId: string;
  /** Undefined for shared packs. */
  readonly departmentId: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OnEvent;
}

/** A plan and its rendered scripts. */
export interface RenderedPlan {
  readonly plan: TargetPlan;
  readonly scripts: readonly RenderedScript[];
}

/** What the registry knows of a target and its scripts need to be rendered as they were applied. */
export interface Registered {
  /** Display name of a department. */
  readonly name?: string | undefined;
  /** Identity mode of a shared pack. */
  readonly identity?: string | undefined;
}

/**
 * Reads the pack and proves the target's names safe, before anything connects.
 * @throws FedgenError E_NAME_INVALID, E_PACK_NOT_FOUND, E_PACK_INVALID, E_USAGE.
 */
export async function prepare(options: TargetOptions): Promise<Prepared> {
  const { departmentId } = options;
  const settings = settingsFor(options.settings ?? defaultSettings(), departmentId);
  // The pack is read while the SQL grammar is compiled; the id is judged first all the same.
  const loading = loadPack(options.pack ?? settings.pack, settings.packDirs);
  loading.catch(() => undefined);
  await loadSqlParser();
  if (departmentId !== undefined) assertDepartmentId(departmentId, settings.rolePrefix, isReservedWord);
  if (options.department !== undefined) assertDepartmentName(options.department);
  const pack = await loading;
  return {
    settings,
    pack,
    variables: { ...settings.variables[pack.name], ...options.variables },
    targetId: targetIdOf(pack, settings, options),
    departmentId,
    signal: options.signal,
    onEvent: options.onEvent ?? (() => undefined),
  };
}

/** The target's key, once it is clear that pack and department go together. */
function targetIdOf(pack: Pack, settings: Settings, options: TargetOptions): string {
  if (pack.tenancy === 'schema') {
    if (options.departmentId !== undefined) return options.departmentId;
    throw new FedgenError(
      'E_USAGE',
      `pack ${pack.name} needs --department-id: each department has a schema of its own`,
      {
        hint: 'For example: --department-id hr. Packs whose tenants share their tables are named with --pack alone.',
      },
    );
  }
  if (options.departmentId !== undefined || options.department !== undefined) {
    throw new FedgenError(
      'E_USAGE',
      `pack ${pack.name} ${pack.tenancy === 'shared' ? 'is shared by all its tenants' : 'is one installation'} and belongs to no department`,
      {
        hint: `Leave --department-id and --department out.${pack.tenancy === 'shared' ? ' Tenants are added with "fedgen tenant add".' : ''}`,
      },
    );
  }
  assertInstallation(pack, settings.rolePrefix, isReservedWord);
  return sharedTargetId(pack.family);
}

/**
 * Can the target be rendered as it was applied without asking the registry? Otherwise its name, or the identity mode
 * that was chosen for it, must be read first.
 */
export function isSettled(prepared: Prepared, department: string | undefined): boolean {
  if (prepared.departmentId !== undefined) return department !== undefined;
  return Object.hasOwn(prepared.variables, IDENTITY_VARIABLE) || prepared.pack.identityModes.length <= 1;
}

/** Renders the scripts of the target. @throws FedgenError E_USAGE for a department without a name. */
export async function renderTarget(prepared: Prepared, registered: Registered): Promise<RenderedPlan> {
  const { pack, departmentId, settings } = prepared;
  const department =
    departmentId === undefined
      ? undefined
      : { id: departmentId, name: requireDepartmentName(prepared, registered.name) };
  const variables = {
    ...(registered.identity !== undefined &&
      pack.identityModes.length > 0 && { [IDENTITY_VARIABLE]: registered.identity }),
    ...prepared.variables,
  };
  const plan = planTarget(pack, department, { rolePrefix: settings.rolePrefix, variables });
  const renderer = await createRenderer(pack);
  return { plan, scripts: renderer.render(plan) };
}

/** Renders the control plane's scripts. */
export async function renderControlPlane(settings: Settings): Promise<RenderedPlan> {
  const pack = await loadControlPlane();
  const plan = planControlPlane(pack, settings.rolePrefix);
  const renderer = await createRenderer(pack);
  return { plan, scripts: renderer.render(plan) };
}

/** The name that was given, or a clear refusal. */
function requireDepartmentName(prepared: Prepared, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new FedgenError('E_USAGE', `department "${prepared.targetId}" needs a display name`, {
    hint: `Add --department "Its Name".`,
  });
}
