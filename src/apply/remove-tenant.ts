import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import { FedgenError } from '../shared/errors.js';
import { countTenantRows, deleteTenantRows, findTenantTables, type TenantRows } from './tenant-rows.js';
import { MEMBERSHIP_OPTIONS } from './tenant-status.js';
import { actAsOwner, actForTenant, inTransaction, type TenantRow } from './tenants.js';

/** What a tenant of a shared pack has in the pack's tables, the pack's own table of tenants left out. */
export async function readTenantRows(
  session: Session,
  plan: TargetPlan,
  id: string,
  limit: number,
): Promise<TenantRows[]> {
  const { tenantTable } = plan.pack;
  const tables = (await findTenantTables(session, plan)).filter(
    ({ schema, name }) => schema !== tenantTable?.schema || name !== tenantTable.table,
  );
  return inTransaction(session, async () => {
    await actAsOwner(session, plan);
    await actForTenant(session, id);
    return countTenantRows(session, plan, tables, limit);
  });
}

/**
 * Removes a tenant of a shared pack with all its rows, its registration and its role, in one transaction.
 * @throws FedgenError E_APPLY_FAILED when rows are left that nobody but an operator can explain.
 */
export async function deleteTenant(
  session: Session,
  plan: TargetPlan,
  tenant: TenantRow,
  lockTimeoutMs: number,
): Promise<void> {
  const tables = await findTenantTables(session, plan);
  await inTransaction(session, async () => {
    await session.client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await actAsOwner(session, plan);
    await actForTenant(session, tenant.id);
    await deleteTenantRows(session, plan, tables, tenant.id);
    refuseRest(tenant, await countTenantRows(session, plan, tables, Infinity));
    await session.client.query('delete from federation.tenants where pack = $1 and tenant_id = $2', [
      tenant.pack,
      tenant.id,
    ]);
    await session.client.query('set local role none');
    if (tenant.role !== undefined) await dropRole(session, tenant.role);
  });
}

function refuseRest(tenant: TenantRow, counts: readonly TenantRows[]): void {
  const left = counts.filter(({ rows }) => rows > 0).map(({ object, rows }) => `${object}: ${rows}`);
  if (left.length === 0) return;
  throw new FedgenError(
    'E_APPLY_FAILED',
    `tenant "${tenant.id}" was not removed: rows cannot be deleted\n  ${left.join('\n  ')}`,
    {
      hint: 'Nothing was deleted. Their tables lack a policy under which the owner may delete, or a trigger keeps the rows.',
      details: { tenantId: tenant.id, left },
    },
  );
}

/**
 * Privileges that the role was given outside the pack, by someone else, go first; a CREATEROLE role may take them back
 * only as its member, and the membership goes with the role.
 */
async function dropRole({ client, serverVersion }: Session, role: string): Promise<void> {
  const { rows } = await client.query<{ isSuper: boolean; hasMore: boolean }>(
    `select (select u.rolsuper from pg_roles u where u.rolname = current_user) as "isSuper",
            exists (select from pg_shdepend d
                     where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
                       and d.dbid in (0, (select b.oid from pg_database b where b.datname = current_database()))
                       and d.classid <> 'pg_auth_members'::regclass) as "hasMore"
       from pg_roles r where r.rolname = $1`,
    [role],
  );
  const [found] = rows;
  const name = quoteIdentifier(role);
  if (found?.hasMore) {
    const how = serverVersion >= MEMBERSHIP_OPTIONS ? ' with inherit true' : '';
    if (!found.isSuper) await client.query(`grant ${name} to current_user${how}`);
    await client.query(`drop owned by ${name}`);
  }
  await client.query(`drop role if exists ${name}`);
}
