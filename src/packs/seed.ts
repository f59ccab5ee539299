import { FedgenError } from '../shared/errors.js';
import type { Templates } from './files.js';
import type { SeedTenant } from './pack.js';
import type { RawPack } from './schema.js';

/**
 * The seed of a pack with its scripts found.
 * @throws FedgenError E_PACK_INVALID that names every script that is missing.
 */
export function seedTenants(
  pack: string,
  seed: NonNullable<RawPack['seed']>,
  templates: Templates,
): SeedTenant[] {
  const nameOf = (script: string): string => `${pack}/${script}`;
  const missing = seed.tenants.filter(({ script }) => !templates.has(nameOf(script)));
  if (missing.length > 0) {
    const files = missing.map(({ script }) => script).join(', ');
    throw new FedgenError(
      'E_PACK_INVALID',
      `pack ${pack}: the seed names templates that are not there: ${files}`,
      {
        hint: 'Name them by their path below the folder of the pack, for example seed/t001.sql.njk.',
        details: { pack, files: missing.map(({ script }) => script) },
      },
    );
  }
  return seed.tenants.map(({ script, ...tenant }) => {
    const name = nameOf(script);
    return { ...tenant, script: { name, file: templates.get(name)?.file ?? name } };
  });
}
