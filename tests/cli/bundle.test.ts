import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const BUNDLE = new URL('../../dist/bundle/', import.meta.url);

const read = (file: string): Promise<string> => readFile(new URL(file, BUNDLE), 'utf8');

/** The files that are loaded before main() is called. */
async function loadedFirst(
  file: string,
  seen: ReadonlySet<string> = new Set(),
): Promise<ReadonlySet<string>> {
  let all = new Set([...seen, file]);
  for (const [, next] of (await read(file)).matchAll(/^(?:import|export)\b[^'"]*["']\.\/([^'"]+)["'];/gm))
    if (next !== undefined && !all.has(next)) all = new Set(await loadedFirst(next, all));
  return all;
}

it('starts with the command tree alone', async () => {
  const files = await loadedFirst('main.js');
  const text = (await Promise.all([...files].map(read))).join('\n');
  const packages = [...text.matchAll(/^\s*\/\/ node_modules\/([^/]+)/gm)].map(([, name]) => name);
  expect(new Set(packages)).toEqual(new Set(['commander']));
});

it('keeps the licence of every package that is copied', async () => {
  const files = (await readdir(BUNDLE)).filter((file) => file.endsWith('.js'));
  const text = (await Promise.all(files.map(read))).join('\n');
  const licences = await read('LICENSES.txt');
  const packages = [...text.matchAll(/^\s*\/\/ (?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/gm)];
  expect(packages.length).toBeGreaterThan(20);
  for (const [, name] of packages) expect(licences).toMatch(new RegExp(`^${String(name)} \\d`, 'm'));
});
