import { sqlState } from '../db/errors.js';
import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier } from '../render/quote.js';
import { actAsOwner, inTransaction, type TenantRow } from './tenants.js';

/** How long to wait for a session that was told to end. */
const END_TIMEOUT_MS = 5_000;
/** PostgreSQL 16: a membership says by itself whether it inherits and whether it allows SET ROLE. */
export const MEMBERSHIP_OPTIONS = 160_000;

/** What became of the sessions of a role. */
export interface EndedSessions {
  readonly ended: number;
  /** Sessions that still run, and why. */
  readonly left: readonly { readonly pid: number; readonly reason: string }[];
}

/**
 * Suspends a tenant: every statement that asks who it is gets no answer from now on, and its role can log in no more.
 * Whether it could is kept for {@link resumeTenant}.
 */
export async function suspendTenant(session: Session, plan: TargetPlan, tenant: TenantRow): Promise<void> {
  await inTransaction(session, async () => {
    if (tenant.role !== undefined) {
      await session.client.query(`alter role ${quoteIdentifier(tenant.role)} nologin`);
    }
    await actAsOwner(session, plan);
    await session.client.query(
      `update federation.tenants set status = 'suspended', had_login = $3
        where pack = $1 and tenant_id = $2 and status = 'active'`,
      [tenant.pack, tenant.id, tenant.login ?? null],
    );
  });
}

/** Takes a suspension back; the role may log in again if it could before. */
export async function resumeTenant(session: Session, plan: TargetPlan, tenant: TenantRow): Promise<void> {
  await inTransaction(session, async () => {
    await actAsOwner(session, plan);
    const { rows } = await session.client.query<{ login: boolean | null }>(
      `update federation.tenants t set status = 'active', had_login = null
         from (select o.had_login from federation.tenants o where o.pack = $1 and o.tenant_id = $2) old
        where t.pack = $1 and t.tenant_id = $2 and t.status = 'suspended' returning old.had_login as login`,
      [tenant.pack, tenant.id],
    );
    await session.client.query('set local role none');
    if (rows[0]?.login && tenant.role !== undefined) {
      await session.client.query(`alter role ${quoteIdentifier(tenant.role)} login`);
    }
  });
}

/**
 * Ends all sessions that logged in as a role, and waits until they are gone. Only a superuser may end anybody's session;
 * a provisioner becomes the role for the moment, which may end its own, in a transaction that is rolled back.
 */
export async function endSessions(session: Session, role: string): Promise<EndedSessions> {
  const pids = await sessionsOf(session, role);
  if (pids.length === 0) return { ended: 0, left: [] };
  const reason = await terminate(session, role, pids).then(
    () => 'it did not end in time',
    (error: unknown) => {
      if (sqlState(error) !== '42501') throw error;
      return 'the connecting role may not end it: it must be a superuser, or the provisioner that made the role';
    },
  );
  const left = (await sessionsOf(session, role)).filter((pid) => pids.includes(pid));
  return { ended: pids.length - left.length, left: left.map((pid) => ({ pid, reason })) };
}

async function sessionsOf(session: Session, role: string): Promise<number[]> {
  const { rows } = await session.client.query<{ pid: number }>(
    'select a.pid from pg_stat_activity a where a.usename = $1 and a.pid <> pg_backend_pid() order by a.pid',
    [role],
  );
  return rows.map(({ pid }) => pid);
}

async function terminate(session: Session, role: string, pids: readonly number[]): Promise<void> {
  const { client, serverVersion } = session;
  const { rows } = await client.query<{ isSuper: boolean }>(
    `select rolsuper as "isSuper" from pg_roles where rolname = current_user`,
  );
  const how = serverVersion >= MEMBERSHIP_OPTIONS ? ' with inherit false, set true' : '';
  const name = quoteIdentifier(role);
  await client.query('begin');
  try {
    if (!rows[0]?.isSuper) await client.query(`grant ${name} to current_user${how}; set local role ${name}`);
    const end = 'select pg_terminate_backend(pid, $2) from unnest($1::int[]) as pid';
    await client.query(end, [pids, END_TIMEOUT_MS]);
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}
