import type { RenderedScript, RunnableScript } from '../render/render.js';
import { FedgenError } from '../shared/errors.js';
import type { LedgerRow } from './ledger.js';

/** What an apply has to do at one target. */
export interface Worklist<S extends RunnableScript = RenderedScript> {
  /** Scripts that stand, with their ledger rows, by number. */
  readonly applied: readonly { readonly script: S; readonly row: LedgerRow }[];
  /** Scripts to run, by number. */
  readonly pending: readonly S[];
  /** Scripts that stand with other values of variables than given now: no error, but worth a word. */
  readonly revalued: readonly string[];
  /** Applied scripts whose template says something else now. */
  readonly edited: readonly { readonly script: S; readonly row: LedgerRow }[];
}

/**
 * Compares the rendered scripts with the ledger of one target. Pure.
 *
 * Edited means that both the template and its SQL differ from what was applied. Other SQL from the same template
 * comes from other variables; another template with the same SQL changed nothing.
 * @throws FedgenError E_SCRIPT_ORDER when a script is missing below one that stands, or when the ledger knows a
 *   script that the pack does not have.
 */
export function buildWorklist<S extends RunnableScript>(
  scripts: readonly S[],
  ledger: readonly LedgerRow[],
): Worklist<S> {
  const rows = ledger.filter((row) => row.state === 'applied');
  const keyOf = (pack: string, name: string): string => `${pack}/${name}`;
  const byKey = new Map(rows.map((row) => [keyOf(row.pack, row.script), row]));
  const known = new Set(scripts.map(({ source }) => keyOf(source.pack, source.name)));
  refuseUnknown(rows.filter((row) => !known.has(keyOf(row.pack, row.script))));
  const pairs = scripts.map((script) => ({
    script,
    row: byKey.get(keyOf(script.source.pack, script.source.name)),
  }));
  const applied = pairs.flatMap(({ script, row }) => (row ? [{ script, row }] : []));
  const pending = pairs.flatMap(({ script, row }) => (row ? [] : [script]));
  refuseOutOfOrder(pending, applied.at(-1)?.script);
  const otherSql = applied.filter(({ script, row }) => script.renderedChecksum !== row.renderedChecksum);
  return {
    applied,
    pending,
    revalued: otherSql.filter(isSameTemplate).map(({ script }) => script.source.name),
    edited: otherSql.filter((pair) => !isSameTemplate(pair)),
  };
}

const isSameTemplate = ({ script, row }: { script: RunnableScript; row: LedgerRow }): boolean =>
  script.templateChecksum === row.templateChecksum;

function refuseUnknown(rows: readonly LedgerRow[]): void {
  const [first] = rows;
  if (!first) return;
  throw new FedgenError(
    'E_SCRIPT_ORDER',
    `target "${first.target}" has scripts applied that this pack does not have: ${rows.map((row) => `${row.pack}/${row.script}`).join(', ')}`,
    {
      hint: 'Was it applied with a newer version of the pack, or with a pack that extends it? Use that one (--pack).',
      details: { target: first.target, scripts: rows.map((row) => row.script) },
    },
  );
}

function refuseOutOfOrder(pending: readonly RunnableScript[], last: RunnableScript | undefined): void {
  const late = last && pending.find((script) => script.source.number < last.source.number);
  if (!late) return;
  throw new FedgenError(
    'E_SCRIPT_ORDER',
    `${late.source.template.file} is not applied, but ${last.source.name} with a higher number is`,
    {
      hint: `Give the new script a number above ${String(last.source.number).padStart(4, '0')}, or roll back to ${late.source.number - 1} first.`,
      details: { script: late.source.name },
    },
  );
}

/** @throws FedgenError E_SCRIPT_EDITED that names each edited file and the ways to go on. */
export function refuseEdited(edited: Worklist<RunnableScript>['edited']): void {
  if (edited.length === 0) return;
  const files = edited.map(({ script, row }) => {
    return `${script.source.template.file} (applied ${row.appliedAt.toISOString()} by ${row.appliedBy}; checksum then ${row.templateChecksum.slice(0, 12)}, now ${script.templateChecksum.slice(0, 12)})`;
  });
  throw new FedgenError(
    'E_SCRIPT_EDITED',
    `applied scripts were edited afterwards:\n  ${files.join('\n  ')}`,
    {
      hint: 'Restore the file and put the change into a new script with the next number; or, if the database already is as the file says, record the new text with --accept-edited.',
      details: { scripts: edited.map(({ script }) => script.source.name) },
    },
  );
}
