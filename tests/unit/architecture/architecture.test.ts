import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  directionFaults,
  lengthFaults,
  outsideWorldFaults,
  pairFaults,
  privateApiFaults,
  purityFaults,
  whereaboutsFaults,
} from './rules.js';
import { readSources, type Source } from './sources.js';

const SRC = readSources('src', '.ts');
const made = (file: string, text: string): Source => ({ file: `src/${file}`, text });

it('reads the sources', () => {
  expect(SRC.length).toBeGreaterThan(80);
  expect(SRC.map(({ file }) => file)).toContain('src/cli/commands/apply.ts');
});

describe('the direction of imports', () => {
  it('is kept by every file', () => {
    expect(SRC.flatMap(directionFaults)).toEqual([]);
  });

  it.each([
    [made('plan/a.ts', `import { x } from '../render/render.js';`), 'src/plan/a.ts imports render'],
    [
      made('plan/a.ts', `import type { X } from '../render/render.js';`),
      'src/plan/a.ts imports types of render',
    ],
    [made('report/a.ts', `import { apply } from '../api/apply.js';`), 'src/report/a.ts imports api'],
    [
      made('cli/commands/a.ts', `import { x } from '../../render/sql.js';`),
      'src/cli/commands/a.ts imports render',
    ],
    [made('cli/a.ts', `const m = await import('../apply/apply.js');`), 'src/cli/a.ts imports apply'],
    [made('dev/a.ts', `export * from '../config/load.js';`), 'src/dev/a.ts imports config'],
    [made('index.ts', `export { buildWorklist } from './apply/worklist.js';`), 'src/index.ts imports apply'],
    [made('shared/a.ts', `import { type A, b } from '../plan/names.js';`), 'src/shared/a.ts imports plan'],
    [made('api/a.ts', `import '../index.js';`), 'src/api/a.ts imports index'],
    [made('api/a.ts', `import { x } from '../../tests/support/x.js';`), 'leaves src: ../../tests'],
    [made('api/a.ts', `import { x } from '../../dist/index.js';`), 'leaves src: ../../dist'],
    [made('client/a.ts', `import { x } from '../plan/target.js';`), 'src/client/a.ts imports plan'],
    [made('utils/a.ts', ''), 'does not know the folder utils'],
  ])('refuses %o', (source, fault) => {
    expect(directionFaults(source)).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    made('cli/progress.ts', `import type { RunEvent } from '../apply/events.js';`),
    made('cli/commands/a.ts', `import { apply, type ApplyResult } from '../../index.js';`),
    made('client/a.ts', `import { tenantRole } from '../plan/names.js';`),
    made('report/a.ts', `import { type ApplyResult } from '../api/apply.js';`),
    made('plan/a.ts', `// import { x } from '../render/render.js';\nconst s = "import '../cli/main.js'";`),
  ])('lets through %o', (source) => {
    expect(directionFaults(source)).toEqual([]);
  });
});

describe('the command line uses no verb that a library user lacks', () => {
  const index = made('index.ts', `export { apply } from './api/apply.js';`);

  it('in any file', () => {
    const real = SRC.find(({ file }) => file === 'src/index.ts') ?? index;
    expect(SRC.flatMap((source) => privateApiFaults(source, real))).toEqual([]);
  });

  it('and is told when it does', () => {
    const text = `import { apply } from '../api/apply.js';\nimport { prepare } from '../api/options.js';`;
    expect(privateApiFaults(made('cli/a.ts', text), index)).toEqual([
      'src/cli/a.ts imports src/api/options.js, which src/index.ts does not export',
    ]);
  });
});

describe('plan, render and report are pure', () => {
  it('in every file', () => {
    expect(SRC.flatMap(purityFaults)).toEqual([]);
  });

  it.each([
    [`import { readFile } from 'node:fs/promises';`, 'node:fs/promises'],
    [`import net from 'node:net';`, 'node:net'],
    [`import { spawn } from 'node:child_process';`, 'node:child_process'],
    [`import pg from 'pg';`, 'pg'],
    [`const at = Date.now();`, 'Date.now'],
    [`const at = new Date();`, 'new Date()'],
    [`const x = Math.random();`, 'Math.random'],
    [`console.log(1);`, 'console.log'],
    [`const { env } = process;`, 'process.env'],
    [`const home = process['env'];`, `process.'env'`],
  ])('refuses %s', (text, what) => {
    expect(purityFaults(made('render/a.ts', text))).toEqual([`src/render/a.ts uses ${what}`]);
    expect(purityFaults(made('apply/a.ts', text))).toEqual([]);
  });

  it('takes dates that are given, and talk of the forbidden', () => {
    const text = `const d = new Date(given); // Date.now()\nconst s = 'process.env';\nimport type { Client } from 'pg';`;
    expect(purityFaults(made('report/a.ts', text))).toEqual([]);
  });
});

describe('only modules directly in a folder of src ask where they are', () => {
  it('in every file', () => {
    expect(SRC.flatMap(whereaboutsFaults)).toEqual([]);
  });

  it('and is told when another one does', () => {
    const text = `const root = new URL('../../..', import.meta.url);`;
    expect(whereaboutsFaults(made('packs/a.ts', text))).toEqual([]);
    for (const file of ['packs/b/a.ts', 'a.ts'])
      expect(whereaboutsFaults(made(file, text))).toEqual([`src/${file} uses import.meta`]);
  });
});

describe('only the command line prints, exits and reads the environment', () => {
  it('in every file', () => {
    expect(SRC.flatMap(outsideWorldFaults)).toEqual([]);
  });

  it.each([
    'console.error(1);',
    'process.exit(1);',
    'process.exitCode = 1;',
    'const x = process.env.HOME;',
    'process.stdout.write(s);',
    'const { stderr } = process;',
    'process["env"];',
    `import { env } from 'node:process';`,
  ])('refuses %s', (text) => {
    expect(outsideWorldFaults(made('config/a.ts', text))).toHaveLength(1);
    expect(outsideWorldFaults(made('cli/a.ts', text))).toEqual([]);
  });

  it('takes what tells only of the machine', () => {
    expect(outsideWorldFaults(made('dev/a.ts', 'const x = process.platform + process.pid;'))).toEqual([]);
  });
});

describe('files have one subject', () => {
  it('so none is longer than 300 lines', () => {
    expect(SRC.flatMap(lengthFaults)).toEqual([]);
  });

  it('and 301 are told', () => {
    expect(lengthFaults(made('a.ts', 'x\n'.repeat(300)))).toEqual([]);
    expect(lengthFaults(made('a.ts', 'x\n'.repeat(301)))).toEqual(['src/a.ts has 301 lines']);
  });
});

describe('migrations and rollbacks', () => {
  const names = (folder: string): string[] => readSources(folder, '.sql').map(({ file }) => basename(file));

  it('stand side by side', () => {
    expect(names('migrations').length).toBeGreaterThan(5);
    expect(pairFaults(names('migrations'), names('rollback'))).toEqual([]);
  });

  it('are told when one lacks the other', () => {
    expect(pairFaults(['a.sql', 'b.sql'], ['b.sql', 'c.sql'])).toEqual([
      'a.sql has no rollback',
      'c.sql undoes no script',
    ]);
  });
});
