import type { Pack, ScriptSource, TemplateRef } from '../../packs/pack.js';
import type { TargetPlan } from '../../plan/target.js';
import { FedgenError } from '../../shared/errors.js';
import { createTemplateRenderer, type Rendering } from '../environment.js';
import { checksummer, sqlError, templateContext, type RenderedSql, type RunnableScript } from '../render.js';
import { CLICKHOUSE } from './dialect.js';
import { findUnrepeatable, splitStatements, type Statement } from './statements.js';

/** SQL that was taken apart into its statements. */
export interface SplitSql extends RenderedSql {
  readonly statements: readonly Statement[];
}

/** How a script is undone, or why it cannot be. */
export type WrittenRollback =
  | { readonly kind: 'sql'; readonly derived: false; readonly rendered: SplitSql }
  | { readonly kind: 'irreversible'; readonly reason: string };

/** One script of a pack for ClickHouse, rendered, taken apart, and with its way back. */
export interface ClickHouseScript extends RunnableScript {
  readonly up: SplitSql;
  readonly rollback: WrittenRollback;
}

/** Renders a pack for ClickHouse. */
export interface ClickHouseRenderer {
  /** All scripts of the plan, by number. @throws FedgenError E_TEMPLATE_INVALID, E_SQL_*, E_ROLLBACK_UNDERIVABLE. */
  render(plan: TargetPlan): ClickHouseScript[];
  /** A template that is no numbered script, with more for it to see. @throws FedgenError as render does. */
  renderExtra(name: string, plan: TargetPlan, more: Readonly<Record<string, unknown>>): SplitSql;
}

/** Prepares the renderer of a pack for ClickHouse. There is no grammar here: the server reads the SQL before any of it is run. */
export function createClickHouseRenderer(pack: Pack): ClickHouseRenderer {
  const renderTemplate = createTemplateRenderer(pack.templates, pack.known, undefined, CLICKHOUSE);
  const checksumsOf = checksummer(pack);
  const renderOne = (plan: TargetPlan, source: ScriptSource): ClickHouseScript => {
    const context = { ...templateContext(plan), pack: { name: source.pack, version: pack.version } };
    const rendering = renderTemplate(source.template, context);
    const up = split(rendering, source.template);
    const down = source.down && split(renderTemplate(source.down, context), source.down);
    return {
      source,
      up,
      statementCount: up.statements.length,
      rollback: rollbackOf(source, down),
      ...checksumsOf(rendering),
    };
  };
  return {
    render: (plan) => pack.scripts.map((source) => renderOne(plan, source)),
    renderExtra: (name, plan, more) => {
      const found = pack.templates.get(name);
      if (!found) throw new FedgenError('E_PACK_INVALID', `pack ${pack.name} has no template ${name}`);
      const template = { name, file: found.file };
      return split(renderTemplate(template, { ...templateContext(plan), ...more }), template);
    },
  };
}

function rollbackOf(source: ScriptSource, rendered: SplitSql | undefined): WrittenRollback {
  const { irreversible } = source.directives;
  if (irreversible !== undefined) return { kind: 'irreversible', reason: irreversible };
  if (rendered) return { kind: 'sql', derived: false, rendered };
  throw new FedgenError('E_ROLLBACK_UNDERIVABLE', `${source.template.file} has no rollback`, {
    hint: `For ClickHouse rollbacks are written: add ${source.name}.down.sql.njk beside it, or declare "-- fedgen: irreversible <reason>" at its head.`,
    details: { file: source.template.file },
  });
}

function split({ text: sql, sourceMap }: Rendering, { file }: TemplateRef): SplitSql {
  const statements = splitStatements(sql);
  if ('reason' in statements)
    throw sqlError('E_SQL_INVALID', { sql, sourceMap }, statements.at, statements.reason, statements);
  const [fault] = findUnrepeatable(statements);
  if (fault) throw sqlError('E_SQL_FORBIDDEN', { sql, sourceMap }, fault.at, fault.reason, fault);
  return { file, sql, sourceMap, statements };
}
