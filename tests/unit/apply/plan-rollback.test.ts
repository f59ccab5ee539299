import { describe, expect, it } from 'vitest';
import { planRollback, type RollbackGoal, type RollbackStep } from '../../../src/apply/rollback.js';
import type { LedgerRow } from '../../../src/apply/ledger.js';
import type { RenderedScript } from '../../../src/render/render.js';
import { failure } from '../config/workspace.js';
import { renderScripts, rowOf } from './rows.js';

const scripts = await renderScripts(4);
type Pairs = Parameters<typeof planRollback>[0];
const pairs = (
  list: readonly RenderedScript[] = scripts,
  change: (number: number) => Partial<LedgerRow> = () => ({}),
): Pairs => list.map((script) => ({ script, row: rowOf(script, change(script.source.number)) }));
const told = (steps: readonly RollbackStep[]): unknown[] =>
  steps.map(({ label, rows, down }) => [label, rows.map((row) => row.id), down.sql.trim()]);

const T = (number: number): unknown[] => [
  `000${number}_create_t${number}`,
  [`row-${number}`],
  `drop table t${number};`,
];

describe('the steps of a rollback', () => {
  it.each<[RollbackGoal, unknown[]]>([
    [{ kind: 'to', number: 2 }, [T(4), T(3)]],
    [{ kind: 'to', number: 4 }, []],
    [{ kind: 'to', number: 0 }, [T(4), T(3), T(2), T(1)]],
    [{ kind: 'steps', steps: 1 }, [T(4)]],
    [{ kind: 'steps', steps: 3 }, [T(4), T(3), T(2)]],
    [{ kind: 'steps', steps: 4 }, [T(4), T(3), T(2), T(1)]],
    [{ kind: 'steps', steps: 0 }, []],
    [{ kind: 'all' }, [['everything', ['row-4', 'row-3', 'row-2', 'row-1'], 'drop table t1;']]],
  ])('%o', (goal, expected) => {
    expect(
      told(planRollback(pairs(), goal)).map((step) => JSON.stringify(step).replaceAll('\\"', '')),
    ).toEqual(expected.map((step) => JSON.stringify(step)));
  });

  it.each<RollbackGoal>([{ kind: 'to', number: 0 }, { kind: 'steps', steps: 2 }, { kind: 'all' }])(
    'are none where nothing stands: %o',
    (goal) => {
      expect(planRollback([], goal)).toEqual([]);
    },
  );

  it.each([5, -1, 1.5])('need a script that is applied: --to %d', async (number) => {
    const error = await failure(() => planRollback(pairs(), { kind: 'to', number }));
    expect(error.code).toBe('E_USAGE');
    expect(error.message).toBe(`no applied script has the number ${number}`);
    expect(error.hint).toContain('0001_create_t1, 0002_create_t2');
  });

  it('are refused when there are not so many', async () => {
    const error = await failure(() => planRollback(pairs(), { kind: 'steps', steps: 99 }));
    expect(error).toMatchObject({ code: 'E_USAGE', message: 'at most 4 scripts can be undone, not 99' });
  });

  it('know what each destroys', () => {
    const [step] = planRollback(pairs(), { kind: 'steps', steps: 1 });
    expect(step?.drops).toEqual([{ kind: 'table', schema: undefined, name: 't4' }]);
  });
});

describe('a rollback is refused before anything is touched', () => {
  it('when a script on the way declares that there is no way back', async () => {
    const list = await renderScripts(4, { irreversible: [2, 3] });
    const error = await failure(() => planRollback(pairs(list), { kind: 'to', number: 1 }));
    expect(error.code).toBe('E_IRREVERSIBLE');
    expect(error.message).toBe(
      'cannot be rolled back:\n  0003_create_t3: reason 3\n  0002_create_t2: reason 2',
    );
    expect(told(planRollback(pairs(list), { kind: 'to', number: 3 }))).toHaveLength(1);
    expect(told(planRollback(pairs(list), { kind: 'all' }))).toHaveLength(1);
  });

  it('when the first script of all has no way back and everything is to go', async () => {
    const list = await renderScripts(2, { irreversible: [1] });
    expect((await failure(() => planRollback(pairs(list), { kind: 'all' }))).code).toBe('E_IRREVERSIBLE');
  });

  it('when a script was edited since', async () => {
    const change = (number: number): Partial<LedgerRow> =>
      number === 3 ? { templateChecksum: 'x', renderedChecksum: 'x' } : {};
    const error = await failure(() => planRollback(pairs(scripts, change), { kind: 'to', number: 2 }));
    expect(error.code).toBe('E_SCRIPT_EDITED');
    expect(error.message).toBe(
      'the rollback would not fit what was applied: pack/0003_create_t3.sql.njk was edited since',
    );
    expect(planRollback(pairs(scripts, change), { kind: 'to', number: 3 })).toHaveLength(1);
  });

  it('when a script was applied with other values', async () => {
    const change = (number: number): Partial<LedgerRow> => (number === 4 ? { renderedChecksum: 'x' } : {});
    const error = await failure(() => planRollback(pairs(scripts, change), { kind: 'steps', steps: 1 }));
    expect(error.message).toContain('0004_create_t4.sql.njk was applied with other values');
    expect(error.hint).toContain('--var');
  });

  it('but not when only its template changed, to the same SQL', () => {
    const change = (): Partial<LedgerRow> => ({ templateChecksum: 'x' });
    expect(planRollback(pairs(scripts, change), { kind: 'steps', steps: 1 })).toHaveLength(1);
  });
});
