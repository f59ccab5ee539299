import { isServerError, sqlState } from '../db/errors.js';
import type { Session } from '../db/session.js';
import { FedgenError } from '../shared/errors.js';
import type { CommonOptions } from './options.js';
import { connecting, withDatabase } from './run.js';

/** What a user of the pack "activity" may ask for. */
export interface ActivityPermission {
  readonly actions: readonly string[];
  /** Rows of one query at most; 0 means none. */
  readonly maxRows: number;
  /** Seconds of runtime within 24 hours; 0 means none. */
  readonly budgetSeconds: number;
  readonly canExport?: boolean;
  /** Left out: it does not end by itself. */
  readonly expiresAt?: Date | undefined;
}

/** Options of {@link grantActivityPermission}. */
export interface GrantActivityOptions extends CommonOptions, ActivityPermission {
  readonly user: string;
}

/** Options of {@link addActivityUser}. */
export interface AddActivityUserOptions extends CommonOptions {
  readonly user: string;
  readonly email: string;
  readonly department: string;
  readonly actions: readonly string[];
  readonly maxRows?: number | undefined;
  readonly budgetSeconds?: number | undefined;
}

/** A permission as it stands, or stood. */
export interface ActivityAccess {
  readonly username: string;
  readonly status: 'ACTIVE' | 'EXPIRED' | 'REVOKED';
  readonly allowedActions: readonly string[] | null;
  readonly maxRows: number | null;
  readonly budgetSeconds: number | null;
  readonly canExport: boolean | null;
  readonly expiresAt: Date | null;
  readonly changedBy: string;
  readonly changedAt: Date;
}

/**
 * Replaces the whole permission of a user, at once.
 * @throws FedgenError E_USAGE for what the procedure refuses, E_TARGET_UNKNOWN without the pack, E_DB_*, E_PRIVILEGE.
 */
export async function grantActivityPermission(options: GrantActivityOptions): Promise<void> {
  const { user, actions, maxRows, budgetSeconds, canExport = false, expiresAt = null } = options;
  await call(options, 'granting a permission', (session) =>
    session.client.query('select mcp.grant_user_permission($1, $2, $3, $4, $5, $6)', [
      user,
      actions,
      maxRows,
      budgetSeconds,
      canExport,
      expiresAt,
    ]),
  );
}

/** Takes a user's permission away, at once. @throws FedgenError as {@link grantActivityPermission}. */
export async function revokeActivityPermission(
  options: CommonOptions & { readonly user: string; readonly reason: string },
): Promise<void> {
  await call(options, 'revoking a permission', (session) =>
    session.client.query('select mcp.revoke_user_permission($1, $2)', [options.user, options.reason]),
  );
}

/**
 * Makes a login with a permission for a year.
 * @returns its password, which is good for a day and for nothing but changing it. It is told nowhere else.
 * @throws FedgenError as {@link grantActivityPermission}.
 */
export async function addActivityUser(
  options: AddActivityUserOptions,
): Promise<{ readonly password: string }> {
  const { user, email, department, actions, maxRows = 10_000, budgetSeconds = 120 } = options;
  const { rows } = await call(options, 'adding a user', (session) =>
    session.client.query<{ password: string }>(
      'select mcp.create_mcp_user($1, $2, $3, $4, $5, $6) as password',
      [user, email, department, actions, maxRows, budgetSeconds],
    ),
  );
  const [row] = rows;
  if (!row) throw new TypeError('create_mcp_user returned nothing');
  return row;
}

/** Who has which access, or had at another moment. @throws FedgenError as {@link grantActivityPermission}. */
export async function listActivityPermissions(
  options: CommonOptions & { readonly at?: Date | undefined } = {},
): Promise<ActivityAccess[]> {
  const { rows } = await call(options, 'reading permissions', (session) =>
    session.client.query<ActivityAccess>(
      `select username, status, allowed_actions as "allowedActions", max_rows as "maxRows",
              daily_runtime_budget_s as "budgetSeconds", can_export as "canExport", expires_at as "expiresAt",
              changed_by as "changedBy", changed_at as "changedAt"
         from mcp.permissions_at(coalesce($1, clock_timestamp()))`,
      [options.at ?? null],
    ),
  );
  return rows;
}

/** Runs procedures of the pack, and tells what they refuse as a fault of the call. */
export async function call<T>(
  options: CommonOptions,
  doing: string,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  return withDatabase(connecting(options), doing, async (session) => {
    try {
      return await use(session);
    } catch (cause) {
      throw isServerError(cause) ? refusal(session, cause) : cause;
    }
  });
}

/** SQLSTATEs with which the procedures refuse a call: parameters, unknown and existing users. */
const REFUSALS: ReadonlySet<string> = new Set(['22023', '42704', '42710']);
/** SQLSTATEs of a server without the pack: no schema, no function. */
const ABSENT: ReadonlySet<string> = new Set(['3F000', '42883']);

function refusal(session: Session, cause: unknown): unknown {
  const state = sqlState(cause) ?? '';
  const message = cause instanceof Error ? cause.message : String(cause);
  const told: unknown = cause instanceof Error ? Reflect.get(cause, 'hint') : undefined;
  const hint = typeof told === 'string' ? told : undefined;
  if (REFUSALS.has(state)) {
    return new FedgenError('E_USAGE', message, {
      ...(hint !== undefined && { hint }),
      details: { sqlState: state },
      cause,
    });
  }
  if (ABSENT.has(state)) {
    return new FedgenError('E_TARGET_UNKNOWN', `pack "activity" is not installed in ${session.where}`, {
      hint: 'Apply it first: fedgen apply --pack activity.',
      details: { pack: 'activity' },
      cause,
    });
  }
  if (state === '42501') {
    return new FedgenError('E_PRIVILEGE', message, {
      hint:
        hint ?? 'Connect as a superuser, or as a login that is a member of mcp_admin (with the role prefix).',
      details: { sqlState: state },
      cause,
    });
  }
  return cause;
}
