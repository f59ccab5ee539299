import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FedgenError } from '../shared/errors.js';
import { configInvalid, type Problem } from './problems.js';

/** What a configuration file held; not yet checked against the schema. */
export interface ConfigFile {
  /** Absolute path. */
  readonly path: string;
  /** How messages name it: relative to the working directory. */
  readonly label: string;
  readonly raw: unknown;
  /** The line, from 1, of a key; undefined where the format has no lines to offer. */
  readonly lineOf: (path: readonly (string | number)[]) => Promise<number | undefined>;
  readonly warnings: readonly string[];
}

/** The names searched for, in this order. */
export const CONFIG_FILE_NAMES = ['yaml', 'yml', 'json', 'ts', 'js', 'mjs'].map(
  (ending) => `fedgen.config.${ending}`,
);

interface Loaded {
  readonly raw: unknown;
  readonly lineOf?: ConfigFile['lineOf'];
}

/** Carries what is wrong with a file out of lilconfig, without its label, which only the caller knows. */
class UnreadableFile extends Error {
  readonly problems: readonly Omit<Problem, 'source'>[];

  constructor(problems: readonly Omit<Problem, 'source'>[]) {
    super('unreadable configuration file');
    this.problems = problems;
  }
}

async function parseYaml(
  content: string,
): Promise<Required<Loaded> & { problems: Omit<Problem, 'source'>[] }> {
  const { LineCounter, isMap, isScalar, parseDocument } = await import('yaml');
  const counter = new LineCounter();
  // pretty errors quote the source, and the source may hold a password
  const document = parseDocument(content, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : counter.linePos(offset).line;
  const problems = document.errors.map((error) => ({
    line: lineAt(error.pos[0]),
    message: yamlMessage(error),
  }));
  const lineOf: ConfigFile['lineOf'] = (path) => {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const key = path.at(-1);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    if (isScalar(pair?.key)) return Promise.resolve(lineAt(pair.key.range?.[0]));
    const node = document.getIn(path, true);
    return Promise.resolve(isScalar(node) ? lineAt(node.range?.[0]) : undefined);
  };
  if (problems.length > 0) return { raw: undefined, lineOf, problems };
  try {
    const raw: unknown = document.toJS();
    return { raw, lineOf, problems };
  } catch {
    return {
      raw: undefined,
      lineOf,
      problems: [{ message: 'not valid YAML: unresolved or too many aliases', line: undefined }],
    };
  }
}

/** Errors whose text repeats nothing of the file; those of the others may quote a password. */
const PLAIN_YAML_ERRORS = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'DUPLICATE_KEY',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'MULTIPLE_DOCS',
  'TAB_AS_INDENT',
]);

function yamlMessage(error: { readonly code: string; readonly message: string }): string {
  const reason = PLAIN_YAML_ERRORS.has(error.code)
    ? error.message
    : error.code.toLowerCase().replaceAll('_', ' ');
  return `not valid YAML: ${reason}`;
}

async function loadYaml(_path: string, content: string): Promise<Loaded> {
  const { raw, lineOf, problems } = await parseYaml(content);
  if (problems.length > 0) throw new UnreadableFile(problems);
  return { raw, lineOf };
}

async function loadJson(_path: string, content: string): Promise<Loaded> {
  const text = content.replace(/^\uFEFF/, '');
  const lineOf: ConfigFile['lineOf'] = async (path) => (await parseYaml(text)).lineOf(path);
  try {
    const raw: unknown = JSON.parse(text);
    return { raw, lineOf };
  } catch {
    // the engine's message quotes the source; JSON is a subset of YAML, whose parser knows the line
    const { problems } = await parseYaml(text);
    throw new UnreadableFile([{ line: problems[0]?.line, message: 'not valid JSON' }]);
  }
}

async function loadScript(path: string): Promise<Loaded> {
  const module: unknown = await import(pathToFileURL(path).href);
  return { raw: defaultExport(module) };
}

async function loadTypeScript(path: string): Promise<Loaded> {
  const { createJiti } = await import('jiti');
  // no cache on disk: the compiled text would hold what the file holds
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false });
  return { raw: defaultExport(await jiti.import(path)) };
}

function defaultExport(module: unknown): unknown {
  if (typeof module !== 'object' || module === null || !('default' in module)) {
    throw new UnreadableFile([{ message: 'must export the configuration as default' }]);
  }
  return module.default;
}

function describeFailure(error: unknown): readonly Omit<Problem, 'source'>[] {
  if (error instanceof UnreadableFile) return error.problems;
  return [{ message: `cannot be loaded: ${error instanceof Error ? error.message : String(error)}` }];
}

const LOADERS = {
  '.yaml': loadYaml,
  '.yml': loadYaml,
  '.json': loadJson,
  '.ts': loadTypeScript,
  '.mts': loadTypeScript,
  '.cts': loadTypeScript,
  '.js': loadScript,
  '.mjs': loadScript,
  '.cjs': loadScript,
};

function isLoaded(value: unknown): value is Loaded {
  return typeof value === 'object' && value !== null && 'raw' in value;
}

async function otherFilesIn(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  return CONFIG_FILE_NAMES.filter((name) => name !== basename(path) && names.includes(name));
}

async function describeFile(
  cwd: string,
  path: string,
  loaded: unknown,
  searched: boolean,
): Promise<ConfigFile> {
  const label = relative(cwd, path);
  const others = searched ? await otherFilesIn(path) : [];
  const { raw, lineOf } = isLoaded(loaded) ? loaded : { raw: {}, lineOf: undefined };
  return {
    path,
    label,
    // an empty file, or one of comments only, configures nothing
    raw: raw ?? {},
    lineOf: lineOf ?? (() => Promise.resolve(undefined)),
    warnings: others.map((name) => `${name} is not used: ${label} stands beside it and comes first`),
  };
}

async function mustExist(path: string, label: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw new FedgenError('E_CONFIG_NOT_FOUND', `the configuration file ${label} cannot be read`, {
      hint: 'Check --config and FEDGEN_CONFIG; without them fedgen.config.* is searched from here upward.',
      cause,
    });
  }
}

/** `load` runs a lilconfig call; failures of the loaders become one E_CONFIG_INVALID that names the file. */
async function labelled<T>(label: () => string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw configInvalid(describeFailure(error).map((problem) => ({ ...problem, source: label() })));
  }
}

/**
 * Reads the named file, or searches fedgen.config.* from `cwd` upward to the home folder or the root.
 * @param home where the search stops; default: the home folder
 * @returns undefined if no file was named and none was found
 * @throws FedgenError E_CONFIG_NOT_FOUND for a named file that is missing, E_CONFIG_INVALID for an unreadable one
 */
export async function readConfigFile(
  cwd: string,
  named: string | undefined,
  home: string = homedir(),
): Promise<ConfigFile | undefined> {
  const { lilconfig } = await import('lilconfig');
  let current = named === undefined ? 'fedgen.config.*' : relative(cwd, resolve(cwd, named));
  const loaders = Object.fromEntries(
    Object.entries(LOADERS).map(([ending, load]) => [
      ending,
      (path: string, content: string) => {
        current = relative(cwd, path);
        return load(path, content);
      },
    ]),
  );
  const explorer = lilconfig('fedgen', {
    searchPlaces: CONFIG_FILE_NAMES,
    loaders,
    stopDir: home,
    cache: false,
    ignoreEmptySearchPlaces: false,
  });
  if (named !== undefined) await mustExist(resolve(cwd, named), named);
  const found = await labelled(
    () => current,
    () => (named === undefined ? explorer.search(cwd) : explorer.load(resolve(cwd, named))),
  );
  if (found === null) return undefined;
  return describeFile(cwd, found.filepath, found.config, named === undefined);
}
