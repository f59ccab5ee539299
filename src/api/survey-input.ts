import { hasLedger } from '../apply/ledger.js';
import type { Settings } from '../config/settings.js';
import type { Session } from '../db/session.js';
import type { IdentityMode, Pack } from '../packs/pack.js';
import { IDENTITY_VARIABLE } from '../packs/tenancy.js';
import { sharedRoles } from '../plan/names.js';
import { matchPatterns, selectIds, type IdSelection } from '../plan/selection.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { expectTarget, type Recorded } from '../validate/expectation.js';
import { cleanMark, readLastClean } from '../validate/last-look.js';
import type { Finding } from '../validate/model.js';
import type { CompareInput, CompareSubject } from '../validate/prove.js';
import { expectRegistration } from '../validate/registration.js';
import { readRegistry, type RegisteredTarget, type Registry } from '../validate/registry.js';
import { refuseUnmatched } from './fleet-survey.js';

/** What to validate, and how; everything in it is known to be right. */
export interface Survey {
  readonly settings: Settings;
  readonly pack: Pack;
  readonly controlPlane: Pack;
  readonly variables: TargetPlan['variables'];
  /** Codes of the checks to carry out. */
  readonly selected: ReadonlySet<string>;
  /** The departments that are meant. */
  readonly selection: IdSelection;
  readonly snapshot: string | undefined;
  readonly writeSnapshot: string | undefined;
  readonly sinceLast: boolean;
  /** Every check is carried out. */
  readonly isComplete: boolean;
}

/** Reads the registry in a transaction of its own; empty where no control plane is. */
export async function readRegistryIn(session: Session, owner: string): Promise<Registry> {
  if (!(await hasLedger(session)))
    return { departments: [], packs: [], tenants: [], permissions: [], provisioners: [] };
  await session.client.query('begin read only');
  try {
    return await readRegistry(session, owner);
  } finally {
    await session.client.query('rollback');
  }
}

/** The targets that were asked for. @throws FedgenError E_TARGET_UNKNOWN, E_USAGE. */
export function chooseTargets(
  session: Session,
  registry: Registry,
  { pack, selection, settings }: Survey,
): RegisteredTarget[] {
  if (pack.tenancy !== 'schema') return [requirePack(session, registry, pack)];
  const ids = registry.departments.map(({ id }) => id);
  const wanted = new Set(selectIds(ids, selection, settings.groups));
  const { unmatched } = matchPatterns(ids, selection);
  // Of an empty registry not even everything can be validated.
  refuseUnmatched(session, ids.length === 0 ? { ...unmatched, targets: selection.targets ?? [] } : unmatched);
  return registry.departments.filter(({ id }) => wanted.has(id));
}

function requirePack(session: Session, registry: Registry, pack: Pack): RegisteredTarget {
  const found = registry.packs.find(({ id }) => id === pack.family);
  if (found) return found;
  throw new FedgenError('E_TARGET_UNKNOWN', `pack ${pack.name} is not installed in ${session.where}`, {
    hint: `Apply it first: fedgen apply --pack ${pack.name}.`,
    details: { pack: pack.name },
  });
}

/** What is compared, whatever it is compared with. */
export async function prepareSubject(survey: Survey, registry: Registry): Promise<CompareSubject> {
  const { settings, pack, selected } = survey;
  const options = { rolePrefix: settings.rolePrefix, variables: settled(survey, registry) };
  return {
    pack,
    ...options,
    trustedRoles: settings.validate.trustedRoles,
    extensions: settings.validate.extensions,
    registry,
    registration: await expectRegistration(pack, registry, options),
    isWanted: (code) => selected.has(code),
  };
}

/** What the comparison of every target works with. */
export async function prepareComparison(
  session: Session,
  survey: Survey,
  subject: CompareSubject,
  recorded: Recorded | Finding,
): Promise<CompareInput> {
  return {
    ...subject,
    expected: expectTarget(recorded),
    isLastClean: await lastClean(session, survey),
    memory: new Map(),
  };
}

async function lastClean(
  session: Session,
  { settings, sinceLast }: Survey,
): Promise<CompareInput['isLastClean']> {
  if (!sinceLast) return () => false;
  const marks = await readLastClean(session, sharedRoles(settings.rolePrefix).owner);
  return (plan, digest) => marks.get(plan.target.id) === cleanMark(plan.pack, digest);
}

/** How the tenants of the pack are told apart in this database. */
export function identityOf({ pack }: Survey, registry: Registry): IdentityMode {
  const identity = registry.packs.find(({ id }) => id === pack.family)?.identity;
  return identity === undefined || identity === 'none' ? (pack.identityModes[0] ?? 'role') : identity;
}

/** The variables with the identity mode that the pack was installed with. */
const settled = (survey: Survey, registry: Registry): TargetPlan['variables'] =>
  Object.hasOwn(survey.variables, IDENTITY_VARIABLE)
    ? { ...survey.variables, [IDENTITY_VARIABLE]: identityOf(survey, registry) }
    : survey.variables;
