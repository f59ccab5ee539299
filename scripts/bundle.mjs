// Puts the command line and the packages that it uses into few files, dist/bundle: Node takes longer to find and to open
// some hundred modules than to run them. What is imported late stays apart. The library is not bundled (docs/adr/0042).
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

const bundle = await rolldown({
  cwd: root,
  input: 'dist/cli/main.js',
  platform: 'node',
  // These look for files of their own, are chosen by the user, or are not there.
  external: [
    'libpg-query',
    'jiti',
    '@aws-sdk/client-secrets-manager',
    'pg-native',
    'pg-cloudflare',
    'chokidar',
  ],
  onLog: (_level, log) => {
    throw new Error(log.message);
  },
});
const { output } = await bundle.write({ dir: 'dist/bundle', cleanDir: true });
await bundle.close();

// What is copied keeps its licence.
const packages = new Set(
  output.flatMap((chunk) => (chunk.moduleIds ?? []).map(packageOf)).filter((dir) => dir !== undefined),
);
const notices = await Promise.all([...packages].sort().map(notice));
await writeFile(path.join(root, 'dist/bundle/LICENSES.txt'), notices.join('\n'));

/** The folder of the package that a module comes from; none for our own. */
function packageOf(module) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module.split(path.sep).join('/'))?.[0];
}

async function notice(dir) {
  const { name, version, license } = JSON.parse(await readFile(path.join(dir, 'package.json'), 'utf8'));
  const file = (await readdir(dir)).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : await readFile(path.join(dir, file), 'utf8');
  return `${name} ${version}, ${license}\n\n${text.trim()}\n`;
}
