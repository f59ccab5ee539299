import type { FleetState } from '../apply/fleet-state.js';
import { recordStanding } from '../apply/record-standing.js';
import type { Session } from '../db/session.js';
import { departmentSchema } from '../plan/names.js';
import { matchPatterns, selectIds, type Patterns } from '../plan/selection.js';
import { FedgenError } from '../shared/errors.js';
import type { Finding } from '../validate/model.js';
import {
  closeDead,
  prepareFleet,
  readSelection,
  readState,
  type FleetOptions,
  type PreparedFleet,
} from './fleet-prepare.js';
import {
  refuseUnmatched,
  requireSelection,
  surveyTargets,
  type SurveyedTarget,
  type TargetSelection,
} from './fleet-survey.js';
import { runOverFleet, type FleetResult, type FleetWork } from './fleet.js';
import { overDatabases, type PartOfRun } from './over-databases.js';
import { pendingControlPlane } from './plan.js';
import { withDatabase } from './run.js';
import { compareOne, prepareFleetComparison } from './verify.js';

/** Options of {@link importTargets}: the departments are looked for among the schemas, not in the registry. */
export type ImportOptions = Omit<
  FleetOptions,
  'plan' | 'verify' | 'run' | 'resume' | 'onlyPending' | 'onlyFailed'
>;

/**
 * Takes departments over that stand already and of which the ledger knows nothing: each whose schema and role are exactly
 * what the pack's scripts make gets the ledger rows and the registration that they would have written; at any other
 * nothing is written. No script is run.
 * @returns what became of them; a department that differs is a failure (E_IMPORT_REFUSED), and no error of this call.
 * @throws FedgenError for what concerns all of them: E_USAGE, E_TARGET_UNKNOWN, E_IMPORT_REFUSED without a control plane,
 *   E_DB_*, E_PACK_*.
 */
export function importTargets(options: ImportOptions): Promise<FleetResult> {
  return overDatabases(options, 'import', importInOne);
}

async function importInOne(options: ImportOptions, part?: PartOfRun): Promise<FleetResult> {
  requireSelection(options, 'targets import');
  const prepared = await prepareFleet(options, part);
  return withDatabase(prepared, 'importing departments', async (session) => {
    const state = await readState(session, prepared.settings);
    await requireControlPlane(session, prepared, state);
    await closeDead(session, prepared, state);
    const targets = await surveyStanding(session, prepared, state);
    // What is behind, or edited, is the business of apply.
    const needy = targets.filter(({ pending }) => pending.length === prepared.scripts.length);
    const work = await importWork(session, prepared, { state, isNeeded: needy.length > 0 });
    return runOverFleet(session, prepared, work, { targets: needy, chosen: targets.length });
  });
}

async function requireControlPlane(
  session: Session,
  prepared: PreparedFleet,
  state: FleetState | undefined,
): Promise<void> {
  const missing = await pendingControlPlane(prepared, state);
  if (missing.length === 0) return;
  throw new FedgenError(
    'E_IMPORT_REFUSED',
    `${session.where} has no control plane, or an old one, to import departments into`,
    { hint: 'Bring it up to date first: fedgen apply --all.', details: { missing } },
  );
}

/** The chosen departments among the schemas that are named like one. */
async function surveyStanding(
  session: Session,
  prepared: PreparedFleet,
  state: FleetState | undefined,
): Promise<SurveyedTarget[]> {
  const { named: given, ...selection } = await readSelection(session, prepared.options);
  const standing = await readSchemas(session);
  const names = new Map(given?.map(({ id, name }) => [id, name]));
  const patterns = given ? { ...selection, targets: [...names.keys()] } : selection;
  const chosen = selectIds([...standing.keys()], patterns, prepared.settings.groups);
  const matches = matchPatterns([...standing.keys()], patterns);
  if (prepared.part) await prepared.part.agree(matches);
  else refuseAbsent(session, matches.unmatched);
  const named = chosen.map((id) => ({ id, name: names.get(id) ?? standing.get(id) }));
  const meant: TargetSelection = { named };
  return surveyTargets(session, prepared, { state, scripts: prepared.scripts, selection: meant });
}

const SUFFIX = departmentSchema('');

/** Ids of the departments whose schemas stand, with what the schemas' comments say: where scripts set it, that is the name. */
async function readSchemas({ client }: Session): Promise<Map<string, string | undefined>> {
  const { rows } = await client.query<{ id: string; comment: string | null }>(
    `select left(n.nspname, -length($1)) as id, pg_catalog.obj_description(n.oid, 'pg_namespace') as comment
       from pg_catalog.pg_namespace n
      where n.nspname ~ '^[a-z][a-z0-9_]*$' and right(n.nspname, length($1)) = $1 and length(n.nspname) > length($1)
      order by 1`,
    [SUFFIX],
  );
  return new Map(rows.map(({ id, comment }) => [id, comment ?? undefined]));
}

function refuseAbsent(session: Session, unmatched: Patterns): void {
  const [id] = unmatched.targets;
  if (id === undefined || id.includes('*') || unmatched.exclude.length > 0)
    return refuseUnmatched(session, unmatched);
  throw new FedgenError(
    'E_TARGET_UNKNOWN',
    `there is no schema "${departmentSchema(id)}" in ${session.where}`,
    {
      hint: `A department that does not stand yet is applied: fedgen apply --department "Its Name" --department-id ${id}.`,
      details: { departmentId: id },
    },
  );
}

async function importWork(
  session: Session,
  prepared: PreparedFleet,
  { state, isNeeded }: { readonly state: FleetState | undefined; readonly isNeeded: boolean },
): Promise<FleetWork> {
  const { renderer } = prepared;
  const expected = isNeeded ? await prepareFleetComparison(session, prepared, ['drift']) : undefined;
  const registered = new Set(
    state?.groups.flatMap(({ targets }) => targets.flatMap(({ id, name }) => (name === null ? [] : [id]))),
  );
  return {
    command: 'import',
    at: async (run, rows, runId) => {
      if (rows.length > 0 || expected === undefined) return 0;
      const { id, name } = run.plan.target;
      refuseDifferent(id, name, await compareOne(run, expected));
      const scripts = renderer.render(run.plan);
      await recordStanding(run, scripts, { runId, isRegistered: registered.has(id) });
      return scripts.length;
    },
  };
}

/** How many differences a message tells; all of them are in its details. */
const MOST_TOLD = 20;

/** Also what is harmless is a difference: a rollback would meet it, and later scripts. */
function refuseDifferent(id: string, name: string, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const told = findings.slice(0, MOST_TOLD).map(({ object, message }) => `${object}: ${message}`);
  const more = findings.length > MOST_TOLD ? [`… and ${findings.length - MOST_TOLD} more`] : [];
  throw new FedgenError(
    'E_IMPORT_REFUSED',
    `"${id}" (${name}) is not what its scripts make, and nothing was recorded:\n  ${[...told, ...more].join('\n  ')}`,
    {
      hint: 'Mend the department or the pack. One that stands at an earlier script is imported with --to NUMBER; variables of the pack are given with --var.',
      details: { target: id, findings },
    },
  );
}
