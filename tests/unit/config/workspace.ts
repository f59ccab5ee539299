import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadSettings, type LoadSettingsInput } from '../../../src/config/load.js';
import type { Settings } from '../../../src/config/settings.js';
import { FedgenError } from '../../../src/shared/errors.js';

/** A folder of its own for one test, with these files in it; removed afterwards. Returns its path. */
export function workspace(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fedgen-config-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content, { mode: 0o600 });
  }
  return root;
}

/** Loads in a fresh workspace whose root is also the home folder, so that nothing of this machine is read. */
export function load(
  input: Partial<Omit<LoadSettingsInput, 'cwd'>> & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<Settings> {
  const root = workspace(input.files);
  return loadSettings({ ...input, cwd: root, env: { HOME: root, ...input.env } });
}

/** The FedgenError that `run` fails with; anything else fails the test. */
export async function failure(run: () => unknown): Promise<FedgenError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof FedgenError) return error;
    throw error;
  }
  throw new Error('expected a FedgenError, and nothing was thrown');
}
