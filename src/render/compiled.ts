import nunjucks from 'nunjucks';
import { textKey, type Known } from '../packs/known.js';
import { addMarkers } from './markers.js';
import { inspectTemplate, type TemplateFacts } from './template-check.js';

/** How every template is read; also what the build compiles with. */
export const TEMPLATE_OPTIONS = {
  autoescape: false,
  throwOnUndefined: true,
  trimBlocks: true,
  lstripBlocks: true,
} as const;

/** What the build keeps of a template (see packs/known.ts). */
export interface CompiledTemplate {
  readonly code: string;
  readonly facts: TemplateFacts;
}

/** The key under which the build keeps a template: its name is part of its code. */
export const templateKey = (name: string, source: string): string => textKey(`${name}\0${source}`);

/** The number that stands for a template in markers: the same in every pack and in every process. */
export const markerId = (key: string): number => Number.parseInt(key.slice(0, 10), 16);

/**
 * Compiles and inspects a template; called by scripts/precompile.mjs.
 * @public
 * @throws Error when Nunjucks cannot parse it.
 */
export function compileTemplate(name: string, source: string): CompiledTemplate {
  const compiler: unknown = Reflect.get(nunjucks, 'compiler');
  const compile: unknown = Reflect.get(Object(compiler), 'compile');
  if (typeof compile !== 'function') throw new TypeError('this nunjucks has no compiler.compile');
  const marked = addMarkers(source, markerId(templateKey(name, source)));
  const code = String(Reflect.apply(compile, compiler, [marked, [], [], name, TEMPLATE_OPTIONS]));
  return { code, facts: inspectTemplate(source) };
}

/** What the loader hands to Nunjucks: compiled by the build where the text is known, with markers otherwise. */
export function templateSource(name: string, source: string, known: Known): nunjucks.LoaderSource {
  const key = templateKey(name, source);
  const code = known.templates[key]?.code;
  if (code === undefined) return { src: addMarkers(source, markerId(key)), path: name, noCache: false };
  // As Nunjucks itself turns its compiled code into functions. The code comes with fedgen, beside this file.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(code) as () => unknown;
  const ready: unknown = { type: 'code', obj: make() };
  return { src: ready as string, path: name, noCache: false };
}

/** The facts of a template: from the build where the text is known. */
export function templateFacts(name: string, source: string, known: Known): TemplateFacts {
  const facts = known.templates[templateKey(name, source)]?.facts;
  return facts === undefined ? inspectTemplate(source) : (facts as TemplateFacts);
}
