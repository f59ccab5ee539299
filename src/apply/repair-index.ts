import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import type { Statement } from '../render/sql.js';
import { pick, pickAll, strings } from '../render/sql-nodes.js';

/** Was a statement that is to be run done already, by a run that broke before it was booked? */
type Standing = 'to do' | 'done';

/**
 * Looks for what a broken run left of a statement that cannot run in a transaction, and clears it away: an invalid index
 * is dropped, to be built anew. An index that is valid was finished.
 */
export async function repairBefore(
  session: Session,
  plan: TargetPlan,
  { node }: Statement,
): Promise<Standing> {
  const created = pick(node, 'IndexStmt');
  if (created?.idxname !== undefined) {
    const schema = created.relation?.schemaname ?? plan.target.schema;
    return repairIndex(session, schema, created.idxname);
  }
  const dropped = pick(node, 'DropStmt');
  if (dropped) return (await anyLeft(session, plan, dropped.objects)) ? 'to do' : 'done';
  if (pick(node, 'ReindexStmt')) await dropLeftovers(session, plan);
  return 'to do';
}

async function repairIndex(session: Session, schema: string, name: string): Promise<Standing> {
  const { rows } = await session.client.query<{ valid: boolean }>(
    `select i.indisvalid and i.indisready as valid from pg_index i
       join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  );
  const [index] = rows;
  if (!index) return 'to do';
  if (index.valid) return 'done';
  await dropIndex(session, schema, name);
  return 'to do';
}

const dropIndex = (session: Session, schema: string, name: string): Promise<unknown> =>
  session.client.query(`drop index concurrently ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);

async function anyLeft(
  session: Session,
  plan: TargetPlan,
  objects: Parameters<typeof pickAll>[0],
): Promise<boolean> {
  const names = pickAll(objects, 'List').map(({ items }) => strings(items));
  const wanted = names.map((parts) => [parts.at(-2) ?? plan.target.schema, parts.at(-1) ?? '']);
  const { rows } = await session.client.query<{ found: boolean }>(
    `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join jsonb_array_elements($1::jsonb) w on w->>0 = n.nspname and w->>1 = c.relname) as found`,
    [JSON.stringify(wanted)],
  );
  return rows[0]?.found ?? false;
}

/** A REINDEX that broke leaves the copy that it was building, invalid and named with _ccnew or _ccold. */
async function dropLeftovers(session: Session, plan: TargetPlan): Promise<void> {
  const { rows } = await session.client.query<{ name: string }>(
    `select c.relname as name from pg_index i
       join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'`,
    [plan.target.schema],
  );
  for (const { name } of rows) await dropIndex(session, plan.target.schema, name);
}
