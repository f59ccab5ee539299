import type { Session } from '../db/session.js';
import { CONTROL_SCHEMA, departmentRole } from '../plan/names.js';
import { tenantRole } from '../plan/names.js';
import { quoteIdentifier } from '../render/quote.js';
import type { PackRoleKind } from '../packs/pack.js';
import type { IdentityStatement } from './model.js';

/** A department as the registry has it. */
export interface RegisteredTarget {
  readonly id: string;
  readonly name: string;
  readonly schema: string;
  readonly status: string;
  /** Ids of its schemas in the catalogue; empty when they are gone. */
  readonly schemaOids: readonly string[];
  /** Names of the scripts that stand, by pack: `federation/0001_create_department`. */
  readonly scripts: readonly string[];
}

/** A permission of one department to read of another, in force now. */
export interface Permission {
  readonly source: string;
  readonly target: string;
  /** A resource, or `*`. */
  readonly resource: string;
}

/** A shared pack as the registry has it; its id is its name. */
export interface RegisteredPack extends RegisteredTarget {
  readonly schemas: readonly string[];
  readonly group: string;
  /** `none` where there are no tenants. */
  readonly identity: IdentityStatement['mode'] | 'none';
  /** Hashes of the scripts that stand as they were rendered, by name as in `scripts`. */
  readonly renderings: Readonly<Record<string, string>>;
  /** Roles of a pack without tenants, and all that each may do. */
  readonly roles: readonly RegisteredRole[];
}

/** A role of a pack without tenants; functions, tables and views are `schema.name`. */
export interface RegisteredRole {
  readonly name: string;
  readonly kind: PackRoleKind;
  readonly execute: readonly string[];
  readonly read: readonly string[];
}

/** A tenant of a shared pack. */
export interface RegisteredTenant {
  readonly id: string;
  readonly pack: string;
  /** Null where an application speaks for all tenants. */
  readonly role: string | null;
  readonly status: string;
}

/** What the control plane says of this database. */
export interface Registry {
  readonly departments: readonly RegisteredTarget[];
  readonly packs: readonly RegisteredPack[];
  /** Tenants of shared packs. */
  readonly tenants: readonly RegisteredTenant[];
  readonly permissions: readonly Permission[];
  /** Roles that applied scripts. */
  readonly provisioners: readonly string[];
}

/** Reads the registry as the owner role, in the caller's transaction; three queries whatever the number of tenants. */
export async function readRegistry(session: Session, owner: string): Promise<Registry> {
  const { client } = session;
  await client.query(`set local role ${quoteIdentifier(owner)}`);
  const departments = await client.query<RegisteredTarget>(DEPARTMENTS);
  const hasPacks = await client.query<{ found: boolean }>(
    `select to_regclass('federation.packs') is not null as found`,
  );
  const installed = hasPacks.rows[0]?.found
    ? (await client.query<Omit<RegisteredPack, 'roles'>>(PACKS)).rows
    : [];
  const roles = await readPackRoles(session);
  const packs = installed.map((pack) => ({
    ...pack,
    roles: roles.filter((role) => role.pack === pack.id).map(({ pack: _, ...role }) => role),
  }));
  const tenants = packs.length > 0 ? (await client.query<RegisteredTenant>(TENANTS)).rows : [];
  const permissions = await client.query<Permission>(PERMISSIONS);
  const provisioners = await client.query<{ name: string }>(
    `select distinct applied_by as name from ${CONTROL_SCHEMA}.schema_migrations order by 1`,
  );
  await client.query('set local role none');
  return {
    departments: departments.rows,
    packs,
    tenants,
    permissions: permissions.rows,
    provisioners: provisioners.rows.map((row) => row.name),
  };
}

/** None where the control plane is older than packs without tenants. */
async function readPackRoles({ client }: Session): Promise<(RegisteredRole & { readonly pack: string })[]> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('federation.pack_roles') is not null as found`,
  );
  if (!rows[0]?.found) return [];
  const roles = await client.query<RegisteredRole & { pack: string }>(
    `select pack, role_name as name, kind, to_json(may_execute) as execute, to_json(may_read) as read
       from ${CONTROL_SCHEMA}.pack_roles order by role_name`,
  );
  return roles.rows;
}

const DEPARTMENTS = `
select d.department_id as id, d.department_name as name, d.tenant_schema as schema, d.status,
       coalesce((select json_agg(n.oid::text) from pg_catalog.pg_namespace n where n.nspname = d.tenant_schema), '[]') as "schemaOids",
       coalesce(m.scripts, '[]') as scripts
  from federation.departments d
  left join (
    select s.target, json_agg(s.pack || '/' || s.script order by s.number) as scripts
      from federation.schema_migrations s where s.state = 'applied' group by s.target) m on m.target = d.department_id
 order by d.department_id`;

const PACKS = `
select p.pack as id, p.pack as name, p.schemas[1] as schema, 'ACTIVE' as status, to_json(p.schemas) as schemas,
       p.tenant_group as "group", p.identity_mode as identity,
       coalesce((select json_agg(n.oid::text) from pg_catalog.pg_namespace n where n.nspname = any (p.schemas)), '[]') as "schemaOids",
       coalesce((select json_agg(s.pack || '/' || s.script order by s.number) from federation.schema_migrations s
                  where s.target = 'pack:' || p.pack and s.state = 'applied'), '[]') as scripts,
       coalesce((select json_object_agg(s.pack || '/' || s.script, s.rendered_checksum) from federation.schema_migrations s
                  where s.target = 'pack:' || p.pack and s.state = 'applied'), '{}') as renderings
  from federation.packs p
 order by p.pack`;

const TENANTS = `
select t.tenant_id as id, t.pack, t.role_name as role, t.status
  from federation.tenants t where t.department_id is null order by t.pack, t.tenant_id`;

const PERMISSIONS = `
select p.source_department_id as source, p.target_department_id as target, p.resource_type as resource
  from federation.cross_dept_permissions p
 where p.enabled and p.permission_type = 'read' and (p.expires_at is null or p.expires_at > clock_timestamp())`;

/** A role that must be bound to a tenant. */
export interface Binding {
  readonly role: string;
  readonly tenant: string;
  readonly department: string | null;
}

/** The bindings that the registered departments must have. */
const departmentBindings = (registry: Registry, rolePrefix: string): Binding[] =>
  registry.departments.map(({ id }) => ({
    role: departmentRole(id, rolePrefix),
    tenant: id,
    department: id,
  }));

/** The bindings that the tenants of shared packs must have; none where an application speaks for them. */
export function packBindings(
  registry: Registry,
  rolePrefix: string,
): (Binding & { readonly pack: string })[] {
  const withRoles = new Set(registry.packs.filter(({ identity }) => identity === 'role').map(({ id }) => id));
  return registry.tenants
    .filter(({ pack }) => withRoles.has(pack))
    .map(({ id, pack }) => ({ role: tenantRole(pack, id, rolePrefix), tenant: id, department: null, pack }));
}

/**
 * The bindings that must be. Roles are known by how fedgen names them, never by what the registry says of them: that is
 * what is checked.
 */
export const bindingsOf = (registry: Registry, rolePrefix: string): Binding[] => [
  ...departmentBindings(registry, rolePrefix),
  ...packBindings(registry, rolePrefix).map(({ role, tenant, department }) => ({ role, tenant, department })),
];
