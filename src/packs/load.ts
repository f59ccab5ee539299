import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { FedgenError } from '../shared/errors.js';
import { parseDirectives } from './directives.js';
import { displayPath, readTemplates, readText, ROOT, type Templates } from './files.js';
import { loadKnown, textKey } from './known.js';
import type { Pack, ScriptSource, TemplateRef } from './pack.js';
import type { RawPack } from './schema.js';
import { seedTenants } from './seed.js';
import { tenancyParts } from './tenancy.js';

const SCRIPT = /^(\d{4})_[a-z0-9_]+\.sql\.njk$/;
const CONTROL_SCRIPT = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** The tenant column of a pack that has no tenants. */
const NO_TENANTS = { name: '', type: 'text' } as const;

/** Name of the pack that stands for migrations/ and rollback/. */
export const CONTROL_PLANE = 'control-plane';

/**
 * Loads a pack by name: first from the user's folders (a folder that holds pack.yaml itself, or one that
 * holds packs by name), then from the built-in ones. A pack that extends another gets the other's scripts first.
 * @throws FedgenError E_PACK_NOT_FOUND, E_PACK_INVALID, E_TEMPLATE_INVALID.
 */
export async function loadPack(name: string, packDirs: readonly string[] = []): Promise<Pack> {
  return loadFrom(name, packDirs, []);
}

async function loadFrom(name: string, packDirs: readonly string[], seen: readonly string[]): Promise<Pack> {
  if (seen.includes(name)) {
    throw new FedgenError('E_PACK_INVALID', `pack ${name} extends itself: ${[...seen, name].join(' → ')}`);
  }
  const dir = await findPackDir(name, packDirs);
  const raw = await readManifest(path.join(dir, 'pack.yaml'), name);
  const base = raw.extends === undefined ? undefined : await loadFrom(raw.extends, packDirs, [...seen, name]);
  const templates: Templates = new Map(base?.templates ?? []);
  await readTemplates(path.join(ROOT, 'templates', '_macros'), '_macros', templates);
  await readTemplates(dir, name, templates);
  const scripts = listScripts(name, templates);
  return { ...assemble(raw, scripts, templates, base), known: await loadKnown() };
}

async function findPackDir(name: string, packDirs: readonly string[]): Promise<string> {
  const candidates = [
    ...packDirs.flatMap((dir) =>
      path.basename(dir) === name ? [dir, path.join(dir, name)] : [path.join(dir, name)],
    ),
    path.join(ROOT, 'templates', name),
  ];
  const isName = /^[a-z][a-z0-9-]*$/.test(name);
  for (const dir of isName ? candidates : []) {
    if (await exists(path.join(dir, 'pack.yaml'))) return dir;
  }
  throw new FedgenError('E_PACK_NOT_FOUND', `there is no pack named "${name}"`, {
    hint: `Built in: ${(await listBuiltInPacks()).join(', ')}. Packs of your own: put their folder under "packs" in fedgen.config.yaml.`,
    details: { pack: name, searched: candidates.map(displayPath) },
  });
}

/** Names of the packs that come with fedgen, in alphabetical order. */
export async function listBuiltInPacks(): Promise<string[]> {
  const entries = await readdir(path.join(ROOT, 'templates'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map((entry) => entry.name)
    .sort();
}

async function readManifest(file: string, name: string): Promise<RawPack> {
  const text = readText(file);
  const ready = (await loadKnown()).manifests[textKey(text)];
  const result = ready ? { manifest: ready } : (await import('./manifest.js')).parseManifest(text);
  const problems =
    'problems' in result
      ? result.problems
      : result.manifest.name === name
        ? []
        : [`name: is "${result.manifest.name}", but the folder is called "${name}"`];
  if ('manifest' in result && problems.length === 0) return result.manifest;
  throw new FedgenError('E_PACK_INVALID', `${displayPath(file)}:\n  ${problems.join('\n  ')}`, {
    hint: 'docs/packs.md describes the format; schema/pack.json is its JSON Schema.',
    details: { file: displayPath(file), problems },
  });
}

function assemble(
  raw: RawPack,
  own: readonly ScriptSource[],
  templates: Templates,
  base: Pack | undefined,
): Omit<Pack, 'known'> {
  const scripts = [...(base?.scripts ?? []), ...own].sort((a, b) => a.number - b.number);
  const twice = scripts.find((script, index) => scripts[index - 1]?.number === script.number);
  if (twice) {
    throw new FedgenError(
      'E_PACK_INVALID',
      `pack ${raw.name} has two scripts numbered ${twice.number}: see ${twice.template.file}`,
      {
        hint: 'Give the newer one the next free number.',
      },
    );
  }
  const names = [...(base?.tables ?? []), ...raw.tables].map((table) => table.name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  if (repeated.length > 0) {
    throw new FedgenError('E_PACK_INVALID', `pack ${raw.name} lists tables twice: ${repeated.join(', ')}`, {
      hint: 'A pack that extends another lists only the tables that it adds.',
    });
  }
  const tenancy = raw.tenancy ?? base?.tenancy;
  const tenantColumn =
    raw.tenantColumn ?? base?.tenantColumn ?? (tenancy === 'single' ? NO_TENANTS : undefined);
  if (!tenancy || !tenantColumn) {
    throw new FedgenError(
      'E_PACK_INVALID',
      `pack ${raw.name} says neither tenancy and tenantColumn nor which pack it extends`,
    );
  }
  return {
    name: raw.name,
    family: base?.family ?? raw.name,
    version: raw.version,
    description: raw.description,
    engine: raw.engine ?? base?.engine ?? 'postgres',
    tenancy,
    tenantColumn,
    ...tenancyParts(raw, tenancy, tenantColumn.type, base),
    seed: raw.seed ? seedTenants(raw.name, raw.seed, templates) : (base?.seed ?? []),
    roles: [...(base?.roles ?? []), ...raw.roles],
    functions: [...(base?.functions ?? []), ...raw.functions],
    scripts,
    templates,
  };
}

/**
 * Loads migrations/ and rollback/ as a pack, so that one runner serves both.
 * Every script has its rollback under the same name.
 */
export async function loadControlPlane(): Promise<Pack> {
  const templates: Templates = new Map();
  await readTemplates(path.join(ROOT, 'templates', '_macros'), '_macros', templates);
  await readTemplates(path.join(ROOT, 'migrations'), 'migrations', templates, '.sql');
  await readTemplates(path.join(ROOT, 'rollback'), 'rollback', templates, '.sql');
  const scripts = [...templates.keys()]
    .filter((name) => name.startsWith('migrations/') && CONTROL_SCRIPT.test(path.posix.basename(name)))
    .sort()
    .map((name) => scriptSource(CONTROL_PLANE, name, name.replace('migrations/', 'rollback/'), templates));
  return {
    name: CONTROL_PLANE,
    family: CONTROL_PLANE,
    version: 1,
    description: 'registry, ledger, permissions and audit in schema federation',
    engine: 'postgres',
    tenancy: 'shared',
    schemas: [],
    tenantColumn: { name: 'department_id', type: 'varchar(100)' },
    tenantTable: undefined,
    seed: [],
    identityModes: ['role'],
    roles: [],
    variables: {},
    tables: [],
    functions: [],
    scripts,
    templates,
    known: await loadKnown(),
  };
}

function listScripts(pack: string, templates: Templates): ScriptSource[] {
  const own = [...templates.keys()].filter(
    (name) => path.posix.dirname(name) === pack && name.endsWith('.sql.njk'),
  );
  refuseStrays(pack, own, templates);
  return own
    .filter(isScript)
    .sort()
    .map((name) => scriptSource(pack, name, name.replace(/\.sql\.njk$/, '.down.sql.njk'), templates));
}

const isScript = (name: string): boolean => SCRIPT.test(path.posix.basename(name));

/** A script whose name is not quite right would be passed over in silence; so would a rollback without its script. */
function refuseStrays(pack: string, own: readonly string[], templates: Templates): void {
  const strays = own.filter((name) => {
    const up = name.replace(/\.down\.sql\.njk$/, '.sql.njk');
    return !isScript(up) || !templates.has(up);
  });
  if (strays.length === 0) return;
  const files = strays.map((name) => templateRef(name, templates).file);
  throw new FedgenError(
    'E_PACK_INVALID',
    `pack ${pack} has files that would never be run:\n  ${files.join('\n  ')}`,
    {
      hint: 'Name a script NNNN_verb_object.sql.njk, lower case, and its rollback NNNN_verb_object.down.sql.njk.',
      details: { pack, files },
    },
  );
}

function scriptSource(pack: string, name: string, downName: string, templates: Templates): ScriptSource {
  const up = templateRef(name, templates);
  const file = path.posix.basename(name);
  return {
    pack,
    number: Number(file.slice(0, 4)),
    name: file.replace(/\.sql(\.njk)?$/, ''),
    template: up,
    down: templates.has(downName) ? templateRef(downName, templates) : undefined,
    directives: parseDirectives(templates.get(name)?.source ?? '', up.file),
  };
}

const templateRef = (name: string, templates: Templates): TemplateRef => ({
  name,
  file: templates.get(name)?.file ?? name,
});

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
