import { setTimeout as sleep } from 'node:timers/promises';
import { isServerError, isTransient } from '../db/errors.js';
import { findBlockers } from '../db/lock.js';
import { throwIfAborted, type Session } from '../db/session.js';
import type { Directives } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import type { RenderedSql } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';
import { shareWait, unshared, type SharedWait } from './share-wait.js';

/** How long a script may wait, and how often it is tried. */
export interface ScriptLimits {
  readonly lockTimeoutMs: number;
  /** Others use the target meanwhile: `lockTimeoutMs` is for all statements of a transaction together. */
  readonly isInUse?: boolean;
  readonly lockRetries: number;
  readonly statementTimeoutMs: number;
}

/** What a script's transaction needs to know. */
export interface ScriptTransaction {
  readonly session: Session;
  readonly plan: TargetPlan;
  readonly directives: Directives;
  readonly limits: ScriptLimits;
  readonly onRetry: (attempt: number, reason: string) => void;
  /**
   * A later commit on this connection is durable, and makes this one durable with it: WAL is written in order.
   * Until then a crash of the server takes script and ledger row together.
   */
  readonly isFlushedLater: boolean;
  /** Tells an error of the script; its position counts from `shift` characters before the script's first. */
  readonly explain: (cause: unknown, shift: number) => FedgenError;
}

/**
 * Runs SQL and the ledger's statement in one transaction: everything stands afterwards, or nothing. The transaction
 * is one multi-statement query, because on a fast server round trips cost more than commits. Lock time-outs, deadlocks
 * and serialization failures are tried again with a growing, jittered pause.
 * @param record runs as the owner role; empty where there is no ledger to write to.
 * @param before runs first, inside the transaction, which then takes two round trips.
 * @returns milliseconds that it took.
 */
export async function runInTransaction(
  transaction: ScriptTransaction,
  rendered: RenderedSql,
  record: string,
  before?: () => Promise<void>,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    throwIfAborted(transaction.session.signal);
    const opening = openingSql(transaction);
    const script = waitsOf(transaction, rendered.sql);
    try {
      return await tryOnce(transaction, opening, closingSql(transaction, script.sql, record), before);
    } catch (error) {
      if (!isTransient(error)) {
        const shift = before ? 0 : opening.length;
        throw transaction.explain(error, shift + script.addedBefore(placeOf(error) - shift));
      }
      const reason = error instanceof Error ? error.message : String(error);
      const blockers = await findBlockers(transaction.session, transaction.plan.target.schema);
      if (attempt > transaction.limits.lockRetries) throw blockedError(transaction, reason, blockers, error);
      transaction.onRetry(attempt, [reason, ...blockers].join('; '));
      await pauseBeforeRetry(transaction.session, attempt);
    }
  }
}

/** A directive gives each statement its time. */
const waitsOf = ({ directives, limits }: ScriptTransaction, sql: string): SharedWait =>
  limits.isInUse && directives.lockTimeoutMs === undefined
    ? shareWait(sql, limits.lockTimeoutMs)
    : unshared(sql);

/** Where the server found an error, from 0. */
const placeOf = (error: unknown): number =>
  isServerError(error) && error.position !== undefined ? Number(error.position) - 1 : 0;

/** A growing, jittered pause, which an abort ends. */
export async function pauseBeforeRetry({ signal }: Session, attempt: number): Promise<void> {
  const pauseMs = Math.min(100 * 2 ** attempt, 5_000) * (0.5 + Math.random());
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
}

async function tryOnce(
  { session }: ScriptTransaction,
  opening: string,
  closing: string,
  before: (() => Promise<void>) | undefined,
): Promise<number> {
  const { client } = session;
  const started = performance.now();
  try {
    if (before) {
      await client.query(opening);
      await before();
      await client.query(closing);
    } else {
      await client.query(opening + closing);
    }
    return performance.now() - started;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/**
 * Opens the transaction with its limits, its search_path (the target's schema alone, so that nothing
 * unqualified can land in public) and the role that the script runs as. ASCII, so that its length is the same in
 * whatever positions are counted.
 */
function openingSql({ plan, directives, limits, isFlushedLater }: ScriptTransaction): string {
  return [
    'begin',
    `set local lock_timeout = ${directives.lockTimeoutMs ?? limits.lockTimeoutMs}`,
    `set local statement_timeout = ${limits.statementTimeoutMs}`,
    'set local client_min_messages = warning',
    `set local search_path = ${quoteIdentifier(plan.target.schema)}`,
    ...(isFlushedLater ? ['set local synchronous_commit = off'] : []),
    ...(directives.runAs === 'owner' ? [`set local role ${quoteIdentifier(plan.roles.owner)}`] : []),
    '',
  ].join(';\n');
}

/** The script, its ledger row, and the commit. The line break ends a comment that the script may end with. */
function closingSql({ plan }: ScriptTransaction, sql: string, record: string): string {
  const role = record === '' ? '' : `set local role ${quoteIdentifier(plan.roles.owner)};\n`;
  return `${sql}\n;${role}${record}\ncommit;`;
}

/**
 * Proves that SET LOCAL search_path leads where it says, before anything runs: a pooler or a login trigger may
 * change it, and unqualified names would land elsewhere.
 * @throws FedgenError E_APPLY_FAILED
 */
export async function assertSearchPath(session: Session, plan: TargetPlan): Promise<void> {
  const results: unknown = await session.client.query(
    `begin read only; set local search_path = ${quoteIdentifier(plan.target.schema)}; select current_schema() as schema; rollback`,
  );
  // pg answers several statements with one result each.
  const rows: unknown = Reflect.get(Object(Reflect.get(Object(results), 2)), 'rows');
  const schema: unknown = Reflect.get(Object(Reflect.get(Object(rows), 0)), 'schema');
  refuseSearchPath(plan, schema);
}

/**
 * @param schema what current_schema() said; null where the first script has still to make the schema.
 * @throws FedgenError E_APPLY_FAILED for a schema other than the target's.
 */
export function refuseSearchPath(plan: TargetPlan, schema: unknown): void {
  if (schema === null || schema === plan.target.schema) return;
  throw new FedgenError(
    'E_APPLY_FAILED',
    `search_path leads to schema ${JSON.stringify(schema)} instead of "${plan.target.schema}"`,
    { hint: 'A pooler or a login trigger changes search_path: connect to the server directly.' },
  );
}

function blockedError(
  transaction: ScriptTransaction,
  reason: string,
  blockers: readonly string[],
  cause: unknown,
): FedgenError {
  const { target } = transaction.plan;
  const { lockRetries } = transaction.limits;
  const tried =
    lockRetries > 0
      ? `gave up on target "${target.id}" after ${lockRetries} retries`
      : `target "${target.id}" had to give way`;
  const who = blockers.length > 0 ? `:\n  ${blockers.join('\n  ')}` : '';
  return new FedgenError('E_DB_LOCKED', `${tried} (${reason})${who}`, {
    hint: 'End the sessions above or wait for them, then run the same command again; or raise --lock-timeout.',
    details: { target: target.id, blockers },
    cause,
  });
}
