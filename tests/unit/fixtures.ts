import { NOTHING_KNOWN } from '../../src/packs/known.js';
import type { Directives, Pack, ScriptSource } from '../../src/packs/pack.js';
import { planDepartment, type TargetPlan } from '../../src/plan/target.js';
import { createTemplateRenderer, type Rendering } from '../../src/render/environment.js';

/** Templates of a made-up pack: the file of `a.njk` is `pack/a.njk`. */
export const templatesOf = (sources: Readonly<Record<string, string>>): Pack['templates'] =>
  new Map(Object.entries(sources).map(([name, source]) => [name, { source, file: `pack/${name}` }]));

/** Renders the template `main` among others. */
export function render(
  sources: Readonly<Record<string, string>> & { readonly main: string },
  context: Readonly<Record<string, unknown>> = {},
): Rendering {
  const renderTemplate = createTemplateRenderer(templatesOf(sources));
  return renderTemplate({ name: 'main', file: 'pack/main' }, context);
}

const DIRECTIVES: Directives = {
  runAs: 'owner',
  section: 'schema',
  irreversible: undefined,
  noTransaction: false,
  lockTimeoutMs: undefined,
};

/** A pack of scripts by file name, with what else its templates need. */
export function makePack(
  scripts: Readonly<Record<string, string>>,
  rest: Partial<Pack> & {
    readonly macros?: Readonly<Record<string, string>>;
    readonly directives?: Readonly<Record<string, Partial<Directives>>>;
  } = {},
): Pack {
  const { macros, directives, ...overrides } = rest;
  const isUp = (file: string): boolean => !file.includes('.down.');
  return {
    known: NOTHING_KNOWN,
    name: 'shop',
    family: 'shop',
    version: 3,
    description: 'a made-up pack',
    engine: 'postgres',
    tenancy: 'schema',
    schemas: [],
    tenantTable: undefined,
    seed: [],
    tenantColumn: { name: 'department', type: 'varchar(100)' },
    identityModes: ['role'],
    variables: {},
    tables: [],
    roles: [],
    functions: [],
    scripts: Object.keys(scripts)
      .filter(isUp)
      .map((file): ScriptSource => {
        const name = file.replace('.sql.njk', '');
        const down = `${name}.down.sql.njk`;
        return {
          pack: 'shop',
          number: Number(name.slice(0, 4)),
          name,
          template: { name: file, file: `pack/${file}` },
          down: down in scripts ? { name: down, file: `pack/${down}` } : undefined,
          directives: { ...DIRECTIVES, ...directives?.[name] },
        };
      }),
    templates: templatesOf({ ...scripts, ...macros }),
    ...overrides,
  };
}

/** The plan of department hr for a pack. */
export const planHr = (pack: Pack, variables: TargetPlan['variables'] = {}): TargetPlan =>
  planDepartment(pack, { id: 'hr', name: 'Human Resources' }, { rolePrefix: '', variables });
