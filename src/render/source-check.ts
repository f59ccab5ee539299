import type { Pack, TemplateRef } from '../packs/pack.js';
import { FedgenError } from '../shared/errors.js';
import type { Place, TemplateFacts } from './template-check.js';

/** Functions that Nunjucks has everywhere: none is a macro, so no macro may have their names. */
const GLOBALS = ['range', 'cycler', 'joiner'];

interface Inspected {
  readonly file: string;
  readonly facts: TemplateFacts;
}

/** What the environment knows of templates. */
interface Engine {
  readonly isFilter: (name: string) => boolean;
  /** Throws when Nunjucks cannot compile a template. While rendering it would, for an included one, crash the process. */
  readonly compile: (name: string) => void;
  readonly inspect: (name: string, source: string) => TemplateFacts;
}

/**
 * Checks the template and all it pulls in for values that no filter quotes, and for names that do not exist.
 * @returns names of the template and of all it imports, includes or extends, sorted.
 * @throws FedgenError E_TEMPLATE_INVALID that lists every place of the first kind of fault.
 */
export function checkSources(template: TemplateRef, templates: Pack['templates'], engine: Engine): string[] {
  const found = collect(template.name, templates, engine);
  for (const name of found.keys()) engine.compile(name);
  const all = [...found.values()];
  // Compiled as it is marked, a template can also be parsed as it is written. If not, nothing was checked.
  refuse(all, 'the template could not be checked', ({ facts }) =>
    facts.parsed ? [] : [{ line: 1, expression: 'the whole file' }],
  );
  refuse(all, 'there is no such template in this pack', ({ facts }) =>
    facts.imports.filter(({ name }) => !templates.has(name)),
  );
  refuse(all, 'there is no such filter', ({ facts }) =>
    facts.filters.filter(({ name }) => !engine.isFilter(name)),
  );
  refuse(all, 'values reach SQL unquoted', (each) => each.facts.unquoted);
  refuse(all, 'the name of an imported template is computed', (each) => each.facts.computedImports);
  refuse(all, 'what is called is no macro of the imported template', ({ facts }) =>
    facts.uses.filter(({ template: name, macro }) => {
      return found.get(name)?.facts.macros.includes(macro) !== true;
    }),
  );
  const called = new Set(all.flatMap(({ facts }) => facts.calls.map(({ name }) => name)));
  refuse(all, 'a name is called as a macro and also given a value', ({ facts }) =>
    facts.assigned.filter(({ name }) => called.has(name)),
  );
  refuse(all, 'a macro has the name of a function of Nunjucks', ({ facts }) =>
    facts.calls.filter(({ name }) => GLOBALS.includes(name)),
  );
  return [...found.keys()].sort();
}

function collect(first: string, templates: Pack['templates'], engine: Engine): Map<string, Inspected> {
  const found = new Map<string, Inspected>();
  const pending = [first];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const template = templates.get(name);
    if (!template || found.has(name)) continue;
    const facts = engine.inspect(name, template.source);
    found.set(name, { file: template.file, facts });
    pending.push(...facts.imports.map((each) => each.name));
  }
  return found;
}

function refuse(
  all: readonly Inspected[],
  what: string,
  placesOf: (each: Inspected) => readonly Place[],
): void {
  const places = all.flatMap((each) => placesOf(each).map((place) => ({ file: each.file, ...place })));
  const [first] = places;
  if (!first) return;
  const list = [...new Set(places.map(({ file, line, expression }) => `${file}:${line}: ${expression}`))];
  throw new FedgenError('E_TEMPLATE_INVALID', `${what}:\n  ${list.join('\n  ')}`, {
    hint: 'End each {{ … }} in a filter: ident for names, qualified(schema) for schema-qualified names, literal for values. Import templates by a fixed name, and call nothing but their macros.',
    details: { file: first.file, line: first.line },
  });
}
