import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FedgenError } from '../shared/errors.js';

/** Where fedgen is installed: the folder of templates/, migrations/ and rollback/. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Template sources by name, with the path that messages show. */
export type Templates = Map<string, { source: string; file: string }>;

/** Reads every file of a folder with this ending into `into`, named `prefix/relative/path`, in a fixed order. */
export async function readTemplates(
  dir: string,
  prefix: string,
  into: Templates,
  ending = '.njk',
): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) {
    const name = `${prefix}/${path.relative(dir, file).split(path.sep).join('/')}`;
    into.set(name, { source: readText(file), file: displayPath(file) });
  }
}

/**
 * A text file without byte order mark and with LF line ends, so that a checksum is the same on every system.
 * Synchronous: a run reads some hundred small files, and a promise costs ten times as much as the reading.
 * @throws FedgenError E_PACK_INVALID
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
      .replace(/^\uFEFF/, '')
      .replaceAll('\r\n', '\n');
  } catch (cause) {
    throw new FedgenError('E_PACK_INVALID', `cannot read ${displayPath(file)}`, { cause });
  }
}

/** The path as a person knows it: without the installation folder for what comes with fedgen. */
export const displayPath = (file: string): string =>
  file.startsWith(ROOT) ? path.relative(ROOT, file).split(path.sep).join('/') : file;
