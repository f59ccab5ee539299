import type { ScriptChecksums } from '../render/render.js';
import type { LedgerRow } from './ledger.js';

/** One script as the ledger and the pack know it. */
export interface ScriptStatus {
  readonly script: string;
  /**
   * `edited`: template and SQL differ from what was applied. `revalued`: the same template with other values.
   * `unknown`: applied, but not in this pack. `half-done`: begun where DDL has no transactions, and not brought to its end.
   */
  readonly state: 'applied' | 'pending' | 'edited' | 'revalued' | 'rolled-back' | 'unknown' | 'half-done';
  readonly appliedAt: Date | undefined;
  readonly appliedBy: string | undefined;
  readonly durationMs: number | undefined;
  /** Of a half-done script. */
  readonly progress?: ScriptProgress;
}

/** How far a script came, on its way up or down. */
export interface ScriptProgress {
  readonly direction: 'apply' | 'rollback';
  readonly statementsDone: number;
  readonly statements: number;
  /** What the server said to the next statement; empty where nobody heard. */
  readonly error: string;
}

type Identified = Pick<ScriptChecksums, 'source' | 'templateChecksum'> & Partial<ScriptChecksums>;

/** Where each script of a target stands, by number; scripts that the pack does not know come last. Pure. */
export function scriptStates(scripts: readonly Identified[], rows: readonly LedgerRow[]): ScriptStatus[] {
  const known = scripts.map((script): ScriptStatus => {
    const row = findRow(rows, script.source, 'applied');
    if (row) return standing(row, stateOf(script, row));
    const state = findRow(rows, script.source, 'rolled_back') ? 'rolled-back' : 'pending';
    const absent = { appliedAt: undefined, appliedBy: undefined, durationMs: undefined };
    return { script: script.source.name, state, ...absent };
  });
  const unknown = rows
    .filter((row) => row.state === 'applied')
    .filter((row) => !scripts.some(({ source }) => source.pack === row.pack && source.name === row.script))
    .map((row) => standing(row, 'unknown'));
  return [...known, ...unknown];
}

function stateOf(script: Identified, row: LedgerRow): ScriptStatus['state'] {
  if (script.renderedChecksum === undefined || script.renderedChecksum === row.renderedChecksum)
    return 'applied';
  return script.templateChecksum === row.templateChecksum ? 'revalued' : 'edited';
}

const standing = (row: LedgerRow, state: ScriptStatus['state']): ScriptStatus => ({
  script: row.script,
  state,
  appliedAt: row.appliedAt,
  appliedBy: row.appliedBy,
  durationMs: row.durationMs,
});

const findRow = (
  rows: readonly LedgerRow[],
  source: Identified['source'],
  state: LedgerRow['state'],
): LedgerRow | undefined =>
  rows.findLast((row) => row.state === state && row.pack === source.pack && row.script === source.name);
