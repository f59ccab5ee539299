import nunjucks from 'nunjucks';
import { NOTHING_KNOWN, type Known } from '../packs/known.js';
import type { Pack, TemplateRef } from '../packs/pack.js';
import { FedgenError } from '../shared/errors.js';
import { positionAt } from '../shared/excerpt.js';
import { QUOTING_FILTERS } from './filters.js';
import { markerId, TEMPLATE_OPTIONS, templateFacts, templateKey, templateSource } from './compiled.js';
import { markedLocation, takeMarkers, type MarkedFiles, type SourceMap } from './markers.js';
import {
  findFailures,
  isFailure,
  markFailure,
  markValue,
  takeValues,
  unmark,
  type Dialect,
  type Misplaced,
} from './quoted-values.js';
import { checkSources } from './source-check.js';
import type { TemplateFacts } from './template-check.js';

const CONTEXT_HINT = 'Templates see target, roles, vars and pack; docs/packs.md lists their members.';

/** Rendered text, where its lines came from, and which template sources had a part in it. */
export interface Rendering {
  readonly text: string;
  readonly sourceMap: SourceMap;
  /** Names of the template and of all it imported or included, sorted. */
  readonly sources: readonly string[];
  /** The text but for its values: see {@link takeValues}. */
  readonly skeleton: string;
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
export function createTemplateRenderer(
  templates: Pack['templates'],
  known: Known = NOTHING_KNOWN,
  judged: Set<string> = new Set(known.judged),
  dialect?: Dialect,
): TemplateRenderer {
  const idOf = (name: string): number => markerId(templateKey(name, templates.get(name)?.source ?? ''));
  const files = Object.fromEntries([...templates].map(([name, { file }]) => [idOf(name), file]));
  const environment = new nunjucks.Environment(new PackLoader(templates, known), TEMPLATE_OPTIONS);
  const failures: string[] = [];
  for (const [name, quote] of dialect?.filters ?? QUOTING_FILTERS)
    environment.addFilter(name, markingFilter(quote, failures));
  const isFilter = (name: string): boolean => {
    try {
      return Boolean(environment.getFilter(name));
    } catch {
      return false;
    }
  };
  const compile = (name: string): void => {
    try {
      environment.getTemplate(name, true);
    } catch (cause) {
      throw templateError(cause, name, [], templates);
    }
  };
  const inspected = new Map<string, TemplateFacts>();
  const inspect = (name: string, source: string): TemplateFacts => {
    const facts = inspected.get(name) ?? templateFacts(name, source, known);
    inspected.set(name, facts);
    return facts;
  };
  const checked = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  return (template, context) => {
    const sources =
      checked.get(template.name) ?? checkSources(template, templates, { isFilter, compile, inspect });
    checked.set(template.name, sources);
    failures.length = 0;
    const marked = renderMarked(environment, template, context, sources, templates);
    if (failures.length > 0) throw filterErrors(marked, failures, template, files, templates);
    const { text: withValues, sourceMap } = takeMarkers(marked, files, idOf(template.name));
    const { text, misplaced, skeleton } = takeValues(withValues, judged, seen, dialect);
    if (misplaced.length > 0) throw misplacedError(text, misplaced, sourceMap);
    return { text, sourceMap, sources, skeleton };
  };
}

/**
 * A filter that never throws, because Nunjucks would tell the line of the last call instead of the filter's: it leaves
 * a mark where it failed, which the rendered text then leads to.
 */
function markingFilter(
  quote: (...values: unknown[]) => string,
  failures: string[],
): (...values: unknown[]) => string {
  return (...values) => {
    const failed = values.find(isFailure);
    if (failed !== undefined) return failed;
    try {
      return markValue(quote(...values.map(unmark)));
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      return markFailure(failures.length - 1);
    }
  };
}

function renderMarked(
  environment: nunjucks.Environment,
  template: TemplateRef,
  context: Readonly<Record<string, unknown>>,
  sources: readonly string[],
  templates: Pack['templates'],
): string {
  try {
    return environment.render(template.name, context);
  } catch (cause) {
    throw templateError(cause, template.name, sources, templates);
  }
}

class PackLoader extends nunjucks.Loader implements nunjucks.ILoader {
  constructor(
    private readonly templates: Pack['templates'],
    private readonly known: Known,
  ) {
    super();
  }

  getSource(name: string): nunjucks.LoaderSource {
    const found = this.templates.get(name);
    if (!found) throw new Error(`there is no template "${name}" in this pack`);
    return templateSource(name, found.source, this.known);
  }
}

/** What filters refused, each at the template line that used it. */
function filterErrors(
  marked: string,
  failures: readonly string[],
  template: TemplateRef,
  files: MarkedFiles,
  templates: Pack['templates'],
): FedgenError {
  const seen = new Map(findFailures(marked).map(({ index, at }) => [index, at]));
  const sources = new Map([...templates.values()].map(({ file, source }) => [file, source]));
  const told = failures.map((reason, index) => {
    const at = seen.get(index);
    const place = at === undefined ? undefined : markedLocation(marked, at, files);
    return { reason, file: place?.file ?? template.file, line: place?.line ?? 0 };
  });
  const list = told.map(({ reason, file, line }) => describeFault(file, line, reason, sources.get(file)));
  return new FedgenError('E_TEMPLATE_INVALID', [...new Set(list)].join('\n'), {
    hint: CONTEXT_HINT,
    details: { file: told[0]?.file, line: told[0]?.line },
  });
}

function misplacedError(sql: string, misplaced: readonly Misplaced[], sourceMap: SourceMap): FedgenError {
  const places = misplaced.map(({ at, reason }) => {
    const { line } = positionAt(sql, at);
    const place = sourceMap(line);
    return {
      ...place,
      text: `${place.file}:${place.line}: ${reason}: ${sql.split('\n')[line - 1]?.trim() ?? ''}`,
    };
  });
  const list = [...new Set(places.map(({ text }) => text))];
  return new FedgenError(
    'E_TEMPLATE_INVALID',
    `quotes do not protect these values:\n  ${list.join('\n  ')}`,
    {
      hint: 'Let {{ … }} stand by itself, outside other quotes and comments. Build longer texts first: {{ ("Table of " ~ target.name) | literal }}.',
      details: { file: places[0]?.file, line: places[0]?.line },
    },
  );
}

function describeFault(file: string, line: number, reason: string, source: string | undefined): string {
  const excerpt = lineOf(source, line).trimEnd();
  return `${file}${line > 0 ? `:${line}` : ''}: ${reason}${excerpt === '' ? '' : `\n  ${line} | ${excerpt}`}`;
}

/**
 * Nunjucks puts places into its messages as `(name) [Line 3, Column 8]`, the innermost last. It counts lines from 1 in
 * errors of syntax, and from 0 in those of running templates, which carry the name of an error. For a macro it gives
 * the macro's line, but the importing template's name: the line that calls what could not be called is the right one.
 */
function templateError(
  cause: unknown,
  name: string,
  sources: readonly string[],
  templates: Pack['templates'],
): FedgenError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const number = [...text.matchAll(/\([^()\n]+\) \[Line (\d+)/g)].at(-1)?.[1];
  const lastLine = (text.split('\n').at(-1) ?? text).trim();
  const reason = lastLine.replace(/^(?:Template render error|\w*Error):\s*/, '');
  const line = number === undefined ? 0 : Number(number) + (reason === lastLine ? 0 : 1);
  const callee = /^Unable to call `(\w+)/.exec(reason)?.[1];
  const where = [name, ...sources].find((each) => {
    return callee === undefined || lineOf(templates.get(each)?.source, line).includes(callee);
  });
  const found = templates.get(where ?? name);
  const file = found?.file ?? name;
  return new FedgenError('E_TEMPLATE_INVALID', describeFault(file, line, reason, found?.source), {
    hint: CONTEXT_HINT,
    details: { file, line },
    cause,
  });
}

const lineOf = (source: string | undefined, line: number): string => source?.split('\n')[line - 1] ?? '';
