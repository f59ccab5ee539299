import { createHash } from 'node:crypto';
import type { Session } from '../db/session.js';
import type { Pack } from '../packs/pack.js';
import { quoteIdentifier } from '../render/quote.js';
import { VERSION } from '../shared/version.js';

/**
 * What a clean validation was of, in one hash: the catalogue (by its digest), the pack's templates, and this version of
 * fedgen. When any of them is another, the target is looked at again.
 */
export function cleanMark(pack: Pack, digest: string): string {
  const hash = createHash('sha256').update(VERSION).update(digest);
  for (const [name, { source }] of [...pack.templates].sort()) hash.update(`\n${name}\n${source}`);
  return hash.digest('hex');
}

/** The marks of the last clean validations, by target; read as the owner role in a transaction of its own. */
export async function readLastClean(session: Session, owner: string): Promise<ReadonlyMap<string, string>> {
  const { client } = session;
  await client.query(`begin read only; set local role ${quoteIdentifier(owner)}`);
  try {
    const { rows } = await client.query<{ target: string; digest: string }>(
      'select target, digest from federation.validations',
    );
    return new Map(rows.map((row) => [row.target, row.digest]));
  } finally {
    await client.query('rollback');
  }
}

/** Remembers clean targets. */
export async function rememberClean(
  session: Session,
  owner: string,
  marks: ReadonlyMap<string, string>,
): Promise<void> {
  if (marks.size === 0) return;
  const { client } = session;
  await client.query(`begin; set local role ${quoteIdentifier(owner)}`);
  try {
    await client.query(
      `insert into federation.validations (target, digest, tool_version)
       select t.target, t.digest, $3 from unnest($1::text[], $2::text[]) as t(target, digest)
       on conflict (target) do update
         set digest = excluded.digest, tool_version = excluded.tool_version, validated_by = default, validated_at = default`,
      [[...marks.keys()], [...marks.values()], VERSION],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
