import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, readSources } from '../architecture/sources.js';

const SRC = new Map(readSources('src', '.ts').map((source) => [source.file, source]));

interface Graph {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** What is loaded at run time when a file of src is: files of src, and packages. */
function loadedBy(entry: string): Graph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    const source = SRC.get(file);
    if (!source) throw new Error(`${file} is no file of src`);
    if (files.has(file)) return;
    files.add(file);
    for (const { specifier, isType } of importsOf(source)) {
      if (isType || specifier.endsWith('.json')) continue;
      if (!specifier.startsWith('.')) packages.add(specifier);
      else visit(posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts'));
    }
  };
  visit(entry);
  return { files, packages };
}

describe('fedgen/client', () => {
  const { files, packages } = loadedBy('src/client.ts');

  it('loads no package: pg is the pool that it is given', () => {
    expect([...packages].sort()).toEqual(['node:crypto', 'node:net']);
  });

  it('loads nothing of fedgen but its own files, errors, and the names of roles', () => {
    const others = [...files].filter((file) => !/^src\/client(?:\/|\.ts$)/.test(file));
    expect(others.sort()).toEqual(['src/plan/names.ts', 'src/shared/errors.ts']);
  });
});

it('loads Kysely for fedgen/client/kysely only', () => {
  const { files, packages } = loadedBy('src/client/kysely.ts');
  expect([...packages].sort()).toEqual(['kysely', 'node:crypto', 'node:net']);
  expect([...files].filter((file) => !file.startsWith('src/client/')).sort()).toEqual([
    'src/plan/names.ts',
    'src/shared/errors.ts',
  ]);
});

it('sees what the library loads', () => {
  const { packages } = loadedBy('src/index.ts');
  expect([...packages]).toEqual(expect.arrayContaining(['nunjucks', 'pg', 'libpg-query']));
});
