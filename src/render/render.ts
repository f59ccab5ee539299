import { textKey } from '../packs/known.js';
import type { Pack, ScriptSource, TemplateRef } from '../packs/pack.js';
import { tenantType } from '../packs/tenant-type.js';
import type { TargetPlan } from '../plan/target.js';
import { FedgenError } from '../shared/errors.js';
import { excerpt, positionAt } from '../shared/excerpt.js';
import { createTemplateRenderer, type Rendering, type TemplateRenderer } from './environment.js';
import { findDrops, type Drop } from './drops.js';
import { deriveRollback } from './invert.js';
import type { SourceMap } from './markers.js';
import { findForbidden, loadSqlParser, parseSql, SqlSyntaxError, type Statement } from './sql.js';

/** SQL for one target and where it came from. */
export interface RenderedSql {
  /** Path shown in errors. */
  readonly file: string;
  readonly sql: string;
  readonly sourceMap: SourceMap;
}

/** SQL that the real grammar has read. */
export interface ParsedSql extends RenderedSql {
  readonly statements: readonly Statement[];
}

/** How a script is undone, or why it cannot be. */
export type Rollback =
  | {
      readonly kind: 'sql';
      readonly derived: boolean;
      readonly rendered: RenderedSql;
      /** What running it destroys, so that rows can be counted first. Worked out only for who rolls back. */
      readonly drops: () => readonly Drop[];
    }
  | { readonly kind: 'irreversible'; readonly reason: string };

/** What the ledger keeps of a script, worked out without reading its SQL. */
export interface ScriptChecksums {
  readonly source: ScriptSource;
  /** SHA-256 of the template and of everything it imports. */
  readonly templateChecksum: string;
  /** SHA-256 of the SQL as rendered for this target. */
  readonly renderedChecksum: string;
}

/** A script that can be run at its target. */
export interface RunnableScript extends ScriptChecksums {
  readonly up: RenderedSql;
  readonly statementCount: number;
}

/** One script, rendered and parsed. */
interface ForwardScript extends RunnableScript {
  readonly up: ParsedSql;
}

/** The same with its way back. */
export interface RenderedScript extends ForwardScript {
  readonly rollback: Rollback;
}

/** Renders targets of one pack; templates are compiled once however many targets follow. */
export interface Renderer {
  /**
   * All scripts of the plan, by number.
   * @throws FedgenError E_TEMPLATE_INVALID, E_SQL_INVALID, E_SQL_FORBIDDEN, E_ROLLBACK_UNDERIVABLE.
   */
  render(plan: TargetPlan, isWanted?: (source: ScriptSource) => boolean): RenderedScript[];
  /**
   * The same for who only runs them, many times faster: SQL is read once for all targets whose texts differ in nothing
   * but quoted values, and not at all where the build has read it.
   */
  runnable(plan: TargetPlan): RunnableScript[];
  /** The same for a target that nobody will roll back: never E_ROLLBACK_UNDERIVABLE. */
  forward(plan: TargetPlan): RunnableScript[];
  /** A template that is no numbered script: it is not tracked, and has no way back. @throws FedgenError as render does. */
  renderSeed(template: TemplateRef, plan: TargetPlan): RenderedSql;
  /** Only the checksums of all scripts: many times faster. @throws FedgenError E_TEMPLATE_INVALID. */
  checksums(plan: TargetPlan): ScriptChecksums[];
}

/**
 * Prepares the renderer of a pack: loads the SQL grammar and sets up the templates.
 * @param read numbers of statements by the checksums of scripts that were read and found right; `runnable` adds to it.
 */
export async function createRenderer(
  pack: Pack,
  read: Map<string, number> = new Map(Object.entries(pack.known.read)),
): Promise<Renderer> {
  if (pack.engine !== 'postgres') throw otherEngine(pack);
  await loadSqlParser();
  const renderTemplate = createTemplateRenderer(pack.templates, pack.known);
  const contextOf = (plan: TargetPlan, source: ScriptSource): Readonly<Record<string, unknown>> =>
    scriptContext(plan, source, pack);
  const checksumsOf = checksummer(pack);
  const [countRunnable, countForward] = [counter(read), counter(new Map(read))];
  const forwardOne = (plan: TargetPlan, source: ScriptSource): ForwardScript => {
    const rendering = renderTemplate(source.template, contextOf(plan, source));
    const up = parseRendering(rendering, source.template, source.directives.noTransaction);
    return { source, up, statementCount: up.statements.length, ...checksumsOf(rendering) };
  };
  const renderOne = (plan: TargetPlan, source: ScriptSource): RenderedScript => {
    const script = forwardOne(plan, source);
    return { ...script, rollback: rollbackOf(source, script.up, renderTemplate, contextOf(plan, source)) };
  };
  const renderRunnable = (
    plan: TargetPlan,
    source: ScriptSource,
    count: ReturnType<typeof counter>,
    readOne: typeof forwardOne,
  ): RunnableScript => {
    const rendering = renderTemplate(source.template, contextOf(plan, source));
    const up = { file: source.template.file, sql: rendering.text, sourceMap: rendering.sourceMap };
    const text = `${source.template.name}\0${rendering.skeleton}`;
    const statementCount = count(text, () => readOne(plan, source).statementCount);
    return { source, up, statementCount, ...checksumsOf(rendering) };
  };
  return {
    render: (plan, isWanted = () => true) =>
      pack.scripts.filter(isWanted).map((source) => renderOne(plan, source)),
    runnable: (plan) => pack.scripts.map((source) => renderRunnable(plan, source, countRunnable, renderOne)),
    forward: (plan) => pack.scripts.map((source) => renderRunnable(plan, source, countForward, forwardOne)),
    renderSeed: (template, plan) => parseRendering(renderTemplate(template, templateContext(plan)), template),
    checksums: (plan) =>
      pack.scripts.map((source) => {
        const rendering = renderTemplate(source.template, contextOf(plan, source));
        return { source, ...checksumsOf(rendering) };
      }),
  };
}

/** Counts statements: each text is read once, and not at all where it is among those that were `read` before. */
function counter(read: Map<string, number>): (text: string, count: () => number) => number {
  const seen = new Map<string, number>();
  return (text, count) => {
    const known = seen.get(text);
    if (known !== undefined) return known;
    const key = textKey(text);
    const statements = read.get(key) ?? count();
    read.set(key, statements);
    seen.set(text, statements);
    return statements;
  };
}

const otherEngine = ({ name, engine }: Pack): FedgenError =>
  new FedgenError('E_USAGE', `pack ${name} is for ${engine}, where this command does nothing`, {
    hint: 'generate, apply, status, rollback, validate and tenant work there as well.',
    details: { pack: name, engine },
  });

/** Works out the checksums of a rendering. */
export type ChecksumsOf = (rendering: Rendering) => Omit<ScriptChecksums, 'source'>;

/** The checksums of renderings; that of the sources is worked out once per template. */
export function checksummer(pack: Pack): ChecksumsOf {
  const known = new Map<readonly string[], string>();
  const keyOf = (sources: readonly string[]): string =>
    textKey(sources.map((name) => pack.templates.get(name)?.source ?? '').join('\0'));
  return (rendering) => {
    const templateChecksum = known.get(rendering.sources) ?? keyOf(rendering.sources);
    known.set(rendering.sources, templateChecksum);
    return { templateChecksum, renderedChecksum: textKey(rendering.text) };
  };
}

/** A script keeps saying the name of the pack that brought it, whichever pack extends that one. */
const scriptContext = (
  plan: TargetPlan,
  source: ScriptSource,
  pack: Pack,
): Readonly<Record<string, unknown>> => ({
  ...templateContext(plan),
  pack: { name: source.pack, version: pack.version },
});

/** What templates see. docs/packs.md lists it for authors. */
export function templateContext(plan: TargetPlan): Readonly<Record<string, unknown>> {
  const { target, roles, variables, pack } = plan;
  return {
    target: {
      id: target.id,
      name: target.name,
      schema: target.schema,
      schemas: target.schemas,
      ...(target.role && { role: target.role }),
      ...(target.group && { group: target.group, pack: pack.family }),
      ...(pack.tenancy === 'shared' && { tenant: tenantContext(pack) }),
      ...(pack.tenancy === 'single' && { roles: target.packRoles, contract: pack.roles }),
    },
    roles,
    vars: variables,
    pack: { name: pack.name, version: pack.version },
  };
}

/** What the macros of shared packs see of the tenant column; `cast` is false where text compares with it directly. */
function tenantContext({ tenantColumn }: Pack): Readonly<Record<string, unknown>> {
  const { name, type } = tenantColumn;
  return { column: name, type, cast: tenantType(type)?.cast ?? false };
}

function rollbackOf(
  source: ScriptSource,
  up: ParsedSql,
  renderTemplate: TemplateRenderer,
  context: Readonly<Record<string, unknown>>,
): Rollback {
  if (source.directives.irreversible !== undefined) {
    return { kind: 'irreversible', reason: source.directives.irreversible };
  }
  if (source.down) {
    const rendered = parseRendering(renderTemplate(source.down, context), source.down);
    return { kind: 'sql', derived: false, rendered, drops: () => findDrops(rendered.statements) };
  }
  const { sql, problems } = deriveRollback(up.statements);
  if (problems.length > 0) throw underivable(source, up, problems);
  const file = `${source.template.file} (derived rollback)`;
  const sourceMap: SourceMap = (line) => ({ file, line });
  return {
    kind: 'sql',
    derived: true,
    rendered: { file, sql, sourceMap },
    drops: () => findDrops(parseSql(sql)),
  };
}

function underivable(
  source: ScriptSource,
  up: ParsedSql,
  problems: readonly { line: number; statement: string; reason: string }[],
): FedgenError {
  const list = problems.map((problem) => {
    const { file, line } = up.sourceMap(problem.line);
    return `${file}:${line}: ${problem.statement}: ${problem.reason}`;
  });
  return new FedgenError(
    'E_ROLLBACK_UNDERIVABLE',
    `the rollback of ${source.template.file} cannot be derived:\n  ${list.join('\n  ')}`,
    {
      hint: `Write ${source.name}.down.sql.njk beside it, or declare "-- fedgen: irreversible <reason>" at its head.`,
      details: { file: source.template.file, problems },
    },
  );
}

/** Parses rendered SQL and refuses what no script may contain. */
function parseRendering(rendering: Rendering, template: TemplateRef, noTransaction = false): ParsedSql {
  const { text: sql, sourceMap } = rendering;
  try {
    const rendered = { file: template.file, sql, sourceMap, statements: parseSql(sql) };
    refuseForbidden(rendered, noTransaction);
    return rendered;
  } catch (cause) {
    if (!(cause instanceof SqlSyntaxError)) throw cause;
    throw sqlError('E_SQL_INVALID', { sql, sourceMap }, cause.offset, cause.message, {
      hint: 'The line is shown as it was rendered; look at the template line named above.',
      cause,
    });
  }
}

function refuseForbidden(rendered: ParsedSql, noTransaction: boolean): void {
  const [first] = findForbidden(rendered.statements, noTransaction);
  if (!first) return;
  throw sqlError('E_SQL_FORBIDDEN', rendered, first.statement.start, first.reason, { hint: first.hint });
}

/** An error at an offset of rendered SQL, told as template file and line with an excerpt and a caret. */
export function sqlError(
  code: 'E_SQL_INVALID' | 'E_SQL_FORBIDDEN',
  rendered: Pick<RenderedSql, 'sql' | 'sourceMap'>,
  offset: number,
  reason: string,
  options: { hint: string; cause?: unknown },
): FedgenError {
  const place = rendered.sourceMap(positionAt(rendered.sql, offset).line);
  const shown = excerpt(rendered.sql, offset, (line) => rendered.sourceMap(line).line);
  return new FedgenError(code, `${place.file}:${place.line}: ${reason}\n${shown}`, {
    ...options,
    details: { file: place.file, line: place.line },
  });
}
