import { findHolder, lockKey, type LockHolder } from '../db/lock.js';
import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import { bookingSql } from './fleet-book.js';
import { rowsOf } from './fleet-state.js';
import { LEDGER_COLUMNS, type LedgerRow } from './ledger.js';
import { refuseSearchPath } from './run-script.js';

/** What a worker found when it came to a target: its ledger, or who else works on it. */
export type Opened =
  | { readonly taken: true; readonly rows: readonly LedgerRow[] }
  | { readonly taken: false; readonly holder: LockHolder | undefined };

/**
 * Takes a target's lock, reads its ledger under it, and proves its search_path, in one round trip. The lock is only
 * tried, never waited for. Statements of their own, so that the ledger is read by a later snapshot than the lock.
 * @throws FedgenError E_APPLY_FAILED where search_path leads elsewhere.
 */
export async function openTarget(session: Session, plan: TargetPlan): Promise<Opened> {
  const { target, roles } = plan;
  const results: unknown = await session.client.query(
    `begin read only; set local search_path = ${quoteIdentifier(target.schema)};
     select current_schema() as schema; set local role ${quoteIdentifier(roles.owner)};
     select pg_try_advisory_lock(hashtextextended(${quoteLiteral(lockKey(target.id))}, 0)) as taken;
     select ${LEDGER_COLUMNS} from federation.schema_migrations
      where target = ${quoteLiteral(target.id)} and state <> 'rolled_back' order by id; commit`,
  );
  const taken = (rowsOf(results, 4) as { taken: boolean }[])[0]?.taken ?? false;
  if (!taken) return { taken, holder: await findHolder(session, lockKey(target.id)) };
  refuseSearchPath(plan, (rowsOf(results, 2) as { schema: string | null }[])[0]?.schema ?? null);
  return { taken, rows: rowsOf(results, 5) as LedgerRow[] };
}

/** Books what became of a target, if anything did, and lets its lock go, in one round trip. */
export async function closeTarget(
  session: Session,
  plan: TargetPlan,
  booking: Omit<Parameters<typeof bookingSql>[1], 'target'> | undefined,
): Promise<void> {
  const { target, roles } = plan;
  const book = booking ? bookingSql(roles.owner, { ...booking, target: target.id }) : '';
  await session.client.query(
    `${book} select pg_advisory_unlock(hashtextextended(${quoteLiteral(lockKey(target.id))}, 0))`,
  );
}
