import { hasLedger, lastSeq } from './ledger.js';
import type { ClickHouseSession } from './session.js';

/** A tenant of a pack, as the last line about it says. */
export interface EngineTenant {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** Its user. */
  readonly login: string;
  /** `adding` and `removing`: work on it broke off; the same command brings it to its end. */
  readonly status: 'adding' | 'active' | 'suspended' | 'removing';
  readonly since: Date;
}

/** The registered tenants of a pack, by id. */
export async function readEngineTenants(session: ClickHouseSession, pack: string): Promise<EngineTenant[]> {
  if (!(await hasLedger(session))) return [];
  const rows = await session.rows<Omit<EngineTenant, 'since'> & { since: string }>(
    `select tenant_id as id, argMax(name, seq) as name, argMax(role, seq) as role, argMax(login, seq) as login,
            argMax(status, seq) as status, formatDateTime(min(at), '%Y-%m-%dT%H:%i:%sZ') as since
       from federation.tenants where pack = {pack:String} group by id having status != 'removed' order by id`,
    { pack },
  );
  return rows.map(({ since, ...row }) => ({ ...row, since: new Date(since) }));
}

/** Writes down what became of a tenant. */
export async function noteTenant(
  session: ClickHouseSession,
  pack: string,
  tenant: Pick<EngineTenant, 'id' | 'name' | 'role' | 'login'> & {
    readonly status: EngineTenant['status'] | 'removed';
  },
): Promise<void> {
  const { id, ...rest } = tenant;
  const seq = (await lastSeq(session, 'tenants')) + 1;
  await session.insert('federation.tenants', [{ seq, pack, tenant_id: id, ...rest }]);
}
