import { randomBytes, randomUUID } from 'node:crypto';
import { insertKey } from '../apply/pack-keys.js';
import { actAsOwner, insertTenant } from '../apply/tenants.js';
import type { Session } from '../db/session.js';
import type { IdentityMode } from '../packs/pack.js';
import { tenantRole } from '../plan/names.js';
import type { TargetPlan } from '../plan/target.js';
import { quoteIdentifier, quoteLiteral } from '../render/quote.js';
import { PROBE_LIMITS, type Arena, type Tenant } from '../validate/probes/arena.js';
import { makeTenantKey } from './tenant-keys.js';
import { signTenantToken } from '../client/tenant-token.js';

/** The setting that says, or contradicts, who asks. */
const CONTEXT_SETTING = 'app.current_tenant_id';
const TOKEN_SETTING = 'app.tenant_token';

/** What the arena of a shared pack is made from. */
export interface SharedProbe {
  readonly session: Session;
  readonly plan: TargetPlan;
  readonly mode: IdentityMode;
  /** Letters and digits that no row has yet. */
  readonly token: string;
}

/**
 * The arena of a shared pack: two tenants made up inside the caller's transaction attack each other in the tables that
 * the real ones use.
 */
export async function sharedArena({ session, plan, mode, token }: SharedProbe): Promise<Arena> {
  const { pack, target, roles } = plan;
  const ids = [madeUpTenantId(pack.tenantColumn.type), madeUpTenantId(pack.tenantColumn.type)] as const;
  const enter = await admission(session, plan, mode);
  const attacker = await addSynthetic(session, plan, { id: ids[0], mode, enter, name: 'one tenant' });
  const victim = await addSynthetic(session, plan, { id: ids[1], mode, enter, name: 'another tenant' });
  return {
    session,
    attacker,
    victim,
    neighbours: [],
    tenantColumn: pack.tenantColumn.name,
    tables: pack.tables,
    // Where the setting alone says who asks, setting it is no forgery.
    forgeries: mode === 'variable' ? [] : [setContext(victim.id)],
    contextSettings: [CONTEXT_SETTING, ...(mode === 'signed' ? [TOKEN_SETTING] : [])],
    token,
    dismissal: [
      `set local role ${quoteIdentifier(roles.owner)}`,
      `update federation.tenants set status = 'suspended' where pack = ${quoteLiteral(pack.family)} and tenant_id = ${quoteLiteral(victim.id)}`,
      'set local role none',
    ],
    trustedRoles: [roles.tenant, target.group ?? ''],
    guardedRoles: [roles.owner, roles.admin, roles.gateway],
    gateway: roles.gateway,
    gatewayActs: mode === 'role',
    limits: PROBE_LIMITS,
  };
}

interface Synthetic {
  readonly id: string;
  readonly mode: IdentityMode;
  readonly enter: (id: string) => readonly string[];
  readonly name: string;
}

async function addSynthetic(session: Session, plan: TargetPlan, synthetic: Synthetic): Promise<Tenant> {
  const { id, mode, enter, name } = synthetic;
  const ownRole = mode === 'role' ? tenantRole(plan.pack.family, id, rolePrefixOf(plan)) : undefined;
  const display = `fedgen probe ${id}`;
  await insertTenant(session, plan, { id, name: display, role: ownRole, login: false });
  await session.client.query(`set local role none; ${setContext('')}`);
  const role = ownRole ?? (await addApplication(session, plan));
  return { id, role, schemas: plan.target.schemas, name, enter: enter(id), synthetic: true };
}

/** A role that speaks for every tenant, as applications do where tenants have no roles of their own. */
async function addApplication(session: Session, plan: TargetPlan): Promise<string> {
  const role = `zz${randomBytes(5).toString('hex')}q`;
  await session.client.query(
    `create role ${role} nologin inherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
     grant ${quoteIdentifier(plan.roles.tenant)}, ${quoteIdentifier(plan.target.group ?? '')} to ${role}`,
  );
  return role;
}

/** The statements with which a session of a tenant begins. */
async function admission(
  session: Session,
  plan: TargetPlan,
  mode: IdentityMode,
): Promise<(id: string) => readonly string[]> {
  if (mode === 'role') return () => [];
  if (mode === 'variable') return (id) => [setContext(id)];
  const { key, stored } = makeTenantKey();
  await actAsOwner(session, plan);
  await insertKey(session, plan.pack.family, stored);
  const { rows } = await session.client.query<{ challenge: string }>(
    'select federation.challenge() as challenge',
  );
  await session.client.query('set local role none');
  const challenge = rows[0]?.challenge ?? '';
  const expiresAt = new Date(Date.now() + 600_000);
  const pack = plan.pack.family;
  return (tenantId) => {
    const token = signTenantToken({ pack, key, tenantId, challenge, expiresAt });
    return [`select federation.enter(${quoteLiteral(pack)}, ${quoteLiteral(token)})`];
  };
}

const setContext = (id: string): string =>
  `select pg_catalog.set_config('${CONTEXT_SETTING}', ${quoteLiteral(id)}, true)`;

/** The prefix before all role names of this installation. */
const rolePrefixOf = ({ roles }: TargetPlan): string => roles.owner.slice(0, -'federation_owner'.length);

/** A tenant id that nobody has, of the type of the tenant column. */
function madeUpTenantId(type: string): string {
  if (type === 'uuid') return randomUUID();
  if (type === 'smallint') return String(30_000 + (randomBytes(2).readUInt16BE() % 2_000));
  if (type === 'integer' || type === 'bigint') return String(2_000_000_000 + randomBytes(3).readUIntBE(0, 3));
  const length = Number(/\((\d+)\)/.exec(type)?.[1] ?? 20);
  return `z${randomBytes(10).toString('hex')}`.slice(0, length);
}
