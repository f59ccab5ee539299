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
      'select target, digest from federation.validations where digest is not null',
    );
    return new Map(rows.map((row) => [row.target, row.digest]));
  } finally {
    await client.query('rollback');
  }
}

/** What a validation came to: the mark of a clean one, or how much was found. */
export interface Look {
  readonly digest: string | null;
  readonly findings: number;
}

/** Remembers what was found, by target. */
export async function rememberLooks(
  session: Session,
  owner: string,
  looks: ReadonlyMap<string, Look>,
): Promise<void> {
  if (looks.size === 0) return;
  const { client } = session;
  const rows = [...looks].map(([target, look]) => ({ target, ...look }));
  await client.query(`begin; set local role ${quoteIdentifier(owner)}`);
  try {
    await client.query(
      `insert into federation.validations (target, digest, findings, tool_version)
       select t.target, t.digest, t.findings, $2 from jsonb_to_recordset($1::jsonb) as t(target text, digest text, findings integer)
       on conflict (target) do update
         set digest = excluded.digest, findings = excluded.findings, tool_version = excluded.tool_version,
             validated_by = default, validated_at = default`,
      [JSON.stringify(rows), VERSION],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
