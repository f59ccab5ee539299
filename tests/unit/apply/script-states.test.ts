import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../../src/apply/ledger.js';
import { scriptStates } from '../../../src/apply/script-states.js';
import { renderScripts, rowOf } from './rows.js';

const scripts = await renderScripts(3);
const states = (rows: readonly LedgerRow[], of = scripts): string[] =>
  scriptStates(of, rows).map(({ script, state }) => `${script} ${state}`);
const rows = (change: (number: number) => Partial<LedgerRow> = () => ({})): LedgerRow[] =>
  scripts.map((script) => rowOf(script, change(script.source.number)));

describe('the states of scripts', () => {
  it('are pending, applied, edited, revalued and rolled back', () => {
    expect(states([])).toEqual([
      '0001_create_t1 pending',
      '0002_create_t2 pending',
      '0003_create_t3 pending',
    ]);
    const changes: Partial<LedgerRow>[] = [
      { renderedChecksum: 'x' },
      { renderedChecksum: 'x', templateChecksum: 'x' },
      { state: 'rolled_back' },
    ];
    expect(states(rows((number) => changes[number - 1] ?? {}))).toEqual([
      '0001_create_t1 revalued',
      '0002_create_t2 edited',
      '0003_create_t3 rolled-back',
    ]);
    expect(states(rows((number) => (number === 2 ? { templateChecksum: 'x' } : {})))).toEqual([
      '0001_create_t1 applied',
      '0002_create_t2 applied',
      '0003_create_t3 applied',
    ]);
  });

  it('are unknown of what the pack has not, last, and only while it stands', () => {
    expect(states(rows(), scripts.slice(2))).toEqual([
      '0003_create_t3 applied',
      '0001_create_t1 unknown',
      '0002_create_t2 unknown',
    ]);
    expect(
      states(
        rows(() => ({ state: 'rolled_back' })),
        [],
      ),
    ).toEqual([]);
    expect(
      states(
        rows(() => ({ pack: 'other' })),
        scripts.slice(0, 1),
      )[0],
    ).toBe('0001_create_t1 pending');
  });

  it('have when and by whom a script was applied, while it stands', () => {
    const [standing, undone] = scriptStates(
      scripts,
      rows((number) => (number === 2 ? { state: 'rolled_back' } : {})),
    );
    expect(standing).toMatchObject({
      appliedBy: 'deploy',
      appliedAt: new Date('2026-01-05T09:30:00Z'),
      durationMs: 12,
    });
    expect(undone).toMatchObject({ appliedBy: undefined, appliedAt: undefined, durationMs: undefined });
  });
});
