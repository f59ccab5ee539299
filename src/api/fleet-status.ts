import { readFailed, readRunning, type RunningRun } from '../apply/fleet-book.js';
import { readLedger } from '../apply/ledger.js';
import { scriptStates } from '../apply/script-states.js';
import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA, departmentSchema, sharedRoles } from '../plan/names.js';
import { isSelected, selectIds } from '../plan/selection.js';
import { prepareFleet, readSelection, readState, type PreparedFleet } from './fleet-prepare.js';
import { compareStand, refuseUnmatched, surveyTargets } from './fleet-survey.js';
import type { DepartmentStatus, StatusOptions } from './status.js';

/** Where the departments of a database stand. */
export interface FleetStatus {
  readonly initialized: boolean;
  readonly departments: readonly DepartmentStatus[];
  readonly runs: readonly RunningRun[];
}

/** Where departments stand, from one query of registry and ledger, and one of the book of runs. */
export async function readFleetStatus(session: Session, options: StatusOptions): Promise<FleetStatus> {
  const prepared = await prepareFleet(options);
  const { owner } = sharedRoles(prepared.settings.rolePrefix);
  const state = await readState(session, prepared.settings);
  if (!state || state.groups.length === 0) return { initialized: false, departments: [], runs: [] };
  const failed = state.hasRunTargets ? await readFailed(session, owner) : new Map<string, string>();
  const runs = state.hasRunTargets ? await readRunning(session, owner) : [];
  const chosen = await chosenIds(session, prepared, state);
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
        scripts: [],
      });
    }
  }
  const edited = await countEdited(session, prepared, departments, suspects);
  const counted = departments.map((each) => ({ ...each, edited: edited.get(each.departmentId) ?? 0 }));
  return { initialized: true, departments: counted.sort(byRegistration), runs };
}

/** Registered departments first, each by id. */
const byRegistration = (a: DepartmentStatus, b: DepartmentStatus): number =>
  Number(a.status === 'UNREGISTERED') - Number(b.status === 'UNREGISTERED') ||
  (a.departmentId < b.departmentId ? -1 : 1);

async function chosenIds(
  session: Session,
  prepared: PreparedFleet,
  state: NonNullable<Awaited<ReturnType<typeof readState>>>,
): Promise<ReadonlySet<string>> {
  const selection = await readSelection(session, prepared.options);
  const { onlyPending, onlyFailed, named } = selection;
  if (onlyPending || onlyFailed || named) {
    const surveyed = await surveyTargets(session, prepared, { state, scripts: prepared.scripts, selection });
    return new Set(surveyed.map(({ id }) => id));
  }
  const ids = state.groups
    .flatMap(({ targets }) => targets.map(({ id }) => id))
    .filter((id) => id !== CONTROL_SCHEMA && !id.includes(':'));
  const { chosen, unmatched } = selectIds(ids, selection, prepared.settings.groups);
  if (isSelected(selection)) refuseUnmatched(session, unmatched);
  return new Set(chosen);
}

/** Other templates may still give the SQL that was applied: that takes rendering, and is asked for suspects only. */
async function countEdited(
  session: Session,
  { settings, renderer, planOf }: PreparedFleet,
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
