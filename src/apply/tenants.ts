import type { Session } from '../db/session.js';
import type { TenantTable } from '../packs/pack.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import { asOwner } from './as-owner.js';

/** A tenant as the registry knows it. */
export interface TenantRow {
  readonly id: string;
  readonly name: string;
  readonly pack: string;
  readonly status: 'active' | 'suspended';
  /** Undefined where an application speaks for all tenants of the pack. */
  readonly role: string | undefined;
  /** Whether the role may log in; undefined without a role, or when the role is gone. */
  readonly login: boolean | undefined;
  /** Sessions that logged in as the role; those of a gateway belong to the application's login. */
  readonly sessions: number;
  readonly since: Date;
}

type Nullable<T> = { [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

/** The tenants of a shared pack, or of all departments; all of them, or the one named; by id. */
export async function readTenants(
  session: Session,
  plan: Pick<TargetPlan, 'roles'>,
  of: { readonly sharedPack: string | undefined; readonly id?: string | undefined },
): Promise<TenantRow[]> {
  return asOwner(session, plan.roles.owner, 'read only', async () => {
    const { rows } = await session.client.query<Nullable<TenantRow>>(
      `with sessions as (select a.usename, count(*)::int as count from pg_stat_activity a group by a.usename)
       select t.tenant_id as id, coalesce(t.tenant_name, d.department_name, t.tenant_id) as name, t.pack, t.status,
              t.role_name as role, r.rolcanlogin as login, coalesce(s.count, 0) as sessions, t.created_at as since
         from federation.tenants t
         left join federation.departments d on d.department_id = t.department_id
         left join pg_roles r on r.rolname = t.role_name
         left join sessions s on s.usename = t.role_name
        where t.shared_pack is not distinct from $1 and ($2::text is null or t.tenant_id = $2)
        order by t.tenant_id`,
      [of.sharedPack ?? null, of.id ?? null],
    );
    return rows.map(({ role, login, ...row }) => ({
      ...row,
      role: role ?? undefined,
      login: login ?? undefined,
    }));
  });
}

/** A tenant to be added to a shared pack. */
export interface NewTenant {
  readonly id: string;
  readonly name: string;
  /** Undefined where an application speaks for all tenants of the pack. */
  readonly role: string | undefined;
  readonly login: boolean;
}

/** Does a role of this name exist in the cluster? */
export async function roleExists(session: Session, role: string): Promise<boolean> {
  const { rows } = await session.client.query<{ found: boolean }>(
    'select exists (select from pg_roles where rolname = $1) as found',
    [role],
  );
  return rows[0]?.found ?? false;
}

/**
 * Makes the role, registers the tenant and fills the pack's own table of tenants. Inside a transaction, which goes on as
 * the owner acting for the tenant.
 */
export async function insertTenant(session: Session, plan: TargetPlan, tenant: NewTenant): Promise<void> {
  if (tenant.role !== undefined) {
    await session.client.query(roleSql(plan, tenant.role, tenant.login));
  }
  await actAsOwner(session, plan);
  await session.client.query(
    `insert into federation.tenants (role_name, tenant_id, pack, tenant_name) values ($1, $2, $3, $4)`,
    [tenant.role ?? null, tenant.id, plan.pack.family, tenant.name],
  );
  await actForTenant(session, tenant.id);
  const { tenantTable } = plan.pack;
  if (tenantTable) await insertIntoTenantTable(session, tenantTable, tenant);
}

/**
 * Direct membership in the group of all tenants as well: the first script of the control plane takes a gateway that
 * stands already only if all whom it may become are such members.
 */
function roleSql(plan: TargetPlan, name: string, login: boolean): string {
  const { roles, target } = plan;
  const role = quoteIdentifier(name);
  return `create role ${role} ${login ? 'login' : 'nologin'} inherit
            nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
          grant ${quoteIdentifier(roles.tenant)}, ${quoteIdentifier(target.group ?? '')} to ${role};
          grant ${role} to ${quoteIdentifier(roles.gateway)}`;
}

async function insertIntoTenantTable(
  session: Session,
  { schema, table, idColumn, nameColumn }: TenantTable,
  tenant: NewTenant,
): Promise<void> {
  await session.client.query(
    `insert into ${quoteIdentifier(schema)}.${quoteIdentifier(table)} (${quoteIdentifier(idColumn)}, ${quoteIdentifier(nameColumn)})
     values ($1, $2) on conflict (${quoteIdentifier(idColumn)}) do nothing`,
    [tenant.id, tenant.name],
  );
}

/** Becomes the owner for the rest of the transaction. */
export async function actAsOwner(session: Session, plan: Pick<TargetPlan, 'roles'>): Promise<void> {
  await session.client.query(`set local role ${quoteIdentifier(plan.roles.owner)}`);
}

/** Lets the owner reach the rows of this tenant, and of no other, for the rest of the transaction. */
export async function actForTenant(session: Session, id: string): Promise<void> {
  await session.client.query(`select set_config('app.current_tenant_id', $1, true)`, [id]);
}

/** Runs `use` in a transaction of its own. */
export async function inTransaction<T>(session: Session, use: () => Promise<T>): Promise<T> {
  await session.client.query('begin');
  try {
    const result = await use();
    await session.client.query('commit');
    return result;
  } catch (error) {
    await session.client.query('rollback').catch(() => undefined);
    throw error;
  }
}
