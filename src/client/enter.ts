import type { PoolClient } from 'pg';
import { FedgenError } from '../shared/errors.js';
import { isLost, lost, messageOf, sqlState } from './failures.js';
import type { Context } from './options.js';
import { together, type Answer, type Step } from './together.js';

/** The server's own limit for a statement comes this much after ours: it is for a cancellation that did not get through. */
const SERVER_MARGIN_MS = 1_000;

// Each of these is one statement of a round trip. Everything is local to the transaction; what an earlier user of the
// connection left behind, role and variables, is overridden.
const BEFORE = `select pg_catalog.current_setting('role'), pg_catalog.current_setting('search_path')`;
const SETTINGS = `select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('app.current_tenant_id', $2, true),
  pg_catalog.set_config('app.current_user_id', $3, true), pg_catalog.set_config('app.tenant_token', '', true)`;
// Only ever lowers what the role or the database is held to. The setting reads as an interval: 5s, 1min, 0.
const TIMEOUT = `select pg_catalog.set_config('statement_timeout', $1, true)
  where pg_catalog.current_setting('statement_timeout') = '0'
     or pg_catalog.current_setting('statement_timeout')::interval > ($1 || 'ms')::interval`;
const CHALLENGE = 'select federation.challenge() as challenge';
const ENTER = 'select federation.enter($1, $2)';
const SEARCH_PATH = `select pg_catalog.set_config('search_path', $1, true)`;
const BYPASSING = `(select r.rolname::text from pg_catalog.pg_roles r
   where r.rolname = current_user and (r.rolsuper or r.rolbypassrls)) as bypassing`;
const CHECK = `select federation.current_tenant($1) as tenant, ${BYPASSING}`;
const CHECK_DEPARTMENT = `select federation.current_tenant() as tenant, ${BYPASSING}`;
const CLEAN = `select pg_catalog.pg_advisory_unlock_all(),
  case when pg_catalog.current_setting('role') <> $1 then pg_catalog.set_config('role', $1, false) end,
  case when pg_catalog.current_setting('app.current_tenant_id', true) <> ''
       then pg_catalog.set_config('app.current_tenant_id', '', false) end,
  case when pg_catalog.current_setting('app.tenant_token', true) <> ''
       then pg_catalog.set_config('app.tenant_token', '', false) end,
  case when pg_catalog.current_setting('app.current_user_id', true) <> ''
       then pg_catalog.set_config('app.current_user_id', '', false) end,
  case when pg_catalog.current_setting('search_path') <> $2
       then pg_catalog.set_config('search_path', $2, false) end,
  case when pg_catalog.pg_my_temp_schema() <> 0 then 'temporary objects' end`;

/** What leaving a transaction needs to know of how it was entered. */
export interface Entered {
  readonly roleBefore: string;
  readonly searchPathBefore: string;
}

/**
 * Begins a transaction in which the tenant asks, and proves that the database takes it so: one round trip, two in the
 * identity mode `signed`.
 * @throws FedgenError E_TENANT_REFUSED, E_DB_LOST, and what the signer throws.
 */
export async function enter(client: PoolClient, context: Context): Promise<Entered> {
  const ask = (steps: readonly Step[]): Promise<Answer[]> => asking(context, () => together(client, steps));
  const begin: Step[] = [
    { text: context.begin },
    { text: BEFORE },
    ...identify(context),
    ...timeoutSteps(context),
  ];
  const answers = await proving(context, begin, ask);
  const [roleBefore, searchPathBefore] = answers[1]?.row ?? [];
  return { roleBefore: roleBefore ?? 'none', searchPathBefore: searchPathBefore ?? '' };
}

/** Says who asks. */
export function identify({ role, tenantId, userId, schema }: Context): Step[] {
  const settings = { text: SETTINGS, values: [role, tenantId, userId] };
  // pg_temp last: a temporary table must not stand in for one of the department's.
  return schema === undefined
    ? [settings]
    : [settings, { text: SEARCH_PATH, values: [`${schema}, pg_temp`] }];
}

/**
 * Asks the steps, and then the database for whom it takes the caller.
 * @throws FedgenError E_TENANT_REFUSED for anybody but the tenant; what the signer throws.
 */
export async function proving(
  context: Context,
  steps: readonly Step[],
  ask: (steps: readonly Step[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const { pack, tenantId, schema, token } = context;
  const check: Step = schema === undefined ? { text: CHECK, values: [pack] } : { text: CHECK_DEPARTMENT };
  if (!token) return proved(context, await ask([...steps, check]));
  const answers = await ask([...steps, { text: CHALLENGE }]);
  const signed = await token({ pack, tenantId, challenge: answers.at(-1)?.row[0] ?? '' });
  return proved(context, [...answers, ...(await ask([{ text: ENTER, values: [pack, signed] }, check]))]);
}

const timeoutSteps = ({ timeoutMs }: Context): Step[] =>
  timeoutMs === undefined ? [] : [{ text: TIMEOUT, values: [String(timeoutMs + SERVER_MARGIN_MS)] }];

/** Runs what enters, and says of its errors what is to be done. */
export async function asking<T>(context: Context, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (isLost(cause)) throw lost(`entering as tenant "${context.tenantId}"`, cause);
    throw refused(context, messageOf(cause), HINTS[sqlState(cause) ?? ''] ?? GENERAL_HINT, cause);
  }
}

function proved(context: Context, answers: readonly Answer[]): readonly Answer[] {
  const [tenant = null, bypassing = null] = answers.at(-1)?.row ?? [];
  if (bypassing !== null) {
    throw refused(
      context,
      `row security does not hold for the role "${bypassing}"`,
      'Log in as a role that is neither a superuser nor BYPASSRLS: docs/client.md says which.',
    );
  }
  if (tenant !== context.tenantId) {
    throw refused(
      context,
      tenant === null
        ? 'the database knows nobody by that identity'
        : `the database takes it for "${tenant}"`,
      GENERAL_HINT,
    );
  }
  return answers;
}

const GENERAL_HINT =
  'Is the tenant registered and active ("fedgen tenant show"), the id written as there, and is this the identity mode of the pack?';
const HINTS: Readonly<Record<string, string>> = {
  '42501':
    'Grant the login what the identity mode needs: cross_dept_query_role in mode role, the pack’s group otherwise (docs/client.md).',
  '22023': 'No such role: is the tenant registered, and is rolePrefix that of the installation?',
  '28000': 'The token was not accepted: is the key still valid, and the clock right?',
  '3F000': 'The control plane is not in this database: is it the right one?',
  '42883': 'The control plane of this database is too old: run "fedgen apply".',
};

const refused = (context: Context, why: string, hint: string, cause?: unknown): FedgenError =>
  new FedgenError(
    'E_TENANT_REFUSED',
    `cannot act for tenant "${context.tenantId}" of pack ${context.pack}: ${why}`,
    {
      hint,
      details: { pack: context.pack, tenantId: context.tenantId, identity: context.identity },
      cause,
    },
  );

/** How a transaction ended. */
export interface Left {
  /** False when the server rolled back what was to be committed. */
  readonly committed: boolean;
  /** False when something in it had changed the session; it has been put right, but the connection is not trusted. */
  readonly clean: boolean;
}

/**
 * Ends the transaction and looks, in the same round trip and so behind a pooler on the same server, whether anything of
 * it outlives it.
 * @throws what pg throws.
 */
export async function leave(
  client: PoolClient,
  { roleBefore, searchPathBefore }: Entered,
  how: 'commit' | 'rollback',
): Promise<Left> {
  const clean = { text: CLEAN, values: [roleBefore, searchPathBefore] };
  const [end, after] = await together(client, [{ text: how }, clean]);
  return {
    committed: end?.tag === 'COMMIT',
    clean: after?.row.slice(1).every((repaired) => repaired === null) === true,
  };
}
