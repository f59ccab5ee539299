import { describe, expect, it } from 'vitest';
import { pageView } from '../../../../src/report/validation/html-view.js';
import { matricesView } from '../../../../src/report/validation/matrix-view.js';
import type { JudgedTarget } from '../../../../src/validate/judge.js';
import type { MatrixCell } from '../../../../src/validate/model.js';
import { pageOf } from '../../../support/page.js';
import { check, evidence, finding, FLEET, HOSTILE, judged, target, WAIVERS } from './evidence.js';

const cell = (changes: Partial<MatrixCell> = {}): MatrixCell => ({
  actor: 'hr_role',
  victim: 'another department',
  relation: 'contacts',
  operation: 'select',
  outcome: 'refused',
  expected: 'refused',
  attempts: 2,
  ...changes,
});
const attacked = (...matrices: MatrixCell[][]): readonly JudgedTarget[] =>
  judged(evidence({ targets: matrices.map((matrix, at) => target(`t${at}`, { matrix })) })).targets;

describe('the matrix', () => {
  it.each([
    ['refused', 'refused', 'refused', undefined],
    ['allowed', 'allowed', 'allowed', undefined],
    ['allowed', 'refused', 'leak', 'refused'],
    ['refused', 'allowed', 'denied', 'allowed'],
    ['unproved', 'refused', 'unproved', 'refused'],
    ['unproved', 'allowed', 'unproved', 'allowed'],
  ] as const)('%s where it must be %s is %s', (outcome, expected, ending, told) => {
    const [shown] = matricesView(attacked([cell({ outcome, expected })])).targets;
    expect(shown?.tables[0]?.rows[0]?.cells[0]).toMatchObject({ ending, expected: told });
    expect(shown?.wrong).toBe(told === undefined ? 0 : 1);
  });

  it('shows the worst of several attempts, and counts all', () => {
    const cells = [cell(), cell({ outcome: 'allowed' }), cell({ outcome: 'unproved' })];
    const [shown] = matricesView(attacked(cells)).targets;
    expect(shown?.tables[0]?.rows[0]?.cells).toEqual([
      { ending: 'leak', mark: '✗', text: 'allowed', expected: 'refused', attempts: '6 attempts' },
    ]);
  });

  it('has others before oneself, operations in order, and holes where nothing was tried', () => {
    const cells = [
      cell({ victim: 'own', operation: 'truncate' }),
      cell({ relation: 'calls', operation: 'lock' }),
      cell({ relation: 'calls', operation: 'delete' }),
      cell(),
    ];
    const tables = matricesView(attacked(cells)).targets[0]?.tables;
    expect(tables?.map(({ victim, operations }) => [victim, operations])).toEqual([
      ['another department', ['select', 'delete', 'lock']],
      ['its own rows', ['truncate']],
    ]);
    expect(tables?.[0]?.rows.map(({ cells: own }) => own.map((each) => each?.ending))).toEqual([
      [undefined, 'refused', 'refused'],
      ['refused', undefined, undefined],
    ]);
  });

  it('of a fleet shows what went wrong first, and says what it leaves out', () => {
    const right = Array.from({ length: 10 }, () => [cell()]);
    const wrong = Array.from({ length: 60 }, () => [cell({ outcome: 'unproved' })]);
    const view = matricesView(attacked(...right, [], ...wrong));
    expect(view.targets.map((each) => each.wrong)).toEqual([...Array<number>(50).fill(1), 0, 0, 0]);
    expect(view.rest).toEqual([
      '10 more targets with attempts that went wrong: the json report has them.',
      '7 more targets: every attempt ended as it must.',
    ]);
  });
});

describe('the page', () => {
  it('leaves out what no browser would open, and says so', () => {
    const findings = Array.from({ length: 512 }, (_, at) => finding(`t${at}`));
    const targets = Array.from({ length: 25 }, (_, at) =>
      target(`d${at}`, { checks: [check('a', at === 0 ? { findings } : {})] }),
    );
    const view = pageView(judged(evidence({ targets })));
    expect(view.severities[0]?.findings.shown).toHaveLength(500);
    expect(view.severities[0]?.findings.more).toBe('and 12 findings more: the json report has them');
    expect(view.lookedAt).toHaveLength(20);
    expect(view.lookedAtMore).toBe('5 more targets: the json report has their checks.');
    expect(view.fleet).toHaveLength(25);
  });

  it('shows every finding once', () => {
    const view = pageView(judged(FLEET, { waivers: WAIVERS }));
    const lists = [
      ...view.severities.map(({ findings }) => findings),
      view.drift,
      view.waived,
      view.waiverFindings,
    ];
    const keys = lists.flatMap(({ shown }) => shown.map(({ key }) => key));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(10);
  });

  it('lists targets that failed first', () => {
    const fleet = evidence({
      targets: [target('a'), target('b', { checks: [check('x', { findings: [finding('b')] })] })],
    });
    expect(pageView(judged(fleet)).fleet.map(({ target: id, state }) => [id, state])).toEqual([
      ['b', 'failed'],
      ['a', 'passed'],
    ]);
  });

  it('names nothing outside itself, and lets nothing in', () => {
    const page = pageOf(judged(FLEET, { waivers: WAIVERS }));
    expect(page).not.toMatch(/(?:src|href)="(?!#)|url\(|@import|https?:/);
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-`);
    expect(page).not.toMatch(/ style="| on\w+="/);
  });

  it('escapes every text', () => {
    const hostile = evidence({
      server: HOSTILE,
      targets: [target(HOSTILE, { checks: [check('a', { findings: [finding(HOSTILE)] })] })],
    });
    const page = pageOf(judged(hostile));
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('\u202e');
    expect(page).toContain(
      'x&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;&#92;u202egpj.exe',
    );
  });
});
