import { createHash } from 'node:crypto';
import type { PackRole } from '../packs/pack.js';
import { FedgenError } from '../shared/errors.js';

/** Roles that all targets of one installation share. Cluster-wide, hence the prefix. */
export interface SharedRoles {
  /** NOLOGIN, owns every schema, table and function. */
  readonly owner: string;
  /** NOLOGIN group of all tenant roles: it carries the rights that all of them need. */
  readonly tenant: string;
  /** Platform administrators; they pass by policy. */
  readonly admin: string;
  /** NOINHERIT gateway of pooled applications, which become a tenant role by SET LOCAL ROLE. */
  readonly gateway: string;
}

/** Longest identifier that PostgreSQL keeps, in bytes. */
export const MAX_IDENTIFIER_BYTES = 63;
export const CONTROL_SCHEMA = 'federation';

/** Length of the hash that stands in a role's name where the tenant's id itself cannot. */
const HASH_LENGTH = 10;
const SLUG = /^[a-z][a-z0-9_]*$/;
const RESERVED_IDS = new Set(['federation', 'public', 'information_schema', 'control_plane']);

/** The shared roles' names with the installation's prefix. */
export function sharedRoles(rolePrefix: string): SharedRoles {
  return {
    owner: `${rolePrefix}federation_owner`,
    tenant: `${rolePrefix}federation_tenant`,
    admin: `${rolePrefix}federation_admin_role`,
    gateway: `${rolePrefix}cross_dept_query_role`,
  };
}

/** Schema of a department. */
export const departmentSchema = (id: string): string => `${id}_tenant`;
/** Login role of a department. */
export const departmentRole = (id: string, rolePrefix: string): string => `${rolePrefix}${id}_role`;

/** Key of a shared pack in the ledger. No department id holds a colon, so the two cannot be mixed up. */
export const sharedTargetId = (pack: string): string => `pack:${pack}`;
/** What a pack's name looks like inside SQL names. */
export const packSlug = (pack: string): string => pack.replaceAll('-', '_');
/** Group role of the tenants of a shared pack. */
export const packGroup = (pack: string, rolePrefix: string): string =>
  `${rolePrefix}${packSlug(pack)}_tenant`;

/** What names of an installation are made of. */
export interface NamedPack {
  readonly family: string;
  readonly schemas: readonly string[];
  readonly roles: readonly Pick<PackRole, 'name' | 'kind'>[];
}

/** The names of the roles that a pack brings. */
export const packRoles = ({ roles }: Pick<NamedPack, 'roles'>, rolePrefix: string): Record<string, string> =>
  Object.fromEntries(roles.map(({ name }) => [name, `${rolePrefix}${name}`]));

/** The group of those who use an installation: its first caller, or the group of its tenants. */
export function groupOf({ family, roles }: Pick<NamedPack, 'family' | 'roles'>, rolePrefix: string): string {
  const caller = roles.find(({ kind }) => kind === 'caller');
  return caller ? `${rolePrefix}${caller.name}` : packGroup(family, rolePrefix);
}

/**
 * The login role of a tenant of a shared pack: `shop_t001_role` for T001. An id of which nothing would be left, or that
 * would make the name too long, is replaced or cut and followed by a hash of it.
 * @throws FedgenError E_NAME_INVALID where the name is one of the shared roles'.
 */
export function tenantRole(family: string, id: string, rolePrefix: string): string {
  const slug = id.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  const room = MAX_IDENTIFIER_BYTES - Buffer.byteLength(`${rolePrefix}${packSlug(family)}__role`);
  const fits = slug.length <= room && /[a-z0-9]/.test(slug);
  const hash = createHash('sha256').update(id).digest('hex').slice(0, HASH_LENGTH);
  const part = fits ? slug : `${slug.slice(0, Math.max(0, room - HASH_LENGTH - 1))}_${hash}`;
  const role = `${rolePrefix}${packSlug(family)}_${part}_role`;
  const isShared = Object.values(sharedRoles(rolePrefix)).includes(role);
  if (!isShared && Buffer.byteLength(role) <= MAX_IDENTIFIER_BYTES) return role;
  const why = isShared ? 'is one of the shared roles' : `is longer than ${MAX_IDENTIFIER_BYTES} bytes`;
  throw new FedgenError(
    'E_NAME_INVALID',
    `tenant id ${JSON.stringify(id)} gives the role name "${role}", which ${why}`,
    {
      hint: 'Use another id, or a shorter role prefix or name of the pack.',
      details: { tenantId: id, role },
    },
  );
}

/**
 * Refuses an installation whose schemas or roles could be taken for something else.
 * @throws FedgenError E_NAME_INVALID that names every fault at once.
 */
export function assertInstallation(
  pack: NamedPack,
  rolePrefix: string,
  isReservedWord: (word: string) => boolean,
): void {
  const named = [groupOf(pack, rolePrefix), ...Object.values(packRoles(pack, rolePrefix))];
  const faults = [
    ...pack.schemas.flatMap((schema) => schemaFaults(schema, isReservedWord)),
    ...[...new Set(named)].flatMap((role) => [...tooLong(role), ...takenRole(role, rolePrefix)]),
  ];
  if (faults.length === 0) return;
  throw new FedgenError('E_NAME_INVALID', `pack ${pack.family}: ${faults.join('; ')}`, {
    hint: 'Rename the pack (or copy it under another name), or list other names under "schemas" in its pack.yaml.',
    details: { pack: pack.family, faults },
  });
}

function schemaFaults(schema: string, isReservedWord: (word: string) => boolean): string[] {
  return [
    isReservedWord(schema) && 'is a reserved word of SQL',
    schema.startsWith('pg_') && 'starts with pg_, which PostgreSQL keeps for itself',
    RESERVED_IDS.has(schema) && 'is a name that fedgen keeps for itself',
    schema.endsWith('_tenant') && 'ends in _tenant, as the schemas of departments do',
  ]
    .filter((fault) => typeof fault === 'string')
    .map((fault) => `schema "${schema}" ${fault}`);
}

function tooLong(name: string): string[] {
  const bytes = Buffer.byteLength(name);
  if (bytes <= MAX_IDENTIFIER_BYTES) return [];
  return [`gives the name "${name}" of ${bytes} bytes, and PostgreSQL keeps ${MAX_IDENTIFIER_BYTES}`];
}

const takenRole = (role: string, rolePrefix: string): string[] =>
  Object.values(sharedRoles(rolePrefix)).includes(role)
    ? [`gives the role name "${role}", which is one of the shared roles`]
    : [];

/**
 * Refuses a department id from which no safe set of names can be derived.
 * @param isReservedWord tells SQL keywords apart (the grammar's own list).
 * @throws FedgenError E_NAME_INVALID that names every fault at once.
 */
export function assertDepartmentId(
  id: string,
  rolePrefix: string,
  isReservedWord: (word: string) => boolean,
): void {
  const faults = SLUG.test(id) ? derivedNameFaults(id, rolePrefix, isReservedWord) : [slugFault(id)];
  if (faults.length === 0) return;
  throw new FedgenError('E_NAME_INVALID', `department id ${JSON.stringify(id)} ${faults.join('; it ')}`, {
    hint: 'Use a short slug: a lower-case letter, then lower-case letters, digits and underscores, for example "legal" or "it_support".',
    details: { departmentId: id, faults },
  });
}

function slugFault(id: string): string {
  if (id === '') return 'is empty';
  if (!/^[a-z]/.test(id)) return 'does not start with a lower-case letter';
  const bad = [...new Set(Array.from(id).filter((char) => !/[a-z0-9_]/.test(char)))];
  return `holds ${bad.map((char) => JSON.stringify(char)).join(', ')}, which no department id may hold`;
}

function derivedNameFaults(
  id: string,
  rolePrefix: string,
  isReservedWord: (word: string) => boolean,
): string[] {
  const faults: string[] = [];
  if (isReservedWord(id)) faults.push('is a reserved word of SQL');
  if (id.startsWith('pg_')) faults.push('starts with pg_, which PostgreSQL keeps for itself');
  if (RESERVED_IDS.has(id)) faults.push('is a name that fedgen keeps for itself');
  const role = departmentRole(id, rolePrefix);
  return [...faults, ...tooLong(departmentSchema(id)), ...tooLong(role), ...takenRole(role, rolePrefix)];
}

/**
 * Refuses display names that no register should hold: empty, over 255 characters (the column's width), or with
 * control characters other than none at all. Quotes are fine: names reach SQL as literals only.
 * @throws FedgenError E_NAME_INVALID.
 */
export function assertDepartmentName(name: string): void {
  const fault = displayNameFault(name);
  if (fault === undefined) return;
  throw new FedgenError('E_NAME_INVALID', `department name ${JSON.stringify(name)} ${fault}`, {
    hint: 'Give the name as people write it, on one line: --department "Legal Department".',
    details: { department: name },
  });
}

/** What is wrong with a display name; undefined for a good one. */
export function displayNameFault(name: string): string | undefined {
  if (name.trim() === '') return 'is empty';
  const { length } = Array.from(name);
  if (length > 255) return `has ${length} characters; 255 are kept`;
  return /[\p{Cc}\p{Co}\p{Cs}\u2028\u2029]/u.test(name)
    ? 'holds a line break or another control character'
    : undefined;
}
