import nunjucks from 'nunjucks';
import type { Pack, TemplateRef } from '../packs/pack.js';
import { FedgenError } from '../shared/errors.js';
import { ident, literal, qualified } from './filters.js';
import { addMarkers, takeMarkers, type SourceMap } from './markers.js';
import { inspectTemplate } from './template-check.js';

/** Rendered text, where its lines came from, and which template sources had a part in it. */
export interface Rendering {
  readonly text: string;
  readonly sourceMap: SourceMap;
  /** Names of the template and of all it imported or included, sorted. */
  readonly sources: readonly string[];
}

/** Renders templates of one pack; each template is compiled once however many targets there are. */
export type TemplateRenderer = (
  template: TemplateRef,
  context: Readonly<Record<string, unknown>>,
) => Rendering;

/**
 * Nunjucks with autoescape off, undefined = error, and every value quoted by a filter.
 * @throws (the renderer) FedgenError E_TEMPLATE_INVALID with file and line.
 */
export function createTemplateRenderer(templates: Pack['templates']): TemplateRenderer {
  const names = [...templates.keys()];
  const files = names.map((name) => templates.get(name)?.file ?? name);
  const environment = new nunjucks.Environment(new PackLoader(templates, names), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  environment.addFilter('ident', ident);
  environment.addFilter('literal', literal);
  environment.addFilter('qualified', qualified);
  const checked = new Map<string, readonly string[]>();
  return (template, context) => {
    const sources = checked.get(template.name) ?? checkSources(template, templates);
    checked.set(template.name, sources);
    try {
      return { ...takeMarkers(environment.render(template.name, context), files), sources };
    } catch (cause) {
      throw templateError(cause, template, sources, templates);
    }
  };
}

class PackLoader extends nunjucks.Loader implements nunjucks.ILoader {
  constructor(
    private readonly templates: Pack['templates'],
    private readonly names: readonly string[],
  ) {
    super();
  }

  getSource(name: string): nunjucks.LoaderSource {
    const found = this.templates.get(name);
    if (!found) throw new Error(`there is no template "${name}" in this pack`);
    return { src: addMarkers(found.source, this.names.indexOf(name)), path: name, noCache: false };
  }
}

/** The template and all it pulls in, each checked once for values that no filter quotes. */
function checkSources(template: TemplateRef, templates: Pack['templates']): string[] {
  const sources = new Set<string>();
  const pending = [template.name];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const found = templates.get(name);
    if (!found || sources.has(name)) continue;
    sources.add(name);
    const { unquoted, imports, computedImports } = inspectTemplate(found.source);
    pending.push(...imports);
    refuseOutputs(found.file, 'values reach SQL unquoted', unquoted);
    refuseOutputs(found.file, 'the name of an imported template is computed', computedImports);
  }
  return [...sources].sort();
}

function refuseOutputs(
  file: string,
  what: string,
  places: readonly { line: number; expression: string }[],
): void {
  if (places.length === 0) return;
  const list = places.map((place) => `${file}:${place.line}: ${place.expression}`);
  throw new FedgenError('E_TEMPLATE_INVALID', `${what}:\n  ${list.join('\n  ')}`, {
    hint: 'End each {{ … }} in a filter: ident for names, qualified(schema) for schema-qualified names, literal for values. Import templates by a fixed name.',
    details: { file, line: places[0]?.line },
  });
}

/** Nunjucks puts places into its messages as `(name) [Line 3, Column 8]`, the innermost last. */
function templateError(
  cause: unknown,
  template: TemplateRef,
  sources: readonly string[],
  templates: Pack['templates'],
): FedgenError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const places = [...text.matchAll(/\(([^()\n]+)\) \[Line (\d+), Column (\d+)\]/g)];
  const innermost = places.at(-1);
  const line = Number(innermost?.[2] ?? 0);
  const reason = (text.split('\n').at(-1) ?? text)
    .trim()
    .replace(/^(?:Template render error|Error):\s*/, '')
    .replace('attempted to output null or undefined value', 'a variable is undefined');
  // Inside macros Nunjucks names the importing template with the macro file's line: take the file that has a tag there.
  const candidates = [innermost?.[1] ?? template.name, ...sources];
  const name =
    candidates.find((candidate) => /\{[{%]/.test(lineOf(templates.get(candidate)?.source, line))) ??
    template.name;
  const file = templates.get(name)?.file ?? template.file;
  const excerpt = lineOf(templates.get(name)?.source, line).trimEnd();
  const shown = excerpt === '' ? '' : `\n  ${line} | ${excerpt}`;
  return new FedgenError('E_TEMPLATE_INVALID', `${file}${line > 0 ? `:${line}` : ''}: ${reason}${shown}`, {
    hint: 'Templates see target, roles, vars and pack; docs/packs.md lists their members.',
    details: { file, line },
    cause,
  });
}

const lineOf = (source: string | undefined, line: number): string => source?.split('\n')[line - 1] ?? '';
