import { readFleetBook, type RunningRun } from '../apply/fleet-book.js';
import type { FleetState } from '../apply/fleet-state.js';
import { readLedger } from '../apply/ledger.js';
import { scriptStates } from '../apply/script-states.js';
import { defaultSettings } from '../config/settings.js';
import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA, departmentSchema, sharedRoles } from '../plan/names.js';
import { matchPatterns, selectIds } from '../plan/selection.js';
import { prepareFleet, readSelection, type PreparedFleet } from './fleet-prepare.js';
import { compareStand, refuseUnmatched, surveyTargets, type TargetSelection } from './fleet-survey.js';
import type { PartOfRun } from './over-databases.js';
import { askEach, refuseAllGone, unreachedOf } from './roll-call.js';
import { connecting, withDatabase } from './run.js';
import { splitOver } from './split-over.js';
import type { DepartmentStatus, StatusOptions, StatusResult } from './status.js';

/** Where the departments of a database stand. */
interface FleetStatus {
  readonly initialized: boolean;
  readonly departments: readonly DepartmentStatus[];
  readonly known: number;
  readonly runs: readonly RunningRun[];
}

/**
 * Where departments stand in each database that they are placed in, or in the one there is.
 * @throws FedgenError why the only database, or none of several, could be asked.
 */
export async function statusOverDatabases(options: StatusOptions): Promise<StatusResult> {
  const settings = options.settings ?? defaultSettings();
  if (settings.databases.length === 0) return statusOf(options);
  const parts = splitOver(options, settings);
  const outcomes = await askEach(parts, ({ options: own }, agree) => statusOf(own, { agree }));
  refuseAllGone(outcomes);
  const done = outcomes.flatMap((each) => ('result' in each ? [{ name: each.name, ...each.result }] : []));
  const departments = done.flatMap(({ name, departments: found }) =>
    found.map((each) => ({ ...each, database: name })),
  );
  const unreached = unreachedOf(outcomes);
  return {
    server: parts.map(({ name }) => name).join(', '),
    initialized: done.some(({ initialized }) => initialized) || unreached.length > 0,
    departments,
    known: done.reduce((sum, { known = 0 }) => sum + known, 0),
    packs: [],
    runs: done.flatMap(({ runs }) => runs),
    unreached,
  };
}

type Part = Pick<PartOfRun, 'agree'>;

async function statusOf(options: StatusOptions, part?: Part): Promise<StatusResult> {
  return withDatabase(connecting(options), 'reading the ledger', async (session) => ({
    ...(await readFleetStatus(session, options, part)),
    server: session.where,
    packs: [],
    unreached: [],
  }));
}

/** Where departments stand, from one query of registry, ledger and book of runs. */
async function readFleetStatus(
  session: Session,
  options: StatusOptions,
  part: Part | undefined,
): Promise<FleetStatus> {
  const prepared = { ...(await prepareFleet(options)), part };
  const state = await readFleetBook(session, sharedRoles(prepared.settings.rolePrefix).owner);
  const selection = await readSelection(session, prepared.options);
  if (!state || state.groups.length === 0) {
    await part?.agree(matchPatterns([], selection));
    return { initialized: false, departments: [], known: 0, runs: [] };
  }
  const { failed, drifted, running: runs } = state;
  const ids = departmentIds(state);
  const chosen = await chosenIds(session, prepared, { state, selection, ids });
  const numbers = new Map(prepared.pack.scripts.map(({ pack, name, number }) => [`${pack}/${name}`, number]));
  const departments: DepartmentStatus[] = [];
  const suspects: string[] = [];
  for (const { stand, targets } of state.groups) {
    const { pending, unknown, isSuspect } = compareStand(prepared.scripts, stand);
    const version = Math.max(0, ...stand.map(({ key }) => numbers.get(key) ?? 0));
    for (const { id, name, status } of targets.filter((target) => chosen.has(target.id))) {
      if (isSuspect) suspects.push(id);
      departments.push({
        departmentId: id,
        name: name ?? '',
        schema: departmentSchema(id),
        status: status ?? 'UNREGISTERED',
        version,
        pending: pending.length,
        edited: 0,
        unknown: unknown.length,
        failed: failed.get(id),
        drifted: drifted.get(id),
        scripts: [],
      });
    }
  }
  const edited = await countEdited(session, prepared, departments, suspects);
  const counted = departments.map((each) => ({ ...each, edited: edited.get(each.departmentId) ?? 0 }));
  return { initialized: true, departments: counted.sort(byRegistration), known: ids.length, runs };
}

/** Registered departments first, each by id. */
const byRegistration = (a: DepartmentStatus, b: DepartmentStatus): number =>
  Number(a.status === 'UNREGISTERED') - Number(b.status === 'UNREGISTERED') ||
  (a.departmentId < b.departmentId ? -1 : 1);

/** Shared packs have a colon in theirs. */
const departmentIds = ({ groups }: FleetState): string[] =>
  groups
    .flatMap(({ targets }) => targets.map(({ id }) => id))
    .filter((id) => id !== CONTROL_SCHEMA && !id.includes(':'));

async function chosenIds(
  session: Session,
  prepared: Omit<PreparedFleet, 'part'> & { readonly part: Part | undefined },
  {
    state,
    selection,
    ids,
  }: {
    readonly state: FleetState;
    readonly selection: TargetSelection;
    readonly ids: readonly string[];
  },
): Promise<ReadonlySet<string>> {
  const { onlyPending, onlyFailed, named } = selection;
  if (onlyPending || onlyFailed || named) {
    const surveyed = await surveyTargets(session, prepared, { state, scripts: prepared.scripts, selection });
    return new Set(surveyed.map(({ id }) => id));
  }
  const matches = matchPatterns(ids, selection);
  if (prepared.part) await prepared.part.agree(matches);
  else refuseUnmatched(session, matches.unmatched);
  return new Set(selectIds(ids, selection, prepared.settings.groups));
}

/** Other templates may still give the SQL that was applied: that takes rendering, and is asked for suspects only. */
async function countEdited(
  session: Session,
  { settings, renderer, planOf }: Pick<PreparedFleet, 'settings' | 'renderer' | 'planOf'>,
  departments: readonly DepartmentStatus[],
  suspects: readonly string[],
): Promise<Map<string, number>> {
  if (suspects.length === 0) return new Map();
  const rows = await readLedger(session, sharedRoles(settings.rolePrefix).owner, suspects);
  const names = new Map(departments.map(({ departmentId, name }) => [departmentId, name]));
  return new Map(
    suspects.map((id) => {
      const scripts = renderer.checksums(planOf({ id, name: names.get(id) ?? '' }));
      const states = scriptStates(
        scripts,
        rows.filter((row) => row.target === id),
      );
      return [id, states.filter(({ state }) => state === 'edited').length];
    }),
  );
}
