import { join } from 'node:path';
import { loadPack } from '../../../src/packs/load.js';
import type { Pack } from '../../../src/packs/pack.js';
import { workspace } from '../config/workspace.js';

/** The least that a pack.yaml must say. */
export const yamlOf = (name: string, more = ''): string =>
  `name: ${name}\nversion: 1\ndescription: made up\ntenancy: schema\ntenantColumn: { name: department, type: varchar(100) }\n${more}`;

/** Loads a pack from a fresh folder `packs` with these files, such as `shop/pack.yaml`. */
export function load(name: string, files: Readonly<Record<string, string>>): Promise<Pack> {
  const root = workspace(
    Object.fromEntries(Object.entries(files).map(([file, text]) => [`packs/${file}`, text])),
  );
  return loadPack(name, [join(root, 'packs')]);
}
