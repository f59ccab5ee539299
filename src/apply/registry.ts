import type { Session } from '../db/session.js';
import { asOwner } from './as-owner.js';

/** A shared pack that is installed in the database. */
export interface InstalledPack {
  readonly pack: string;
  readonly schemas: readonly string[];
  readonly group: string;
  readonly identityMode: string;
  /** How many tenants are registered, whatever their status. */
  readonly tenants: number;
}

/** The shared pack of that name as federation.packs knows it; undefined when it is not installed. */
export async function readPack(
  session: Session,
  owner: string,
  pack: string,
): Promise<InstalledPack | undefined> {
  if (!(await hasPackRegistry(session))) return undefined;
  return asOwner(session, owner, 'read only', async () => {
    const { rows } = await session.client.query<InstalledPack>(
      `select p.pack, p.schemas::text[] as schemas, p.tenant_group as group, p.identity_mode as "identityMode",
              (select count(*)::int from federation.tenants t where t.shared_pack = p.pack) as tenants
         from federation.packs p where p.pack = $1`,
      [pack],
    );
    return rows[0];
  });
}

/** A control plane that an earlier version of fedgen made has no such table before its next apply. */
async function hasPackRegistry(session: Session): Promise<boolean> {
  const { rows } = await session.client.query<{ found: boolean }>(
    `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where n.nspname = 'federation' and c.relname = 'packs') as found`,
  );
  return rows[0]?.found ?? false;
}
