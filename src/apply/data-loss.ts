import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import type { Drop } from '../render/drops.js';
import { quoteIdentifier } from '../render/quote.js';
import { FedgenError } from '../shared/errors.js';

/** Rows that a rollback would destroy in one place. */
export interface Loss {
  /** `schema.table` or `schema.table.column`. */
  readonly object: string;
  readonly rows: number;
}

/** A place whose rows count: a table, or one column of it. */
interface Place {
  readonly schema: string;
  readonly table: string;
  readonly column: string | undefined;
  readonly isForced: boolean;
}

/**
 * Counts the rows that drops would destroy. Runs inside a transaction that the caller rolls back or commits; the
 * current role must own the tables. FORCE ROW LEVEL SECURITY would hide every row even from the owner, so it is
 * lifted for the count: within the same transaction, under the table's exclusive lock, seen by nobody else. It comes
 * back at once, because a table outlives the loss of a column.
 */
export async function countLosses(
  session: Session,
  plan: TargetPlan,
  drops: readonly Drop[],
): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const place of await findPlaces(session, plan, drops)) {
    const table = `${quoteIdentifier(place.schema)}.${quoteIdentifier(place.table)}`;
    const what = place.column === undefined ? '*' : quoteIdentifier(place.column);
    if (place.isForced) await session.client.query(`alter table ${table} no force row level security`);
    const { rows } = await session.client.query<{ count: string }>(
      `select count(${what}) as count from ${table}`,
    );
    if (place.isForced) await session.client.query(`alter table ${table} force row level security`);
    const count = Number(rows[0]?.count ?? 0);
    if (count > 0) {
      losses.push({
        object: [place.schema, place.table, place.column].filter(Boolean).join('.'),
        rows: count,
      });
    }
  }
  return losses;
}

/** The tables and columns behind the drops that exist in this database; a schema stands for all its tables. */
async function findPlaces(session: Session, plan: TargetPlan, drops: readonly Drop[]): Promise<Place[]> {
  const wanted = drops.map((drop) => ({
    schema: drop.kind === 'schema' ? drop.name : (drop.schema ?? plan.target.schema),
    table: drop.kind === 'schema' ? null : drop.kind === 'table' ? drop.name : drop.table,
    column: drop.kind === 'column' ? drop.column : null,
  }));
  const { rows } = await session.client.query<Omit<Place, 'column'> & { column: string | null }>(
    `select distinct n.nspname as schema, c.relname as table, w."column" as column, c.relforcerowsecurity as "isForced"
       from jsonb_to_recordset($1::jsonb) as w (schema text, "table" text, "column" text)
       join pg_namespace n on n.nspname = w.schema
       join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p') and (w."table" is null or c.relname = w."table")
      where w."column" is null
         or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = w."column" and not a.attisdropped)
      order by 1, 2, 3`,
    [JSON.stringify(wanted)],
  );
  return rows.map((row) => ({ ...row, column: row.column ?? undefined }));
}

/** What would destroy rows. */
interface Danger {
  /** `rolling back "hr"`. */
  readonly doing: string;
  /** What was left alone, and what else helps. */
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** @throws FedgenError E_DATA_LOSS that names each table and its rows. */
export function refuseLosses({ doing, hint, details }: Danger, losses: readonly Loss[]): void {
  if (losses.length === 0) return;
  const list = losses.map(({ object, rows }) => `${object}: ${rows} ${rows === 1 ? 'row' : 'rows'}`);
  throw new FedgenError('E_DATA_LOSS', `${doing} would destroy data:\n  ${list.join('\n  ')}`, {
    hint,
    details: { ...details, losses },
  });
}

/** Rolling a target back. */
export const rollingBack = (target: string): Danger => ({
  doing: `rolling back "${target}"`,
  hint: 'Nothing was touched. Save the rows, or pass --allow-data-loss.',
  details: { target },
});

/** Removing a tenant from one pack, or from every one. */
export const removing = (tenantId: string, from: 'pack' | 'every pack' = 'pack'): Danger => ({
  doing: `removing tenant "${tenantId}"`,
  hint:
    from === 'pack'
      ? 'Nothing was touched. Save the rows, or pass --allow-data-loss. "fedgen tenant suspend" locks it out and keeps them.'
      : 'Nothing was touched in any pack. Save the rows, or pass --allow-data-loss.',
  details: { tenantId },
});
