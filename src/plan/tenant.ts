import type { Pack } from '../packs/pack.js';
import { tenantType } from '../packs/tenant-type.js';
import { FedgenError } from '../shared/errors.js';
import { displayNameFault } from './names.js';

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
