import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  expectError,
  makeInstallation,
  makeWorkspace,
  parseDocument,
  runCli,
  type Workspace,
} from '../support/cli.js';
import { CONTROL_PLANE_SCRIPTS } from '../support/control-plane.js';
import { snapshotCatalogue, diffCatalogues } from '../support/catalogue.js';
import { withClient } from '../support/database.js';

let workspace: Workspace;
beforeEach(async () => void (workspace = await makeWorkspace()));
afterEach(async () => await workspace.remove());

const LEGAL = ['generate', '--department', 'Legal Department', '--department-id', 'legal'];
const RLS_FILES = ['rls_policies_legal.sql', 'rls_policies_legal.rollback.sql'];
const CONTROL_PLANE = ['control_plane.sql', 'control_plane.rollback.sql'];
const FILES = [
  'schema_legal_tenant.sql',
  'schema_legal_tenant.rollback.sql',
  ...RLS_FILES,
  'manifest_legal.json',
];

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function readAll(dir: string, names: readonly string[]): Promise<Record<string, string>> {
  const texts = await Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')));
  return Object.fromEntries(names.map((name, at) => [name, texts[at] ?? '']));
}

async function expectManifest(dir: string, names: readonly string[]): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(path.join(dir, 'manifest_legal.json'), 'utf8'));
  const files = await readAll(dir, names);
  expect(manifest).toMatchObject({
    schemaVersion: 1,
    department: { id: 'legal', name: 'Legal Department', schema: 'legal_tenant', role: 'legal_role' },
    pack: { name: 'federation' },
    files: names.map((name) => ({ name, sha256: sha256(files[name] ?? '') })),
  });
  expect(manifest).not.toHaveProperty('generatedAt');
}

describe('the files', () => {
  it('are those of the seed, and the manifest knows their checksums', async () => {
    const { code, stdout } = await runCli(LEGAL, { cwd: workspace.dir });
    expect(code).toBe(0);
    expect(stdout).toBe(FILES.map((name) => `Generated: generated/${name}\n`).join(''));
    expect(await workspace.files()).toEqual(FILES.map((name) => `generated/${name}`).sort());
    await expectManifest(path.join(workspace.dir, 'generated'), FILES.slice(0, -1));
  });

  it('are the same bytes the second time, and from another folder', async () => {
    await workspace.write('fedgen.config.yaml', 'outputDir: out\n');
    const below = path.join(workspace.dir, 'a', 'b');
    await mkdir(below, { recursive: true });
    await runCli(LEGAL, { cwd: workspace.dir });
    const first = await readAll(path.join(workspace.dir, 'out'), FILES);
    await runCli(LEGAL, { cwd: workspace.dir });
    expect(await readAll(path.join(workspace.dir, 'out'), FILES)).toEqual(first);
    // HOME is the working directory of a test: the search for the configuration goes up to it and no further.
    const { code, stdout } = await runCli(LEGAL, { cwd: below, env: { HOME: workspace.dir } });
    expect({ code, first: stdout.split('\n')[0] }).toEqual({
      code: 0,
      first: `Generated: ../../out/${FILES[0]}`,
    });
    expect(await readAll(path.join(workspace.dir, 'out'), FILES)).toEqual(first);
    await runCli([...LEGAL, '--output-dir', 'there'], { cwd: below });
    expect(await readAll(path.join(below, 'there'), FILES)).toEqual(first);
  });

  it('note the time only when asked to', async () => {
    await runCli([...LEGAL, '--timestamp'], { cwd: workspace.dir });
    const manifest = await readFile(path.join(workspace.dir, 'generated', 'manifest_legal.json'), 'utf8');
    const at: unknown = Reflect.get(Object(JSON.parse(manifest)), 'generatedAt');
    expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(60_000);
  });

  it('are two with --rls-only', async () => {
    await runCli([...LEGAL, '--rls-only'], { cwd: workspace.dir });
    expect(await workspace.files()).toEqual(
      [...RLS_FILES, 'manifest_legal.json'].map((name) => `generated/${name}`).sort(),
    );
    await expectManifest(path.join(workspace.dir, 'generated'), RLS_FILES);
    const { stdout } = await runCli([...LEGAL, '--rls-only', '--stdout'], { cwd: workspace.dir });
    expect(stdout).toContain('create policy');
    expect(stdout).not.toContain('create table');
  });

  it('are those of the control plane as well with --control-plane', async () => {
    await runCli([...LEGAL, '--control-plane'], { cwd: workspace.dir });
    expect(await workspace.files()).toEqual(
      [...CONTROL_PLANE, ...FILES].map((name) => `generated/${name}`).sort(),
    );
  });

  it('stay away with --stdout, which prints the SQL alone', async () => {
    const { code, stdout, stderr } = await runCli([...LEGAL, '--stdout'], { cwd: workspace.dir });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^create table /gm)).toHaveLength(24);
    expect(stdout).toContain('create policy');
    expect(await workspace.files()).toEqual([]);
  });

  it('are named in json', async () => {
    const result = await runCli([...LEGAL, '--format', 'json'], { cwd: workspace.dir });
    expect(parseDocument(result)).toMatchObject({
      generate: { departmentId: 'legal', files: FILES, written: FILES.map((name) => `generated/${name}`) },
    });
  });
});

describe('a folder that cannot be written to', () => {
  it.each([['file'], ['file/below']])('%s', async (dir) => {
    await workspace.write('file', 'kept');
    const result = await runCli([...LEGAL, '--output-dir', dir], { cwd: workspace.dir });
    expectError(result, 2, 'E_OUTPUT');
    expect(result.stderr).toContain(path.join(workspace.dir, dir, 'schema_legal_tenant.sql'));
    expect(result.stderr).toContain('--output-dir');
    expect(await workspace.files()).toEqual(['file']);
  });

  it('because a folder stands where a file belongs', async () => {
    await mkdir(path.join(workspace.dir, 'generated', 'schema_legal_tenant.sql'), { recursive: true });
    const result = await runCli(LEGAL, { cwd: workspace.dir });
    expectError(result, 2, 'E_OUTPUT');
    expect(result.stderr).toContain('schema_legal_tenant.sql');
    expect((await workspace.files()).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('code instead of SQL', () => {
  const run = (...args: string[]): ReturnType<typeof runCli> =>
    runCli(['generate', ...args], { cwd: workspace.dir });

  it('goes to the named file, or to one that is called as the pack', async () => {
    const named = await run('--pack', 'shop', '--types', 'src/shop.ts', '--prisma', '--output-dir', 'out');
    expect(named).toMatchObject({
      code: 0,
      stdout: 'Generated: src/shop.ts\nGenerated: out/shop.prisma\n',
    });
    const written = await readFile(path.join(workspace.dir, 'src/shop.ts'), 'utf8');
    expect(written).toContain('shopPack: PackTables');
    expect((await run('--pack', 'shop', '--types', '--stdout')).stdout).toBe(written);
  });

  it('needs no department, and does not go with what SQL is for', async () => {
    expect(await run('--types', '--stdout')).toMatchObject({ code: 0 });
    expectError(await run('--types', '--apply'), 2, 'E_USAGE');
  });
});

it('--apply --validate goes the whole way at once, and a second time finds nothing to do', async () => {
  const own = await makeInstallation(inject('testServer'), 'generate');
  try {
    const first = await own.ok(...LEGAL, '--apply', '--validate');
    expect(first.stdout).toMatch(/^Generated: generated\/schema_legal_tenant\.sql\n/);
    expect(first.stdout).toContain(`Applied ${CONTROL_PLANE_SCRIPTS + 11} scripts to legal_tenant`);
    expect(first.stdout).toMatch(/^All \d+ checks passed\.$/m);
    const snapshot = (): Promise<string[]> => withClient(own.url, (client) => snapshotCatalogue(client));
    const before = await snapshot();
    const second = parseDocument(await own.ok(...LEGAL, '--apply', '--validate', '--format', 'json'));
    expect(second).toMatchObject({ generate: {}, apply: { controlPlane: [] }, validate: { passed: true } });
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  } finally {
    await own.drop();
  }
});
