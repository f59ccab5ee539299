import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { actAsOwner, inTransaction } from './tenants.js';

/** A key in the form in which the database keeps it. */
export interface StoredKey {
  readonly id: string;
  readonly innerPad: Buffer;
  readonly outerPad: Buffer;
}

/** A key without what is secret of it. */
export interface KeyFacts {
  readonly id: string;
  readonly createdAt: Date;
  /** Undefined for a key that is valid until it is rotated. */
  readonly expiresAt: Date | undefined;
}

/** Writes a key's row; the caller has become the owner. */
export async function insertKey(session: Session, pack: string, key: StoredKey): Promise<void> {
  await session.client.query(
    'insert into federation.pack_keys (pack, key_id, inner_pad, outer_pad) values ($1, $2, $3, $4)',
    [pack, key.id, key.innerPad, key.outerPad],
  );
}

/**
 * Stores a new key; the others stay valid for `overlapMs` from now at most, and those that are past go.
 * @returns the pack's keys, the newest first.
 */
export async function storeKey(
  session: Session,
  plan: TargetPlan,
  key: StoredKey,
  overlapMs: number,
): Promise<KeyFacts[]> {
  const { client } = session;
  const pack = plan.pack.family;
  return inTransaction(session, async () => {
    await actAsOwner(session, plan);
    await client.query(
      `update federation.pack_keys set expires_at = least(expires_at, clock_timestamp() + $2 * interval '1 millisecond')
        where pack = $1`,
      [pack, overlapMs],
    );
    await client.query(
      'delete from federation.pack_keys where pack = $1 and expires_at <= clock_timestamp()',
      [pack],
    );
    await insertKey(session, pack, key);
    const { rows } = await client.query<{ id: string; createdAt: Date; expiresAt: Date | null }>(
      `select key_id as id, created_at as "createdAt", expires_at as "expiresAt"
         from federation.pack_keys where pack = $1 order by created_at desc`,
      [pack],
    );
    return rows.map((row) => ({ ...row, expiresAt: row.expiresAt ?? undefined }));
  });
}
