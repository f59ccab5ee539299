import { departmentRole, departmentSchema, MAX_IDENTIFIER_BYTES, tenantRole } from '../plan/names.js';
import { FedgenError } from '../shared/errors.js';

/** How the database knows who asks; docs/tenants.md says what each stops. Chosen when the pack was first applied. */
export type IdentityMode = 'role' | 'signed' | 'variable';

/** What a token is asked for. */
export interface TokenRequest {
  readonly pack: string;
  readonly tenantId: string;
  /** What `federation.challenge()` answered in this very transaction. */
  readonly challenge: string;
}

/** Signs tokens of the identity mode `signed`: {@link tokenSigner}, or a call of the service that keeps the key. */
export type TokenSigner = (request: TokenRequest) => string | Promise<string>;

/** For whom a transaction is, and what it may take. */
export interface WithTenantOptions {
  /** Name of the installed pack; of an extended pack the one that it extends. */
  readonly pack: string;
  /** As the registry has it (`fedgen tenant list`): a UUID in lower case, for instance; the id of a department. */
  readonly tenantId: string;
  /**
   * As pack.yaml says. With `schema` the department's schema is the transaction's search_path. Default: `schema` for the
   * pack `federation`, otherwise `shared`.
   */
  readonly tenancy?: 'schema' | 'shared';
  /** The pack's identity mode. Default: `signed` when there is a token, otherwise `role`. */
  readonly identity?: IdentityMode;
  /** The user on whose behalf: `app.current_user_id`, for policies and views that ask for it. */
  readonly userId?: string;
  /**
   * Role to become for the transaction. Default: in mode `role` the tenant's, as `fedgen tenant add` names it; otherwise
   * the login itself.
   */
  readonly role?: string;
  /** The prefix that the installation was made with (`--role-prefix`). */
  readonly rolePrefix?: string;
  /** Needed in mode `signed`. */
  readonly token?: TokenSigner;
  /** For all of it, waiting for a connection included. Then the running statement is cancelled on the server. */
  readonly timeoutMs?: number;
  /** Aborting it ends the transaction as a timeout does. */
  readonly signal?: AbortSignal;
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /** Lets named prepared statements through. Behind pgbouncer they need 1.21 with max_prepared_statements. */
  readonly namedStatements?: boolean;
}

/** Options that have been checked. */
export interface Context extends Pick<WithTenantOptions, 'token' | 'timeoutMs' | 'signal'> {
  readonly pack: string;
  readonly tenantId: string;
  readonly identity: IdentityMode;
  /** The department's schema; undefined for shared packs. */
  readonly schema: string | undefined;
  /** Empty for nobody. */
  readonly userId: string;
  /** `none` for the login itself. */
  readonly role: string;
  /** The statement that begins the transaction. */
  readonly begin: string;
  readonly namedStatements: boolean;
}

const PACK = /^[a-z][a-z0-9-]*$/;
const DEPARTMENT_ID = /^[a-z][a-z0-9_]*$/;
const PREFIX = /^(?:[a-z][a-z0-9_]*)?$/;
/** Longer ids fit no column that a tenant can have an index on. */
const MAX_ID_LENGTH = 1000;
/** setTimeout takes no more. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const ISOLATION = {
  'read committed': 'isolation level read committed',
  'repeatable read': 'isolation level repeatable read',
  serializable: 'isolation level serializable',
} as const;

/**
 * Checks the options of a transaction; callers without types are told all faults at once.
 * @throws FedgenError E_USAGE, E_NAME_INVALID.
 */
export function parseOptions(options: WithTenantOptions): Context {
  const identity = options.identity ?? (options.token ? 'signed' : 'role');
  const tenancy = options.tenancy ?? (options.pack === 'federation' ? 'schema' : 'shared');
  const faults = [
    ...faultsOf(options, identity),
    ...(tenancy === 'schema' ? departmentFaults(options, identity) : []),
  ];
  if (faults.length > 0) {
    throw new FedgenError('E_USAGE', `withTenant: ${faults.join('; ')}`, {
      hint: 'docs/client.md describes the options.',
      details: { faults },
    });
  }
  const { pack, tenantId, token, timeoutMs, signal } = options;
  return {
    pack,
    tenantId,
    identity,
    userId: options.userId ?? '',
    schema: tenancy === 'schema' ? departmentSchema(tenantId) : undefined,
    role: options.role ?? (identity === 'role' ? roleOf(options, tenancy) : 'none'),
    begin: ['begin', ISOLATION[options.isolation ?? 'read committed'], options.readOnly ? 'read only' : '']
      .join(' ')
      .trim(),
    namedStatements: options.namedStatements ?? false,
    ...(token && { token }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(signal && { signal }),
  };
}

const roleOf = (
  { pack, tenantId, rolePrefix = '' }: WithTenantOptions,
  tenancy: 'schema' | 'shared',
): string =>
  tenancy === 'schema' ? departmentRole(tenantId, rolePrefix) : tenantRole(pack, tenantId, rolePrefix);

const departmentFaults = ({ tenantId }: WithTenantOptions, identity: IdentityMode): string[] =>
  [
    isId(tenantId) && !DEPARTMENT_ID.test(tenantId) && 'tenantId is no id of a department',
    identity !== 'role' && `departments have the identity role, not ${identity}`,
  ].filter((fault) => typeof fault === 'string');

function faultsOf(options: WithTenantOptions, identity: IdentityMode): string[] {
  const { pack, tenantId, tenancy = 'shared', userId, role, rolePrefix, timeoutMs, isolation } = options;
  return [
    (typeof pack !== 'string' || !PACK.test(pack)) && 'pack is no name of a pack',
    !isId(tenantId) && 'tenantId is no id of a tenant',
    !['schema', 'shared'].includes(tenancy) && 'tenancy is neither schema nor shared',
    userId !== undefined && !isId(userId) && 'userId is no id',
    role !== undefined && !isRole(role) && 'role is no name of a role',
    rolePrefix !== undefined && !PREFIX.test(rolePrefix) && 'rolePrefix is no prefix of a role',
    !['role', 'signed', 'variable'].includes(identity) && 'identity is none of role, signed and variable',
    identity === 'signed' && typeof options.token !== 'function' && 'identity signed needs a token',
    identity !== 'signed' && options.token !== undefined && `identity ${identity} has no token`,
    timeoutMs !== undefined && !isTimeout(timeoutMs) && 'timeoutMs is no number of milliseconds from 1',
    isolation !== undefined && !Object.hasOwn(ISOLATION, isolation) && 'isolation is no isolation level',
  ].filter((fault) => typeof fault === 'string');
}

/** Without control characters, which no id needs and logs suffer from. */
const isId = (id: unknown): boolean =>
  typeof id === 'string' && id.trim() !== '' && id.length <= MAX_ID_LENGTH && !/\p{Cc}|\p{Cs}/u.test(id);

const isRole = (role: unknown): boolean =>
  isId(role) && typeof role === 'string' && Buffer.byteLength(role) <= MAX_IDENTIFIER_BYTES;

const isTimeout = (ms: unknown): boolean =>
  typeof ms === 'number' && Number.isInteger(ms) && ms >= 1 && ms <= MAX_TIMEOUT_MS;
