import { createHash } from 'node:crypto';
import type { FleetState } from '../apply/fleet-state.js';
import { defaultSettings } from '../config/settings.js';
import type { Session } from '../db/session.js';
import { loadControlPlane } from '../packs/load.js';
import { CONTROL_SCHEMA } from '../plan/names.js';
import { planControlPlane } from '../plan/target.js';
import { findHazards, type Hazard } from '../render/hazards.js';
import { createRenderer } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';
import {
  prepareFleet,
  readSelection,
  readState,
  toPackScript,
  type FleetOptions,
  type PreparedFleet,
} from './fleet-prepare.js';
import {
  compareStand,
  requireSelection,
  standOf,
  surveyTargets,
  type SurveyedTarget,
} from './fleet-survey.js';
import type { PartOfRun } from './over-databases.js';
import { askEach, refuseAllGone, unreachedOf, type Unreached } from './roll-call.js';
import { withDatabase } from './run.js';
import { splitOver } from './split-over.js';

/** A script that is pending somewhere, and what it may do to those who use the tables. */
export interface PlannedScript {
  /** `pack/script`. */
  readonly key: string;
  readonly file: string;
  readonly statements: number;
  readonly noTransaction: boolean;
  /** As seen at the first department where it is pending. */
  readonly hazards: readonly Hazard[];
}

/** Departments at which the same scripts are pending. */
export interface PlannedStep {
  readonly pending: readonly string[];
  /** Templates differ from what was applied here: apply tells whether their SQL does. */
  readonly isSuspect: boolean;
  /** Standing scripts that the pack does not have: apply refuses. */
  readonly unknown: readonly string[];
  readonly targets: readonly { readonly id: string; readonly name: string }[];
}

/** What an apply would do to many departments. May be kept as JSON and handed to apply. */
export interface FleetPlan {
  readonly schemaVersion: 1;
  readonly server: string;
  readonly pack: string;
  /** Changes with every template, and with every value of a variable. */
  readonly templates: string;
  /** Scripts of the control plane that come first. */
  readonly controlPlane: readonly string[];
  readonly scripts: readonly PlannedScript[];
  /** Empty when nothing is to do. */
  readonly steps: readonly PlannedStep[];
  /** Departments at which nothing is pending. */
  readonly unchanged: number;
}

/**
 * Tells what {@link applyFleet} would run at which departments, with the hazards of each script. Changes nothing, and takes
 * no lock.
 * @throws FedgenError E_USAGE, E_TARGET_UNKNOWN, E_DB_*, E_PACK_* and what rendering throws.
 */
export async function planFleet(options: FleetOptions): Promise<FleetPlan> {
  requireSelection(options, 'plan');
  return planInOne(options, undefined);
}

type Part = Pick<PartOfRun, 'agree'>;

async function planInOne(options: FleetOptions, part: Part | undefined): Promise<FleetPlan> {
  const prepared = { ...(await prepareFleet(options)), part };
  return withDatabase(prepared, 'planning', async (session) => {
    const state = await readState(session, prepared.settings);
    return planIn(session, prepared, state);
  });
}

/** Plans of several databases, by their names. */
export interface FleetPlans {
  readonly plans: Readonly<Record<string, FleetPlan>>;
  /** Those that could not be asked, and why: the plans are not those of the whole fleet then. */
  readonly unreached: Unreached;
}

/**
 * The same for each of several databases. One that cannot be asked is reported, and has no plan.
 * @throws FedgenError as {@link planFleet} does; why the first could not be asked, where none could.
 */
export async function planDatabases(options: FleetOptions): Promise<FleetPlans> {
  requireSelection(options, 'plan');
  const parts = splitOver(options, options.settings ?? defaultSettings());
  const outcomes = await askEach(parts, ({ options: own }, agree) => planInOne(own, { agree }));
  refuseAllGone(outcomes);
  const plans = outcomes.flatMap((each) => ('result' in each ? [[each.name, each.result] as const] : []));
  return { plans: Object.fromEntries(plans), unreached: unreachedOf(outcomes) };
}

/** The plan for a state that was read. */
export async function planIn(
  session: Session,
  prepared: Omit<PreparedFleet, 'part'> & { readonly part: Part | undefined },
  state: FleetState | undefined,
): Promise<FleetPlan> {
  const selection = await readSelection(session, prepared.options);
  const targets = await surveyTargets(session, prepared, {
    state,
    scripts: prepared.scripts,
    selection,
    makesNew: true,
  });
  const needy = targets.filter(
    ({ pending, isSuspect, unknown }) => pending.length > 0 || isSuspect || unknown.length > 0,
  );
  return {
    schemaVersion: 1,
    server: session.where,
    pack: prepared.pack.name,
    templates: templatesKey(prepared),
    controlPlane: await pendingControlPlane(prepared, state),
    scripts: describeScripts(prepared, needy),
    steps: toSteps(needy),
    unchanged: targets.length - needy.length,
  };
}

const templatesKey = ({ scripts, planOf }: Pick<PreparedFleet, 'scripts' | 'planOf'>): string =>
  createHash('sha256')
    .update(JSON.stringify([scripts, planOf({ id: 'sample', name: 'Sample' }).variables]))
    .digest('hex');

/** Scripts of the control plane that do not stand yet. */
export async function pendingControlPlane(
  { settings }: Pick<PreparedFleet, 'settings'>,
  state: FleetState | undefined,
): Promise<readonly string[]> {
  const pack = await loadControlPlane();
  const renderer = await createRenderer(pack);
  const scripts = renderer.checksums(planControlPlane(pack, settings.rolePrefix)).map(toPackScript);
  return compareStand(scripts, standOf(state, CONTROL_SCHEMA)).pending;
}

function toSteps(targets: readonly SurveyedTarget[]): PlannedStep[] {
  const steps = new Map<string, PlannedStep & { readonly targets: { id: string; name: string }[] }>();
  for (const { id, name, ...work } of targets) {
    const key = JSON.stringify([work.pending, work.isSuspect, work.unknown]);
    const step = steps.get(key) ?? { ...work, targets: [] };
    step.targets.push({ id, name });
    steps.set(key, step);
  }
  return [...steps.values()];
}

function describeScripts(
  { renderer, planOf }: Pick<PreparedFleet, 'renderer' | 'planOf'>,
  targets: readonly SurveyedTarget[],
): PlannedScript[] {
  const described = new Map<string, PlannedScript>();
  for (const { id, name, pending } of targets) {
    const missing = new Set(pending.filter((key) => !described.has(key)));
    if (missing.size === 0) continue;
    const rendered = renderer.render(planOf({ id, name }), (source) =>
      missing.has(`${source.pack}/${source.name}`),
    );
    for (const { source, up } of rendered) {
      const key = `${source.pack}/${source.name}`;
      const hazards = findHazards(up.statements);
      described.set(key, {
        key,
        file: source.template.file,
        statements: up.statements.length,
        noTransaction: source.directives.noTransaction,
        hazards,
      });
    }
  }
  return [...described.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * Refuses a plan that is not what would be planned now: somebody changed templates, values or the database since.
 * @throws FedgenError E_PLAN_STALE
 */
export function refuseStale(plan: FleetPlan, now: FleetPlan): void {
  const differs = (of: (plan: FleetPlan) => unknown): boolean =>
    JSON.stringify(of(plan)) !== JSON.stringify(of(now));
  const moved = [
    differs(({ server }) => server) && `it was made for ${plan.server}, and this is ${now.server}`,
    differs(({ pack, templates }) => [pack, templates]) && 'templates or variables are others now',
    differs(({ controlPlane }) => controlPlane) && 'the control plane stands elsewhere',
    differs(({ steps, unchanged }) => [steps, unchanged]) && 'departments stand elsewhere now',
  ].filter((text) => typeof text === 'string');
  if (moved.length === 0) return;
  throw new FedgenError('E_PLAN_STALE', `the plan does not hold any more: ${moved.join('; ')}`, {
    hint: 'Nothing was touched. Plan again, and read what is new.',
    details: { moved },
  });
}
