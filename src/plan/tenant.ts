import { createHash } from 'node:crypto';
import type { Pack } from '../packs/pack.js';
import { tenantType } from '../packs/tenant-type.js';
import { FedgenError } from '../shared/errors.js';
import { displayNameFault, MAX_IDENTIFIER_BYTES, packSlug, sharedRoles } from './names.js';

/** Length of the hash that stands in a role's name where the tenant's id itself cannot. */
const HASH_LENGTH = 10;

/**
 * A tenant id of a shared pack as PostgreSQL prints it: a UUID in lower case, for instance.
 * @throws FedgenError E_NAME_INVALID for what the pack's tenant column cannot hold.
 */
export function parseTenantId(pack: Pack, id: string): string {
  const { name, type } = pack.tenantColumn;
  const parsed = tenantType(type)?.parse(id) ?? { fault: `does not fit ${type}` };
  if ('id' in parsed) return parsed.id;
  throw new FedgenError('E_NAME_INVALID', `tenant id ${JSON.stringify(id)} ${parsed.fault}`, {
    hint: `Pack ${pack.name} keeps tenants in ${name} ${type}.`,
    details: { tenantId: id, fault: parsed.fault },
  });
}

/** @throws FedgenError E_NAME_INVALID for a display name that no register should hold. */
export function assertTenantName(name: string): void {
  const fault = displayNameFault(name);
  if (fault === undefined) return;
  throw new FedgenError('E_NAME_INVALID', `tenant name ${JSON.stringify(name)} ${fault}`, {
    hint: 'Give the name as people write it, on one line: --name "Acme Corp".',
    details: { name },
  });
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
