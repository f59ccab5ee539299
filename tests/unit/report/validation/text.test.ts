import { describe, expect, it } from 'vitest';
import { formatValidation } from '../../../../src/report/validation/text.js';
import type { ValidationReport } from '../../../../src/validate/judge.js';
import { PLAIN, unpainted, VISIBLE } from '../paints.js';
import { check, CLEAN, evidence, finding, FLEET, HOSTILE, judged, target, WAIVERS } from './evidence.js';

const WAIVED = judged(FLEET, { waivers: WAIVERS });
const ONE = judged({ ...FLEET, targets: FLEET.targets.slice(0, 1) });
const plain = (report: ValidationReport, verbose = false): string =>
  formatValidation(report, { verbose, paint: PLAIN });
const many = (length: number): ValidationReport =>
  judged(
    evidence({
      targets: [
        target('hr', {
          checks: [check('a', { findings: Array.from({ length }, (_, at) => finding(`hr_tenant.t${at}`)) })],
        }),
      ],
    }),
  );

describe('a validation', () => {
  it.each([
    ['passed', judged(CLEAN), false],
    ['passed-verbose', judged(CLEAN), true],
    ['failed', ONE, false],
    ['failed-verbose', ONE, true],
    ['fleet', WAIVED, false],
    ['fleet-verbose', WAIVED, true],
  ])('%s is told to its golden', async (name, report, verbose) => {
    const file = `../../../golden/report/validation-${name}.txt`;
    await expect(`${plain(report, verbose)}\n`).toMatchFileSnapshot(file);
  });

  it('says the same with and without colour', () => {
    const painted = formatValidation(WAIVED, { verbose: true, paint: VISIBLE });
    expect(painted).toContain('<red>error hr_tenant.idx_tool_calls_status</red>');
    expect(unpainted(painted)).toBe(plain(WAIVED, true));
  });

  it('shows 20 findings of a check and counts the rest', () => {
    const shown = (report: ValidationReport, verbose = false): number =>
      plain(report, verbose).match(/error hr_tenant\.t/g)?.length ?? 0;
    expect(shown(many(20))).toBe(20);
    expect(plain(many(20))).not.toContain('more (--verbose');
    expect(shown(many(21))).toBe(20);
    expect(plain(many(21))).toContain('\n        and 1 finding more (--verbose lists all)\n');
    expect(plain(many(25))).toContain('\n        and 5 findings more (--verbose lists all)\n');
    expect(shown(many(25), true)).toBe(25);
  });

  it('only counts notes and waived findings, unless asked or unless they fail', () => {
    expect(plain(WAIVED)).not.toMatch(/note hr_tenant|waived hr_tenant/);
    expect(plain(WAIVED, true)).toMatch(/note hr_tenant[^]*|waived hr_tenant/);
    expect(plain(judged(FLEET, { failOn: 'note' }))).toContain('note hr_tenant.orders');
  });

  it('says what it fails on, where that is not the default, and what was not looked at', () => {
    expect(plain(judged(CLEAN, { failOn: 'note' }))).toContain('\nFails on: note and worse.');
    expect(plain(judged(CLEAN))).toContain('Not looked at, so not proved: drift.');
    expect(plain(ONE)).not.toContain('Not looked at');
  });

  it('of targets that have not changed says that nothing was looked at', () => {
    const unchanged = evidence({ targets: [target('hr', { unchanged: true })] });
    expect(plain(judged(unchanged))).toMatch(/not looked at\nNothing has changed; no check ran\.$/);
    expect(plain(judged(evidence()))).toBe('No target was looked at.');
  });

  it('lets no name act on the terminal or pass for a line of its own', () => {
    const hostile = evidence({
      server: HOSTILE,
      targets: [target(HOSTILE, { checks: [check('a', { findings: [finding(HOSTILE)] })] })],
    });
    const text = plain(judged(hostile), true);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text).not.toMatch(/^All 9/m);
    expect(text).toContain('\\u202egpj.exe\\u001b[31m\\nAll 9');
  });
});
