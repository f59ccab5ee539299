import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';
import type { GeneratedFile } from '../render/compose.js';

/**
 * Writes files into a folder, which is made if it is missing. Each file appears whole or not at all.
 * @returns the paths written, in order.
 * @throws FedgenError E_OUTPUT that names the path.
 */
export async function writeFiles(dir: string, files: readonly GeneratedFile[]): Promise<string[]> {
  const written: string[] = [];
  for (const file of files) {
    const target = path.join(dir, file.name);
    const partial = `${target}.${process.pid}.partial`;
    try {
      await mkdir(dir, { recursive: true });
      await writeFile(partial, file.content);
      await rename(partial, target);
      written.push(target);
    } catch (cause) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw new FedgenError(
        'E_OUTPUT',
        `cannot write ${target}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          hint: 'Name a folder that you may write to with --output-dir, or use --stdout.',
          details: { path: target },
          cause,
        },
      );
    }
  }
  return written;
}
