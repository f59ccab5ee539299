import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, runCli, type Workspace } from '../support/cli.js';
import { listBuiltInPacks } from '../../src/packs/load.js';

const GOLDEN = fileURLToPath(new URL('../golden/sql/array/', import.meta.url));
const KNOWN = fileURLToPath(new URL('../../dist/known.json', import.meta.url));

let workspace: Workspace;
beforeEach(async () => void (workspace = await makeWorkspace()));
afterEach(async () => await workspace.remove());

describe('packs that the build has compiled', () => {
  it('are all of those that come with fedgen', async () => {
    const known = JSON.parse(await readFile(KNOWN, 'utf8')) as Record<string, object>;
    expect(Object.keys(known['manifests'] ?? {})).toHaveLength((await listBuiltInPacks()).length);
    expect(Object.keys(known['templates'] ?? {}).length).toBeGreaterThan(20);
    expect(Object.keys(known['read'] ?? {}).length).toBeGreaterThan(40);
  });

  it('render to the same bytes as from their sources, which the goldens were made of', async () => {
    const name = "Human Resources & O'Brien";
    const args = ['generate', '--department', name, '--department-id', 'hr', '--control-plane'];
    const { code } = await runCli(args, { cwd: workspace.dir });
    expect(code).toBe(0);
    for (const file of (await readdir(GOLDEN)).filter((each) => each.endsWith('.sql'))) {
      const built = await readFile(path.join(workspace.dir, 'generated', file), 'utf8');
      expect(built).toBe(await readFile(path.join(GOLDEN, file), 'utf8'));
    }
  });
});
