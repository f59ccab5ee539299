import { defaultSettings, type Settings } from '../config/settings.js';
import { loadControlPlane, loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { assertDepartmentId, assertDepartmentName } from '../plan/names.js';
import { planControlPlane, planDepartment, type TargetPlan } from '../plan/target.js';
import type { GivenVariables } from '../plan/variables.js';
import { createRenderer, type RenderedScript } from '../render/render.js';
import { isReservedWord, loadSqlParser } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
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

/** The department that a verb works on. */
export interface DepartmentOptions extends CommonOptions {
  /** Slug from which schema and role are named: `hr` gives `hr_tenant` and `hr_role`. */
  readonly departmentId: string;
  /** Display name. Needed where the department is not registered yet. */
  readonly department?: string;
  /** Pack to use instead of the configured one. */
  readonly pack?: string;
  /** Values of the pack's variables; they win over the configured ones. */
  readonly variables?: GivenVariables;
}

/** A verb's options with defaults filled in and the id proved safe. */
export interface Prepared {
  readonly settings: Settings;
  readonly pack: Pack;
  readonly variables: GivenVariables;
  readonly departmentId: string;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OnEvent;
}

/** A plan and its rendered scripts. */
export interface RenderedPlan {
  readonly plan: TargetPlan;
  readonly scripts: readonly RenderedScript[];
}

/**
 * Reads the pack and proves the department id safe, before anything connects.
 * @throws FedgenError E_NAME_INVALID, E_PACK_NOT_FOUND, E_PACK_INVALID.
 */
export async function prepare(options: DepartmentOptions): Promise<Prepared> {
  const settings = options.settings ?? defaultSettings();
  // The pack is read while the SQL grammar is compiled; the id is judged first all the same.
  const loading = loadPack(options.pack ?? settings.pack, settings.packDirs);
  loading.catch(() => undefined);
  await loadSqlParser();
  assertDepartmentId(options.departmentId, settings.rolePrefix, isReservedWord);
  if (options.department !== undefined) assertDepartmentName(options.department);
  const pack = await loading;
  if (pack.tenancy !== 'schema') {
    throw new FedgenError(
      'E_USAGE',
      `pack ${pack.name} keeps its tenants in one shared schema, not one per department`,
      {
        hint: 'Use a pack with tenancy: schema, for example federation.',
      },
    );
  }
  return {
    settings,
    pack,
    variables: { ...settings.variables[pack.name], ...options.variables },
    departmentId: options.departmentId,
    signal: options.signal,
    onEvent: options.onEvent ?? (() => undefined),
  };
}

/** Renders a department's scripts. */
export async function renderDepartment(prepared: Prepared, name: string): Promise<RenderedPlan> {
  const { pack, departmentId, settings, variables } = prepared;
  const plan = planDepartment(
    pack,
    { id: departmentId, name },
    { rolePrefix: settings.rolePrefix, variables },
  );
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
export function requireDepartmentName(prepared: Prepared, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new FedgenError('E_USAGE', `department "${prepared.departmentId}" needs a display name`, {
    hint: `Add --department "Its Name".`,
  });
}
