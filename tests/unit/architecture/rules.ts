import { posix } from 'node:path';
import { importsOf, usesOf, type Source } from './sources.js';

/** What a folder of src may import: values, and beyond those types only, which are gone at run time. */
interface Allowed {
  readonly values: readonly string[];
  readonly types?: readonly string[];
  /** Single files of other folders. */
  readonly files?: readonly string[];
}

const BEFORE_API = ['shared', 'config', 'packs', 'plan', 'render', 'codegen', 'db', 'apply', 'validate'];

/** Data flows config > packs > plan > render > apply > validate > report; only api and cli compose the stages. */
const DIRECTION: Readonly<Record<string, Allowed>> = {
  shared: { values: [] },
  config: { values: ['shared'] },
  packs: { values: ['shared', 'config'] },
  plan: { values: ['shared', 'packs'] },
  render: { values: ['shared', 'packs', 'plan'] },
  codegen: { values: ['shared', 'packs', 'plan', 'render'] },
  db: { values: ['shared', 'config'] },
  apply: { values: ['shared', 'packs', 'plan', 'render', 'db'] },
  validate: { values: ['shared', 'packs', 'plan', 'render', 'db'] },
  clickhouse: { values: ['shared', 'config', 'packs', 'plan', 'render', 'apply'], types: ['validate'] },
  api: { values: [...BEFORE_API, 'clickhouse'], files: ['src/client/tenant-token.ts'] },
  report: { values: ['shared'], types: ['api', 'validate'] },
  dev: { values: ['shared'] },
  // What an application loads at run time: no more than it needs.
  client: { values: ['shared'], files: ['src/plan/names.ts'] },
  index: { values: ['shared', 'config', 'api', 'client'], types: ['apply', 'validate'] },
  cli: { values: ['shared', 'config', 'report', 'dev', 'index', 'api'], types: BEFORE_API },
};

/** The folder of src that a file belongs to; `index` for src/index.ts. */
const folderOf = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/, '');

/** Imports against the direction, and imports that leave src for anything but the package's own manifest. */
export function directionFaults(source: Source): string[] {
  const from = folderOf(source.file);
  const allowed = DIRECTION[from];
  if (!allowed) return [`${source.file}: the rule does not know the folder ${from}`];
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .flatMap(({ specifier, isType }) => {
      const target = posix.join(posix.dirname(source.file), specifier);
      if (target === 'package.json') return [];
      if (!target.startsWith('src/')) return [`${source.file} leaves src: ${specifier}`];
      const file = target.replace(/\.js$/, '.ts');
      const to = folderOf(file);
      const isRight =
        to === from ||
        allowed.files?.includes(file) === true ||
        [...allowed.values, ...(isType ? (allowed.types ?? []) : [])].includes(to);
      return isRight ? [] : [`${source.file} imports ${isType ? 'types of ' : ''}${to}`];
    });
}

/**
 * The command line loads verbs one by one, since all of them together cost start-up time; but only such verbs as a
 * library user has too: modules of api that src/index.ts exports from.
 */
export function privateApiFaults(source: Source, index: Source): string[] {
  if (folderOf(source.file) !== 'cli') return [];
  const published = importsOf(index).map(({ specifier }) => posix.join('src', specifier));
  return importsOf(source)
    .filter(({ isType }) => !isType)
    .map(({ specifier }) => posix.join(posix.dirname(source.file), specifier))
    .filter((target) => target.startsWith('src/api/') && !published.includes(target))
    .map((target) => `${source.file} imports ${target}, which src/index.ts does not export`);
}

const PURE = ['plan', 'render', 'codegen', 'report'];
const IMPURE_MODULES =
  /^(?:node:(?:fs|net|http|https|tls|dgram|dns|child_process|worker_threads|process|os|timers)|fs|net|child_process|process|os)(?:\/|$)|^pg(?:\/|$)/;
const IMPURE_USES =
  /^(?:process|console)\.|^(?:Date|performance)\.now$|^Math\.random$|^crypto\.random|^new Date\(\)$|^globalThis\./;

/** What plan, render, codegen and report must not do: file system, network, processes, environment, clock, chance, printing. */
export function purityFaults(source: Source): string[] {
  if (!PURE.includes(folderOf(source.file))) return [];
  const modules = importsOf(source).filter(
    ({ specifier, isType }) => !isType && IMPURE_MODULES.test(specifier),
  );
  return [
    ...modules.map(({ specifier }) => specifier),
    ...usesOf(source).filter((use) => IMPURE_USES.test(use)),
  ].map((what) => `${source.file} uses ${what}`);
}

/** The bundle of the command line is one folder: from it only modules of that depth find their files (docs/adr/0042). */
export const whereaboutsFaults = (source: Source): string[] =>
  source.file.split('/').length !== 3 && source.text.includes('import.meta')
    ? [`${source.file} uses import.meta`]
    : [];

const OUTSIDE_WORLD = /^console\.|^process\.(?:exit|exitCode|env|stdin|stdout|stderr|argv|'.*|".*)$/;

/** Printing, leaving and reading the environment: cli only. */
export function outsideWorldFaults(source: Source): string[] {
  const folder = folderOf(source.file);
  if (folder === 'cli') return [];
  const names = importsOf(source).some(({ specifier }) => /^(?:node:)?process$/.test(specifier))
    ? ['node:process']
    : [];
  return [...names, ...usesOf(source).filter((use) => OUTSIDE_WORLD.test(use))].map(
    (what) => `${source.file} uses ${what}`,
  );
}

const LONGEST_FILE = 300;

/** Files that have outgrown their one subject. */
export function lengthFaults({ file, text }: Source): string[] {
  const lines = text.trimEnd().split('\n').length;
  return lines > LONGEST_FILE ? [`${file} has ${lines} lines`] : [];
}

/** Scripts without a rollback of the same name, and the reverse. */
export function pairFaults(migrations: readonly string[], rollbacks: readonly string[]): string[] {
  return [
    ...migrations.filter((name) => !rollbacks.includes(name)).map((name) => `${name} has no rollback`),
    ...rollbacks.filter((name) => !migrations.includes(name)).map((name) => `${name} undoes no script`),
  ];
}
