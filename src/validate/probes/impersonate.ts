import type { Session } from '../../db/session.js';
import { quoteIdentifier } from '../../render/quote.js';
import type { Tenant } from './arena.js';

/** How a probe becomes somebody else inside the validation's transaction. */
export interface Impersonation {
  /**
   * `session`: SET SESSION AUTHORIZATION, where SET ROLE attacks are judged as the tenant's own. `role`: a
   * self-granted membership and SET ROLE, for a provisioner that is no superuser.
   */
  readonly mode: 'session' | 'role';
  /** The connecting role. */
  readonly validator: string;
  /** The statement that becomes this role. */
  readonly become: (role: string) => string;
  /** The statement that becomes the connecting role again. */
  readonly back: string;
  /** Makes `become` possible; undone with the transaction. */
  readonly prepare: (role: string) => Promise<void>;
}

/** The strongest impersonation that the connecting role is allowed. */
export async function chooseImpersonation(session: Session): Promise<Impersonation> {
  const { rows } = await session.client.query<{ superuser: boolean; name: string }>(
    'select rolsuper as superuser, rolname as name from pg_roles where rolname = session_user',
  );
  const validator = rows[0]?.name ?? '';
  if (rows[0]?.superuser) {
    return {
      mode: 'session',
      validator,
      become: (role) => `set local session authorization ${quoteIdentifier(role)}`,
      back: 'set local session authorization default',
      prepare: () => Promise.resolve(),
    };
  }
  const options = session.serverVersion >= 160_000 ? ' with inherit false, set true' : '';
  return {
    mode: 'role',
    validator,
    become: (role) => `set local role ${quoteIdentifier(role)}`,
    back: 'set local role none',
    prepare: async (role) => {
      await session.client.query(`grant ${quoteIdentifier(role)} to current_user${options}`);
    },
  };
}

/** The statements with which a session of this tenant begins. */
export const sessionOf = (by: Impersonation, tenant: Tenant): string =>
  [by.become(tenant.role), ...tenant.enter].join('; ');
