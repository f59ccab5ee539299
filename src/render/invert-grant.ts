import type { AccessPriv, GrantStmt, ObjectType } from 'libpg-query';
import { addressOf, keywordOf, plain, relation, roleSql } from './invert-names.js';
import type { Addressed, Group } from './invert-names.js';
import type { Effect, Handlers } from './invert-scope.js';
import { quoteIdentifier } from './quote.js';
import { option, pick, pickAll, strings } from './sql-nodes.js';
import type { Node, NodeMap } from './sql-nodes.js';

const REVOKED = 'REVOKE: what was held before is not known; bring a rollback that grants it again';
const PUBLIC_HOLDS =
  'PUBLIC holds this by default, so revoking it would take away more than was granted; leave it out';

/** What PUBLIC may do with a new object of each kind (PostgreSQL's hard-wired default privileges). */
const HELD_BY_PUBLIC: { readonly [K in ObjectType]?: string } = {
  OBJECT_FUNCTION: 'execute',
  OBJECT_PROCEDURE: 'execute',
  OBJECT_ROUTINE: 'execute',
  OBJECT_TYPE: 'usage',
  OBJECT_DOMAIN: 'usage',
  OBJECT_LANGUAGE: 'usage',
  OBJECT_DATABASE: 'connect, temporary',
};
/** The objects of ALTER DEFAULT PRIVILEGES and of ALL … IN SCHEMA. */
const PLURAL: { readonly [K in ObjectType]?: string } = {
  OBJECT_TABLE: 'tables',
  OBJECT_SEQUENCE: 'sequences',
  OBJECT_FUNCTION: 'functions',
  OBJECT_PROCEDURE: 'procedures',
  OBJECT_ROUTINE: 'routines',
  OBJECT_TYPE: 'types',
  OBJECT_SCHEMA: 'schemas',
  OBJECT_LARGEOBJECT: 'large objects',
};
/** Keywords that GRANT spells in another way than DDL does. */
const GRANT_KEYWORDS: { readonly [K in ObjectType]?: string } = { OBJECT_FOREIGN_SERVER: 'foreign server' };

const PRIVILEGE = /^[a-z ]+$/i;

function privilege({ priv_name: name, cols }: AccessPriv): string {
  const word = name === undefined ? 'all' : PRIVILEGE.test(name) ? name.toLowerCase() : quoteIdentifier(name);
  return cols === undefined ? word : `${word} (${strings(cols).map(quoteIdentifier).join(', ')})`;
}

function privileges(node: GrantStmt): string {
  return pickAll(node.privileges, 'AccessPriv').map(privilege).join(', ') || 'all';
}

const grantees = (nodes: readonly Node[] | undefined): string =>
  pickAll(nodes, 'RoleSpec')
    .map((role) => roleSql(role))
    .join(', ');

const namesPublic = (nodes: readonly Node[] | undefined): boolean =>
  pickAll(nodes, 'RoleSpec').some(({ roletype }) => roletype === 'ROLESPEC_PUBLIC');

interface Objects {
  readonly sql: string;
  readonly within: readonly Group[];
}

function namedObjects(node: GrantStmt): Objects | undefined {
  const type = node.objtype;
  const found = (node.objects ?? []).map((object): Addressed | undefined => {
    const range = pick(object, 'RangeVar');
    if (range !== undefined) return { keyword: keywordOf(type) ?? 'table', address: relation(range) };
    return addressOf(type, object);
  });
  const objects = found.filter((object) => object !== undefined);
  const keyword = (type && GRANT_KEYWORDS[type]) ?? objects[0]?.keyword;
  if (keyword === undefined || objects.length !== found.length) return undefined;
  const names = objects.map(({ address }) => address.sql).join(', ');
  return { sql: `${keyword} ${names}`, within: objects.map(({ address }) => address.within) };
}

function allInSchema(node: GrantStmt): Objects | undefined {
  const kind = node.objtype && PLURAL[node.objtype];
  const schemas = strings(node.objects).map((name) => plain('schema', name));
  if (kind === undefined) return undefined;
  const names = schemas.map(({ sql }) => sql).join(', ');
  return { sql: `all ${kind} in schema ${names}`, within: schemas.map(({ within }) => within) };
}

function grant(node: GrantStmt): Effect {
  const isAll = node.targtype === 'ACL_TARGET_ALL_IN_SCHEMA';
  const objects = isAll ? allInSchema(node) : namedObjects(node);
  if (objects === undefined) return { reason: 'fedgen cannot undo a GRANT or REVOKE on this kind of object' };
  const { within } = objects;
  if (node.is_grant !== true) return { within, reason: REVOKED, isFree: true };
  const by = node.grantor === undefined ? '' : ` granted by ${roleSql(node.grantor)}`;
  const release = `revoke ${privileges(node)} on ${objects.sql} from ${grantees(node.grantees)}${by}`;
  const isHeld = namesPublic(node.grantees) && HELD_BY_PUBLIC[node.objtype ?? 'OBJECT_TABLE'] !== undefined;
  if (isHeld) return { within, release, reason: PUBLIC_HOLDS };
  if (!isAll) return { within, undo: release };
  return {
    within,
    release,
    reason: 'ALL … IN SCHEMA: grants held before would be revoked too; name the objects',
  };
}

function grantRole(node: NodeMap['GrantRoleStmt']): Effect {
  const roles = pickAll(node.granted_roles, 'AccessPriv').map(({ priv_name }) =>
    plain('role', priv_name ?? ''),
  );
  const members = pickAll(node.grantee_roles, 'RoleSpec');
  // a membership goes with either of its two roles
  const within = roles.flatMap((role) => members.map((member) => [role.key, `role ${roleSql(member)}`]));
  if (node.is_grant !== true) return { within, reason: REVOKED, isFree: true };
  const by = node.grantor === undefined ? '' : ` granted by ${roleSql(node.grantor)}`;
  const names = roles.map(({ sql }) => sql).join(', ');
  return { within, undo: `revoke ${names} from ${grantees(node.grantee_roles)}${by}` };
}

function listOption(options: readonly Node[] | undefined, name: string): readonly Node[] {
  return pick(option(options, name), 'List')?.items ?? [];
}

function defaultPrivileges(node: NodeMap['AlterDefaultPrivilegesStmt']): Effect {
  const { action, options } = node;
  const kind = action?.objtype && PLURAL[action.objtype];
  if (action === undefined || kind === undefined)
    return { reason: 'fedgen does not know this kind of default privilege' };
  const owners = listOption(options, 'roles');
  const schemas = strings(listOption(options, 'schemas')).map((name) => plain('schema', name));
  const scope = [
    'alter default privileges',
    owners.length > 0 ? ` for role ${grantees(owners)}` : '',
    schemas.length > 0 ? ` in schema ${schemas.map(({ sql }) => sql).join(', ')}` : '',
  ].join('');
  const within = schemas.map((schema) => schema.within);
  const held = HELD_BY_PUBLIC[action.objtype ?? 'OBJECT_TABLE'];
  if (action.is_grant === true) {
    const undo = `${scope} revoke ${privileges(action)} on ${kind} from ${grantees(action.grantees)}`;
    const isHeld = schemas.length === 0 && held !== undefined && namesPublic(action.grantees);
    return isHeld ? { within, reason: PUBLIC_HOLDS } : { within, undo };
  }
  return {
    within,
    isFree: true,
    ...restoreDefault(action, schemas.length > 0, `${scope} grant ${held} on ${kind} to public`),
  };
}

/** Revoking from PUBLIC what it holds by default is undone by granting exactly that; then no entry is left. */
function restoreDefault(action: GrantStmt, isInSchema: boolean, undo: string): Effect {
  const isOnlyPublic = pickAll(action.grantees, 'RoleSpec').every(
    ({ roletype }) => roletype === 'ROLESPEC_PUBLIC',
  );
  if (isInSchema) {
    return {
      reason:
        'IN SCHEMA cannot take away what PUBLIC holds by default: leave IN SCHEMA out, or bring a rollback',
    };
  }
  if (!isOnlyPublic || action.grant_option === true) return { reason: REVOKED };
  const held = HELD_BY_PUBLIC[action.objtype ?? 'OBJECT_TABLE'];
  const revoked = privileges(action);
  if (held === undefined) return { undo: '' };
  return revoked === held || revoked === 'all' ? { undo } : { reason: REVOKED };
}

/** GRANT, REVOKE, role memberships and default privileges. */
export const GRANT_HANDLERS: Handlers = {
  GrantStmt: grant,
  GrantRoleStmt: grantRole,
  AlterDefaultPrivilegesStmt: defaultPrivileges,
};
