import type { Pack } from '../packs/pack.js';
import { departmentRole, sharedRoles, sharedTargetId } from '../plan/names.js';
import { planControlPlane, type TargetPlan } from '../plan/target.js';
import type { Declared } from './catalogue-checks.js';
import type { Registration } from './registration.js';
import { bindingsOf, packBindings, type Permission, type RegisteredPack, type Registry } from './registry.js';

/** What declarations are made of. */
export interface DeclareInput {
  readonly pack: Pack;
  readonly rolePrefix: string;
  readonly trustedRoles: readonly string[];
  readonly extensions: readonly string[];
  readonly registry: Registry;
  /** How the pack must be registered; undefined where it is not shared. */
  readonly registration: Registration | undefined;
}

/** What fedgen made in this database, by the registry and by how it names things. */
export function declare(input: DeclareInput): Declared {
  const { registry, rolePrefix, pack } = input;
  return {
    roles: declareRoles(input),
    schemas: [
      schemaOf(planControlPlane(pack, rolePrefix)),
      ...registry.departments.map(({ id, schema }) => ({ name: schema, target: id })),
      ...registry.packs.flatMap(({ id, schemas }) =>
        schemas.map((name) => ({ name, target: sharedTargetId(id) })),
      ),
    ],
    tenants: bindingsOf(registry, rolePrefix),
    packs: registry.packs.map(({ id, group, schemas, identity, scripts }) => ({
      name: id,
      scripts: scripts.length,
      found: { group, schemas, identity },
      wanted: id === pack.family ? (input.registration ?? null) : null,
    })),
    sharing: pack.tables
      .filter((table) => table.sharing !== 'never')
      .map((table) => ({ resource: table.sharing, table: table.name })),
    tables: pack.tables.map((table) => table.name),
    provisioners: registry.provisioners,
    trustedRoles: input.trustedRoles,
    extensions: input.extensions,
  };
}

const schemaOf = ({ target }: TargetPlan): { name: string; target: string } => ({
  name: target.schema,
  target: target.id,
});

function declareRoles({ registry, rolePrefix, pack }: DeclareInput): Declared['roles'] {
  const roles = sharedRoles(rolePrefix);
  return [
    { name: roles.owner, kind: 'owner' },
    { name: roles.admin, kind: 'admin' },
    { name: roles.gateway, kind: 'gateway' },
    { name: roles.tenant, kind: 'group' },
    ...registry.packs.flatMap((registered) => rolesOfPack(registered, pack, rolePrefix)),
    ...registry.departments.map(({ id }) => ({
      name: departmentRole(id, rolePrefix),
      kind: 'tenant' as const,
      target: id,
    })),
    ...packBindings(registry, rolePrefix).map(({ role, pack }) => ({
      name: role,
      kind: 'tenant' as const,
      target: sharedTargetId(pack),
    })),
  ];
}

/**
 * The group of a pack's tenants; where it has none, its own roles: those of pack.yaml, or, of a pack that is not at hand, those
 * that it was registered with.
 */
function rolesOfPack(
  { id, group, roles }: RegisteredPack,
  pack: Pack,
  rolePrefix: string,
): Declared['roles'] {
  const target = sharedTargetId(id);
  if (roles.length === 0) return [{ name: group, kind: 'pack', target }];
  if (id !== pack.family) return roles.map((role) => ({ ...role, target }));
  return pack.roles.map(({ name, kind, execute, read }) => ({
    name: `${rolePrefix}${name}`,
    kind,
    target,
    execute,
    read,
  }));
}

/** What permissions let other departments do with this one, as items of access control lists, by object. */
export function permittedPrivileges(
  plan: TargetPlan,
  { registry, rolePrefix }: Pick<DeclareInput, 'registry' | 'rolePrefix'>,
): Map<string, string[]> {
  const permitted = new Map<string, string[]>();
  const add = (object: string, item: string): void => {
    const items = permitted.get(object) ?? [];
    if (!items.includes(item)) permitted.set(object, [...items, item]);
  };
  const known = new Set(registry.departments.map(({ id }) => id));
  for (const permission of registry.permissions) {
    if (permission.target !== plan.target.id || !known.has(permission.source)) continue;
    const role = departmentRole(permission.source, rolePrefix);
    for (const table of sharedTables(plan.pack, permission)) {
      add(`table ${plan.target.schema}.${table}`, `${role}=r/${plan.roles.owner}`);
      add(`schema ${plan.target.schema}`, `${role}=U/${plan.roles.owner}`);
    }
  }
  return permitted;
}

const sharedTables = (pack: Pack, { resource }: Permission): string[] =>
  pack.tables
    .filter((table) => table.sharing !== 'never' && (resource === '*' || resource === table.sharing))
    .map((table) => table.name);
