import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';

/** A table of a shared pack that has the tenant column. */
export interface TenantRowsTable {
  readonly schema: string;
  readonly name: string;
  /** Its rows cannot be deleted by anybody: a trigger refuses it. */
  readonly isAppendOnly: boolean;
  /** Tables that it refers to, as `schema.name`. */
  readonly parents: readonly string[];
}

/** Rows of a tenant in one table. */
export interface TenantRows {
  /** `schema.table` */
  readonly object: string;
  readonly rows: number;
  /** There are more: counting stopped. */
  readonly isMore: boolean;
}

const nameOf = (table: TenantRowsTable): string => `${table.schema}.${table.name}`;
const quotedName = ({ schema, name }: TenantRowsTable): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/**
 * The tables in the pack's schemas that have the tenant column, whichever pack brought them, those first that others do
 * not refer to: rows can be deleted in this order.
 */
export async function findTenantTables(session: Session, plan: TargetPlan): Promise<TenantRowsTable[]> {
  const { rows } = await session.client.query<TenantRowsTable>(
    `select n.nspname as schema, c.relname as name,
            exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                      join pg_namespace pn on pn.oid = p.pronamespace
                     where t.tgrelid = c.oid and pn.nspname = 'federation' and p.proname = 'refuse_change') as "isAppendOnly",
            array(select distinct format('%s.%s', rn.nspname, r.relname)
                    from pg_constraint f join pg_class r on r.oid = f.confrelid join pg_namespace rn on rn.oid = r.relnamespace
                   where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as parents
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attname = $2 and not a.attisdropped
      where n.nspname = any ($1) and c.relkind in ('r', 'p') and not c.relispartition
      order by 1, 2`,
    [plan.target.schemas, plan.pack.tenantColumn.name],
  );
  return childrenFirst(rows);
}

/** Tables of a circle of references come last, in any order: the server says what it makes of them. */
function childrenFirst(tables: readonly TenantRowsTable[]): TenantRowsTable[] {
  const ordered: TenantRowsTable[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const referredTo = new Set(left.flatMap(({ parents }) => parents));
    const free = left.filter((table) => !referredTo.has(nameOf(table)));
    const next = free.length > 0 ? free : left;
    ordered.push(...next);
    left = left.filter((table) => !next.includes(table));
  }
  return ordered;
}

/**
 * Counts a tenant's rows table by table, `limit` at most in each. Inside a transaction of the owner that acts for the
 * tenant; row security picks the rows, so that other tenants' are never looked at.
 */
export async function countTenantRows(
  session: Session,
  plan: TargetPlan,
  tables: readonly TenantRowsTable[],
  limit: number,
): Promise<TenantRows[]> {
  const counts: TenantRows[] = [];
  const column = quoteIdentifier(plan.pack.tenantColumn.name);
  for (const table of tables) {
    const { rows } = await session.client.query<{ count: string }>(
      `select count(*) as count from (select from ${quotedName(table)} where ${column} is not null limit $1) as counted`,
      [limit === Infinity ? null : limit + 1],
    );
    const count = Number(rows[0]?.count ?? 0);
    counts.push({ object: nameOf(table), rows: Math.min(count, limit), isMore: count > limit });
  }
  return counts;
}

/**
 * Deletes a tenant's rows, as the owner acting for it. Evidence, which refuses every DELETE, is opened for this one
 * statement under the table's exclusive lock, and the rows are picked by the tenant's id.
 */
export async function deleteTenantRows(
  session: Session,
  plan: TargetPlan,
  tables: readonly TenantRowsTable[],
  id: string,
): Promise<void> {
  const column = quoteIdentifier(plan.pack.tenantColumn.name);
  const type = plan.pack.tenantColumn.type;
  for (const table of tables) {
    const name = quotedName(table);
    if (!table.isAppendOnly) {
      await session.client.query(`delete from ${name} where ${column} is not null`);
      continue;
    }
    await session.client.query(`alter table ${name} no force row level security, disable trigger user`);
    await session.client.query(`delete from ${name} where ${column} = $1::${type}`, [id]);
    await session.client.query(`alter table ${name} force row level security, enable trigger user`);
  }
}
