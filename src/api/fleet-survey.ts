import { readFailed, readTargetsOfRun, readUnfinished } from '../apply/fleet-book.js';
import type { FleetState, StandingScript } from '../apply/fleet-state.js';
import type { Session } from '../db/session.js';
import type { Settings } from '../config/settings.js';
import type { Pack } from '../packs/pack.js';
import { assertDepartmentId, assertDepartmentName, CONTROL_SCHEMA, sharedRoles } from '../plan/names.js';
import { isSelected, matchPatterns, selectIds, type IdSelection, type Patterns } from '../plan/selection.js';
import { isReservedWord } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
import type { PartOfRun } from './over-databases.js';

/** Which targets of a database are meant. */
export interface TargetSelection extends IdSelection {
  /** Departments with their names, which need not be registered yet. */
  readonly named?: readonly { readonly id: string; readonly name?: string | undefined }[] | undefined;
  /** Only those at which a script is pending. */
  readonly onlyPending?: boolean | undefined;
  /** Only those whose last run failed. */
  readonly onlyFailed?: boolean | undefined;
  /** Only those that this run did not bring to a good end. */
  readonly resume?: string | undefined;
  /** Only those at which something of this run stands. */
  readonly run?: string | undefined;
}

/** A department, and how far its scripts are from the pack's. */
export interface SurveyedTarget {
  readonly id: string;
  readonly name: string;
  /** Scripts of the pack that do not stand, as `pack/script`, by number. */
  readonly pending: readonly string[];
  /** Templates of standing scripts differ from what was applied: it takes its rendering to say whether that matters. */
  readonly isSuspect: boolean;
  /** Standing scripts that the pack does not have. */
  readonly unknown: readonly string[];
}

/** A script as it is compared with the ledger. */
export interface PackScript {
  readonly key: string;
  readonly templateChecksum: string;
}

/** How scripts that stand differ from those of the pack. Pure. */
export function compareStand(
  scripts: readonly PackScript[],
  stand: readonly StandingScript[],
): Pick<SurveyedTarget, 'pending' | 'isSuspect' | 'unknown'> {
  const standing = new Map(stand.map(({ key, templateChecksum }) => [key, templateChecksum]));
  const known = new Set(scripts.map(({ key }) => key));
  return {
    pending: scripts.filter(({ key }) => !standing.has(key)).map(({ key }) => key),
    isSuspect: scripts.some(
      ({ key, templateChecksum }) => standing.has(key) && standing.get(key) !== templateChecksum,
    ),
    unknown: stand.filter(({ key }) => !known.has(key)).map(({ key }) => key),
  };
}

/** Does any target of the state stand under this id, and how? */
export function standOf(state: FleetState | undefined, id: string): readonly StandingScript[] {
  return state?.groups.find(({ targets }) => targets.some((target) => target.id === id))?.stand ?? [];
}

/**
 * The chosen departments of a database, by id, with what is pending at each.
 * @throws FedgenError E_USAGE, E_TARGET_UNKNOWN, E_NAME_INVALID, E_RUN_UNKNOWN.
 */
export async function surveyTargets(
  session: Session,
  to: {
    readonly settings: Settings;
    readonly pack: Pack;
    readonly part?: Pick<PartOfRun, 'agree'> | undefined;
  },
  input: {
    readonly state: FleetState | undefined;
    readonly scripts: readonly PackScript[];
    readonly selection: TargetSelection;
    /** Departments that are not registered yet are meant as well: they need a name. */
    readonly makesNew?: boolean;
  },
): Promise<SurveyedTarget[]> {
  const { state, scripts, selection } = input;
  const all = new Map<string, SurveyedTarget>();
  for (const { stand, targets } of state?.groups ?? []) {
    const compared = compareStand(scripts, stand);
    for (const { id, name } of targets) if (name !== null) all.set(id, { id, name, ...compared });
  }
  for (const each of namedTargets(to.settings, selection, all)) {
    const compared = all.get(each.id) ?? compareStand(scripts, standOf(state, each.id));
    all.set(each.id, { ...compared, ...each });
  }
  const matches = matchPatterns([...all.keys()], selection);
  if (to.part) await to.part.agree(matches);
  else refuseUnmatched(session, matches.unmatched);
  const named = selection.named?.map(({ id }) => id);
  const { owner } = sharedRoles(to.settings.rolePrefix);
  const unfinished =
    selection.resume === undefined ? undefined : await readUnfinished(session, owner, selection.resume);
  if (input.makesNew && unfinished && !named) {
    const nameless = unfinished.filter((id) => !all.has(id));
    refuseNameless(selectIds(nameless, selection, to.settings.groups), selection.resume);
  }
  const ids = await narrow(session, owner, { state, selection, unfinished, ids: named ?? [...all.keys()] });
  const chosen = selectIds(ids, selection, to.settings.groups);
  const targets = [...new Set(chosen)].sort().flatMap((id) => all.get(id) ?? []);
  return selection.onlyPending ? targets.filter(({ pending }) => pending.length > 0) : targets;
}

/** A department as a person names it. */
type Named = NonNullable<TargetSelection['named']>[number];

/**
 * Departments that were named, each once.
 * @throws FedgenError E_USAGE for one that bears two names.
 */
export function mergeNamed(named: readonly Named[]): Named[] {
  const merged = new Map<string, Named>();
  for (const { id, name } of named) {
    const known = merged.get(id)?.name;
    if (known !== undefined && name !== undefined && known !== name)
      throw new FedgenError('E_USAGE', `department "${id}" is named twice: "${known}" and "${name}"`, {
        hint: 'Say it once, with the name that it is to have.',
        details: { departmentId: id, names: [known, name] },
      });
    merged.set(id, { id, name: known ?? name });
  }
  return [...merged.values()];
}

function namedTargets(
  settings: Settings,
  selection: TargetSelection,
  all: ReadonlyMap<string, SurveyedTarget>,
): { id: string; name: string }[] {
  return (selection.named ?? []).map(({ id, name }) => {
    assertDepartmentId(id, settings.rolePrefix, isReservedWord);
    if (name !== undefined) assertDepartmentName(name);
    const known = all.get(id)?.name;
    if (known !== undefined) return { id, name: known };
    if (name !== undefined) return { id, name };
    throw new FedgenError('E_USAGE', `department "${id}" needs a display name`, {
      hint: 'In a file of targets write the name behind the id: hr,Human Resources',
    });
  });
}

/** The book of runs knows no names. @throws FedgenError E_USAGE. */
function refuseNameless(ids: readonly string[], runId: string | undefined): void {
  if (ids.length === 0) return;
  const some = ids.slice(0, 5).join(', ') + (ids.length > 5 ? ', …' : '');
  throw new FedgenError(
    'E_USAGE',
    `run ${runId} was to make departments that are not registered yet: ${some}`,
    {
      hint: `Say their names again beside it: --targets-from FILE --resume ${runId}.`,
      details: { runId, departmentIds: ids },
    },
  );
}

/** What the book of runs says about who is meant. */
async function narrow(
  session: Session,
  owner: string,
  {
    state,
    selection,
    unfinished,
    ids,
  }: {
    readonly state: FleetState | undefined;
    readonly selection: TargetSelection;
    readonly unfinished: readonly string[] | undefined;
    readonly ids: readonly string[];
  },
): Promise<readonly string[]> {
  const lists = [
    unfinished,
    selection.run === undefined ? undefined : await readTargetsOfRun(session, owner, selection.run),
    selection.onlyFailed && state?.hasRunTargets ? [...(await readFailed(session, owner)).keys()] : undefined,
  ].filter((list) => list !== undefined);
  const sets = lists.map((list) => new Set(list));
  return ids.filter((id) => id !== CONTROL_SCHEMA && !id.includes(':') && sets.every((set) => set.has(id)));
}

/** @throws FedgenError E_TARGET_UNKNOWN for what a person named and nobody bears. */
export function refuseUnmatched(session: { readonly where: string }, unmatched: Patterns): void {
  const { targets, exclude } = unmatched;
  if (exclude.length > 0) {
    const patterns = exclude.map((pattern) => `"${pattern}"`).join(', ');
    throw new FedgenError(
      'E_TARGET_UNKNOWN',
      `--exclude ${patterns} matches no department in ${session.where}`,
      {
        hint: 'Mend it: what it was to leave out would not be left out. "fedgen status" lists what is there.',
        details: { exclude },
      },
    );
  }
  const [id] = targets;
  if (id === undefined) return;
  const what = id.includes('*') ? `no department matches "${id}"` : `department "${id}" is not registered`;
  throw new FedgenError('E_TARGET_UNKNOWN', `${what} in ${session.where}`, {
    hint: `Apply it first: fedgen apply --department "Its Name" --department-id ${id.includes('*') ? 'hr' : id}. "fedgen status" lists what is there.`,
    details: { departmentId: id },
  });
}

/** @throws FedgenError E_USAGE where nothing says which targets are meant. */
export function requireSelection(selection: Sayable, verb: string): void {
  const { shard, ...rest } = selection;
  const others = [shard, rest.named, rest.resume, rest.run, rest.targetsQuery];
  if (isSelected(rest) || rest.onlyPending || rest.onlyFailed) return;
  if (others.some((each) => each !== undefined)) return;
  throw new FedgenError('E_USAGE', `${verb} needs --department-id or --all`, {
    hint: `For example: fedgen ${verb} --department-id hr, several with a pattern such as "sales_*".`,
  });
}

/** A selection as a caller writes it. */
type Sayable = Omit<TargetSelection, 'shard'> & {
  readonly shard?: string | undefined;
  readonly targetsQuery?: string | undefined;
};
