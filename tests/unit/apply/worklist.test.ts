import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../../src/apply/ledger.js';
import { buildWorklist, refuseEdited, type Worklist } from '../../../src/apply/worklist.js';
import type { RenderedScript } from '../../../src/render/render.js';
import { failure } from '../config/workspace.js';
import { renderScripts, rowOf } from './rows.js';

const namesOf = (list: Worklist): Record<string, string[]> => ({
  applied: list.applied.map(({ script }) => script.source.name),
  pending: list.pending.map((script) => script.source.name),
  edited: list.edited.map(({ script }) => script.source.name),
  revalued: [...list.revalued],
});
const rowsOf = (
  scripts: readonly RenderedScript[],
  change: (number: number) => Partial<LedgerRow> = () => ({}),
): LedgerRow[] => scripts.map((script) => rowOf(script, change(script.source.number)));

const scripts = await renderScripts(3);
const [ONE, TWO, THREE] = ['0001_create_t1', '0002_create_t2', '0003_create_t3'];

describe('a worklist', () => {
  it('of nothing applied has everything pending, in order', () => {
    expect(namesOf(buildWorklist(scripts, []))).toEqual({
      applied: [],
      pending: [ONE, TWO, THREE],
      edited: [],
      revalued: [],
    });
  });

  it('of everything applied has nothing to do', () => {
    expect(namesOf(buildWorklist(scripts, rowsOf(scripts)))).toEqual({
      applied: [ONE, TWO, THREE],
      pending: [],
      edited: [],
      revalued: [],
    });
  });

  it('goes on above the newest that stands', () => {
    const list = buildWorklist(scripts, rowsOf(scripts.slice(0, 2)));
    expect(namesOf(list)).toMatchObject({ applied: [ONE, TWO], pending: [THREE] });
    expect(list.applied.map(({ row }) => row.id)).toEqual(['row-1', 'row-2']);
  });

  it('does not mind the order of the rows', () => {
    expect(namesOf(buildWorklist(scripts, rowsOf(scripts).reverse())).pending).toEqual([]);
  });

  it('counts what was rolled back as pending, and a later row of the same script as standing', () => {
    const history = rowsOf(scripts, (number) => (number === 3 ? { state: 'rolled_back' } : {}));
    expect(namesOf(buildWorklist(scripts, history)).pending).toEqual([THREE]);
    const again = [...history, ...rowsOf(scripts.slice(2), () => ({ id: 'again' }))];
    expect(buildWorklist(scripts, again).applied.at(-1)?.row.id).toBe('again');
  });

  it.each([
    [
      'edited: other template and other SQL',
      { templateChecksum: 'x', renderedChecksum: 'x' },
      { edited: [TWO], revalued: [] },
    ],
    ['revalued: same template, other SQL', { renderedChecksum: 'x' }, { edited: [], revalued: [TWO] }],
    ['unchanged: other template, same SQL', { templateChecksum: 'x' }, { edited: [], revalued: [] }],
  ])('knows what is %s', (_, change, expected) => {
    const rows = rowsOf(scripts, (number) => (number === 2 ? change : {}));
    expect(namesOf(buildWorklist(scripts, rows))).toMatchObject({ applied: [ONE, TWO, THREE], ...expected });
  });

  it('tells scripts of one name from different packs apart', async () => {
    const rows = rowsOf(scripts.slice(0, 1), () => ({ pack: 'other' }));
    const error = await failure(() => buildWorklist(scripts, rows));
    expect(error.code).toBe('E_SCRIPT_ORDER');
    expect(error.message).toContain('other/0001_create_t1');
  });

  it('is refused when the ledger knows scripts that the pack has not, and names them all', async () => {
    const error = await failure(() => buildWorklist(scripts.slice(0, 1), rowsOf(scripts)));
    expect(error.code).toBe('E_SCRIPT_ORDER');
    expect(error.message).toBe(
      'target "hr" has scripts applied that this pack does not have: shop/0002_create_t2, shop/0003_create_t3',
    );
    expect(error.details).toEqual({ target: 'hr', scripts: [TWO, THREE] });
  });

  it('takes rows that were rolled back for history, whoever wrote them', () => {
    const rows = rowsOf(scripts, (number) => (number === 3 ? { state: 'rolled_back' } : {}));
    expect(namesOf(buildWorklist(scripts.slice(0, 2), rows)).pending).toEqual([]);
  });

  it('is refused when a script is missing below one that stands', async () => {
    const rows = rowsOf(scripts.filter(({ source }) => source.number !== 2));
    const error = await failure(() => buildWorklist(scripts, rows));
    expect(error.code).toBe('E_SCRIPT_ORDER');
    expect(error.message).toBe(
      'pack/0002_create_t2.sql.njk is not applied, but 0003_create_t3 with a higher number is',
    );
    expect(error.hint).toBe('Give the new script a number above 0003, or roll back to 1 first.');
  });
});

describe('edited scripts', () => {
  it('are refused, each with when and by whom it was applied', async () => {
    const change = { templateChecksum: 'a'.repeat(64), renderedChecksum: 'b'.repeat(64) };
    const list = buildWorklist(
      scripts,
      rowsOf(scripts, (number) => (number === 1 ? {} : change)),
    );
    const error = await failure(() => refuseEdited(list.edited));
    expect(error.code).toBe('E_SCRIPT_EDITED');
    const now = scripts[1]?.templateChecksum.slice(0, 12) ?? '';
    expect(error.message.split('\n')).toEqual([
      'applied scripts were edited afterwards:',
      `  pack/0002_create_t2.sql.njk (applied 2026-01-05T09:30:00.000Z by deploy; checksum then aaaaaaaaaaaa, now ${now})`,
      expect.stringContaining('pack/0003_create_t3.sql.njk'),
    ]);
  });

  it('that are none are no error', () => {
    expect(() => refuseEdited([])).not.toThrow();
  });
});
