import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Compiled sources in a folder of their own. */
export interface Transpiled {
  readonly dir: string;
  remove(): Promise<void>;
}

/**
 * Compiles folders of src/ file by file, so that a plain `node` process can import them: some tests have to kill a
 * whole process. Independent of dist/ and of whether the other sources compile. About 0.2 s.
 */
export async function transpileSources(folders: readonly string[]): Promise<Transpiled> {
  const dir = await mkdtemp(path.join(tmpdir(), 'fedgen-js-'));
  await writeFile(path.join(dir, 'package.json'), '{"type":"module"}');
  await symlink(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'), 'junction');
  for (const folder of folders) {
    await mkdir(path.join(dir, folder), { recursive: true });
    for (const file of await readdir(path.join(ROOT, 'src', folder))) {
      if (!file.endsWith('.ts')) continue;
      const source = await readFile(path.join(ROOT, 'src', folder, file), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
          target: ts.ScriptTarget.ES2023,
          module: ts.ModuleKind.ES2022,
          verbatimModuleSyntax: true,
        },
      });
      await writeFile(path.join(dir, folder, file.replace(/\.ts$/, '.js')), outputText);
    }
  }
  return { dir, remove: async () => await rm(dir, { recursive: true, force: true }) };
}
