import type { Pool } from 'pg';
import { FedgenError } from '../shared/errors.js';
import { cancelStatement } from './cancel.js';
import { checkOut, type Checkout } from './check-out.js';
import { enter, leave, type Entered } from './enter.js';
import { isLost, lost } from './failures.js';
import { startLimit, type Limit } from './limit.js';
import { parseOptions, type Context, type WithTenantOptions } from './options.js';
import { makeStatements, notCommitted, type Statements, type TenantClient } from './tenant-client.js';

/** A statement that was cancelled has this long to say so before its connection is cut. */
const CANCEL_GRACE_MS = 1_000;

/**
 * Runs `fn` in a transaction in which the database takes the caller for one tenant, commits, and answers what `fn`
 * answers; if it fails, nothing of it is kept. Identity, variables and timeout are local to the transaction, so
 * nothing survives it: not on the pool's connection, nor behind pgbouncer in transaction mode. A connection whose
 * state is doubtful (it broke, was cancelled, or could not be rolled back) is destroyed. The pool needs an `error` listener.
 * @throws FedgenError E_TENANT_REFUSED when the database does not take the caller for this tenant; E_USAGE, E_NAME_INVALID,
 *   E_STATEMENT_REFUSED, E_TIMEOUT, E_INTERRUPTED, E_TRANSACTION_FAILED, E_DB_*; whatever `fn` throws; errors of the
 *   server at COMMIT (deferred constraints, serialization), as pg gives them.
 */
export async function withTenant<T>(
  pool: Pool,
  options: WithTenantOptions,
  fn: (client: TenantClient) => T | Promise<T>,
): Promise<T> {
  const context = parseOptions(options);
  const limit = startLimit(context);
  try {
    const checkout = await checkOut(pool, limit);
    return await inCheckout(checkout, context, limit, fn);
  } finally {
    limit.end();
  }
}

async function inCheckout<T>(
  checkout: Checkout,
  context: Context,
  limit: Limit,
  fn: (client: TenantClient) => T | Promise<T>,
): Promise<T> {
  const statements = makeStatements(checkout, context, limit);
  const entering = enter(checkout.client, context);
  let entered: Entered | undefined;
  try {
    entered = await limit.race(entering);
    const result = await limit.race((async () => fn(statements.client))());
    await limit.race(statements.close());
    const { clean } = await commit(checkout, context, entered, { limit, statements });
    checkout.giveBack(clean ? 'clean' : 'doubtful');
    return result;
  } catch (error) {
    const isClean = entered !== undefined && (await undone(checkout, entered, limit, statements));
    if (!isClean) await abandon(checkout, limit, entering, statements);
    checkout.giveBack(isClean ? 'clean' : 'doubtful');
    throw isUnknown(error) ? error : (limit.reached() ?? error);
  }
}

interface Running {
  readonly limit: Limit;
  readonly statements: Statements;
}

async function commit(
  { client }: Checkout,
  context: Context,
  entered: Entered,
  { limit, statements }: Running,
): Promise<{ clean: boolean }> {
  try {
    const left = await limit.race(leave(client, entered, 'commit'));
    if (!left.committed) throw notCommitted(context, statements.failure());
    return left;
  } catch (error) {
    const over = limit.reached();
    if (over) throw unknownSince(over);
    if (!isLost(error)) throw error;
    throw lost('committing', error, { tenantId: context.tenantId, outcome: 'unknown' });
  }
}

/** The limit was reached while the server was committing: it may have been too late. */
const unknownSince = (over: FedgenError): FedgenError =>
  new FedgenError(over.code, `${over.message}, while it was being committed`, {
    hint: 'Look whether it was kept before running it again.',
    details: { ...over.details, outcome: 'unknown' },
    cause: over,
  });

const isUnknown = (error: unknown): boolean =>
  error instanceof FedgenError && error.details['outcome'] === 'unknown';

/** Rolls back; false when that is not sure to have worked. */
async function undone(
  checkout: Checkout,
  entered: Entered,
  limit: Limit,
  statements: Statements,
): Promise<boolean> {
  if (limit.reached() || checkout.isBroken()) return false;
  try {
    await limit.race(statements.close());
    return (await limit.race(leave(checkout.client, entered, 'rollback'))).clean;
  } catch {
    return false;
  }
}

/** Stops what the server may still be doing for a connection that will be destroyed. */
async function abandon(
  checkout: Checkout,
  limit: Limit,
  entering: Promise<Entered>,
  statements: Statements,
): Promise<void> {
  const through = Promise.allSettled([entering, statements.close()]);
  if (!limit.reached() || checkout.isBroken()) return;
  await cancelStatement(checkout.client);
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise((resolve) => (timer = setTimeout(resolve, CANCEL_GRACE_MS)));
  await Promise.race([through, grace]);
  clearTimeout(timer);
}
