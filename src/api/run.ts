import { defaultSettings, requireDatabase, type Settings } from '../config/settings.js';
import type { OnEvent } from '../apply/events.js';
import { hasLedger, readDepartments, readLedger, type LedgerRow } from '../apply/ledger.js';
import { readPack } from '../apply/registry.js';
import type { TargetRun } from '../apply/apply.js';
import { isConnectionLost, isServerError, statementError } from '../db/errors.js';
import { withTargetLock } from '../db/lock.js';
import { refuseTransactionPooling, withSession, type Session } from '../db/session.js';
import { sharedRoles } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { VERSION } from '../shared/version.js';
import type { CommonOptions, Prepared, Registered } from './options.js';

/** What a verb needs to open its connection. */
export interface Connecting {
  readonly settings: Settings;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OnEvent;
}

/** The same with defaults filled in. */
export const connecting = (options: CommonOptions): Connecting => ({
  settings: options.settings ?? defaultSettings(),
  signal: options.signal,
  onEvent: options.onEvent ?? (() => undefined),
});

/**
 * Connects as the settings say and runs `use`; server errors that nobody has told better become FedgenErrors.
 * @throws FedgenError E_NO_DATABASE, E_DB_*, E_PRIVILEGE, E_INTERRUPTED and what `use` throws.
 */
export async function withDatabase<T>(
  to: Connecting,
  doing: string,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const database = requireDatabase(to.settings);
  const options = {
    connectTimeoutMs: to.settings.connectTimeoutMs,
    signal: to.signal,
    onNotice: (message: string) => to.onEvent({ type: 'notice', message }),
  };
  return withSession(database, options, async (session) => {
    to.onEvent({ type: 'connected', server: session.where, serverVersion: session.serverVersion });
    try {
      return await use(session);
    } catch (error) {
      throw isServerError(error) || isConnectionLost(error) ? statementError(error, doing) : error;
    }
  });
}

/** @throws FedgenError E_DB_POOLER where the lock of a target could not be kept. */
export const requireOwnBackend = (session: Session, { settings }: Connecting): Promise<void> =>
  refuseTransactionPooling(session, requireDatabase(settings), settings);

/** Holds a target's lock while `use` runs, and tells when somebody else holds it. @throws FedgenError E_DB_POOLER. */
export async function withLock<T>(
  session: Session,
  to: Connecting,
  target: string,
  use: () => Promise<T>,
): Promise<T> {
  await requireOwnBackend(session, to);
  const options = {
    waitMs: to.settings.lockWaitMs,
    onWait: (holder: { pid: number; application: string } | undefined) =>
      to.onEvent({
        type: 'lock-wait',
        target,
        holder: holder ? `backend ${holder.pid} (${holder.application || 'unnamed'})` : 'another session',
      }),
  };
  return withTargetLock(session, target, options, use);
}

/** How scripts are to be run at a target, with the limits of the settings. */
export function targetRun(session: Session, to: Connecting, plan: TargetPlan): TargetRun {
  const { lockTimeoutMs, lockRetries, statementTimeoutMs } = to.settings;
  return {
    session,
    plan,
    limits: { lockTimeoutMs, lockRetries, statementTimeoutMs },
    toolVersion: VERSION,
    onEvent: to.onEvent,
  };
}

/** The ledger rows of some targets (all when undefined); none when there is no ledger yet. */
export async function readLedgerIfAny(
  session: Session,
  settings: Settings,
  targets?: readonly string[],
): Promise<LedgerRow[]> {
  return (await hasLedger(session))
    ? readLedger(session, sharedRoles(settings.rolePrefix).owner, targets)
    : [];
}

/** What the registry knows of the target; nothing when it is not registered, or when there is no registry yet. */
export async function findRegistered(session: Session, prepared: Prepared): Promise<Registered> {
  if (!(await hasLedger(session))) return {};
  const { owner } = sharedRoles(prepared.settings.rolePrefix);
  const { departmentId, pack } = prepared;
  if (departmentId === undefined) {
    return { identity: (await readPack(session, owner, pack.family))?.identityMode };
  }
  return { name: (await readDepartments(session, owner, departmentId))[0]?.name };
}

/** @throws FedgenError E_TARGET_UNKNOWN */
export async function requireRegistered(session: Session, prepared: Prepared): Promise<Registered> {
  const registered = await findRegistered(session, prepared);
  if (isRegistered(registered)) return registered;
  throw unknownTarget(session, prepared);
}

/** Did the registry know anything? */
export const isRegistered = ({ name, identity }: Registered): boolean => (name ?? identity) !== undefined;

/** The error that says how to apply what is not there. */
export function unknownTarget(session: Session, { departmentId, pack }: Prepared): FedgenError {
  if (departmentId === undefined) {
    return new FedgenError('E_TARGET_UNKNOWN', `pack "${pack.family}" is not installed in ${session.where}`, {
      hint: `Apply it first: fedgen apply --pack ${pack.name}.`,
      details: { pack: pack.family },
    });
  }
  return new FedgenError(
    'E_TARGET_UNKNOWN',
    `department "${departmentId}" is not registered in ${session.where}`,
    {
      hint: `Apply it first: fedgen apply --department "Its Name" --department-id ${departmentId}. "fedgen status" lists what is there.`,
      details: { departmentId },
    },
  );
}
