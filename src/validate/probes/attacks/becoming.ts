import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Finding } from '../../model.js';
import type { Tenant } from '../arena.js';
import { REFUSED, type Attempt, type ProbeCode } from '../attempt.js';
import { asTenant, type Stage } from './stage.js';

/** A role of the server as seen by the attacker. */
export interface OtherRole {
  readonly name: string;
  /** The attacker is a member of it, directly or not. */
  readonly isGroup: boolean;
  /** Attributes that pass by protection: `superuser`, `bypassrls` … */
  readonly attributes: readonly string[];
}

const ROLES = `
select r.rolname as name, pg_has_role($1, r.oid, 'member') as "isGroup",
       array_remove(array[case when r.rolsuper then 'superuser' end, case when r.rolbypassrls then 'bypassrls' end,
         case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
         case when r.rolreplication then 'replication' end], null) as attributes
  from pg_roles r
 order by r.rolname = any ($3::text[]) desc, pg_has_role($1, r.oid, 'member') desc, r.rolname
 limit $2`;

/** Roles that the attacker could try to become: named ones and its groups first. */
export async function readRoles(stage: Stage, tenant: Tenant): Promise<OtherRole[]> {
  const { session, limits, guardedRoles, gateway } = stage.arena;
  const first = [
    tenant.role,
    stage.victim.tenant.role,
    ...guardedRoles,
    ...(gateway === undefined ? [] : [gateway]),
  ];
  const { rows } = await session.client.query<OtherRole>(ROLES, [tenant.role, limits.roles, first]);
  return rows;
}

/** SET ROLE to a role that somebody dropped since the roles were read: roles belong to all databases of a server. */
const GONE = '22023';

/** SET ROLE by statement and by function, to every other role but the groups that tenants are meant to be in. */
export function becomingAttempts(stage: Stage, tenant: Tenant, roles: readonly OtherRole[]): Attempt[] {
  // A provisioner's own memberships would decide in mode `role`.
  if (stage.by.mode === 'role') return [];
  const as = asTenant(stage, tenant);
  const others = roles.filter(({ name }) => name !== tenant.role && !stage.arena.trustedRoles.includes(name));
  const attempt = (name: string, operation: string, sql: string): Attempt => ({
    check: 'becoming_others',
    actor: tenant.role,
    operation,
    object: name,
    expect: 'refused',
    remedy: `revoke ${quoteIdentifier(name)} from ${quoteIdentifier(tenant.role)};`,
    act: { as, sql, counts: 'change' },
  });
  const guarded = [stage.victim.tenant.role, ...stage.arena.guardedRoles];
  return [
    ...others.map(({ name }) => ({
      ...attempt(name, 'set role', `set local role ${quoteIdentifier(name)}`),
      refusals: [REFUSED, GONE],
    })),
    ...guarded.flatMap((name) => [
      attempt(
        name,
        `set_config('role')`,
        `select pg_catalog.set_config('role', ${quoteLiteral(name)}, true)`,
      ),
      attempt(name, 'grant to oneself', `grant ${quoteIdentifier(name)} to ${quoteIdentifier(tenant.role)}`),
      attempt(name, 'change password', `alter role ${quoteIdentifier(name)} password 'fedgen'`),
    ]),
    ...['superuser', 'bypassrls', 'createrole', 'createdb', 'replication'].map((attribute) =>
      attempt(
        tenant.role,
        `alter role … ${attribute}`,
        `alter role ${quoteIdentifier(tenant.role)} ${attribute}`,
      ),
    ),
    attempt('a new role', 'create role', 'create role fedgen_probe_created'),
  ];
}

/** Reading as a group that tenants are meant to be in must show nothing of others. */
export const groupSessions = (
  stage: Stage,
  tenant: Tenant,
): { readonly group: string; readonly as: string }[] =>
  stage.by.mode === 'role'
    ? []
    : stage.arena.trustedRoles.map((group) => ({
        group,
        as: `${asTenant(stage, tenant)}; set local role ${quoteIdentifier(group)}`,
      }));

/** Memberships and attributes that need no attempt: the server grants what they say. */
export function roleFindings(
  stage: Stage,
  tenant: Tenant,
  roles: readonly OtherRole[],
): (Finding & { readonly check: ProbeCode })[] {
  const mine = roles.filter(({ name, isGroup }) => isGroup && name !== tenant.role);
  const memberships = mine
    .filter(({ name }) => !stage.arena.trustedRoles.includes(name))
    .map(({ name }) => ({
      message: `${tenant.role} is a member of ${name} and can use its rights`,
      remedy: `revoke ${quoteIdentifier(name)} from ${quoteIdentifier(tenant.role)};`,
    }));
  const attributes = roles
    .filter(({ name, isGroup }) => isGroup || name === tenant.role)
    .flatMap(({ name, attributes: held }) =>
      held.map((attribute) => ({
        message: `${name === tenant.role ? tenant.role : `${name}, which ${tenant.role} can become,`} has the attribute ${attribute}`,
        remedy: `alter role ${quoteIdentifier(name)} no${attribute};`,
      })),
    );
  return [...memberships, ...attributes].map((finding) => ({
    ...finding,
    check: 'becoming_others',
    object: tenant.role,
    severity: 'error',
    isolation: true,
  }));
}
