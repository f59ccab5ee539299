import { describe, expect, it } from 'vitest';
import type { Finding, ValidationReport } from '../../../src/index.js';
import { formatValidation } from '../../../src/report/validation-text.js';
import { checkResult } from '../../../src/validate/checks.js';
import { PLAIN, unpainted, VISIBLE } from './paints.js';

const FINDING: Finding = {
  object: 'hr_tenant.calls',
  message: 'row level security is disabled',
  remedy: 'alter table hr_tenant.calls enable row level security;',
};
const schema = checkResult('schema_exists', 'schema hr_tenant', [], ['schema hr_tenant is there']);

function reportOf(checks: ValidationReport['checks']): ValidationReport {
  const isolationBroken = checks.some((check) => check.name === 'cross_tenant_isolation' && !check.passed);
  return {
    departmentId: 'hr',
    schema: 'hr_tenant',
    role: 'hr_role',
    pack: 'federation',
    server: 'localhost:5432/app',
    serverVersion: 160004,
    passed: checks.every((check) => check.passed),
    isolationBroken,
    checks,
  };
}
const FAILED = reportOf([
  schema,
  checkResult(
    'rls_enabled',
    '22 of 24 tables',
    [FINDING, { ...FINDING, object: 'hr_tenant.mails' }],
    ['notes: 6 policies'],
  ),
]);
const lines = (report: ValidationReport, verbose = false): string[] =>
  formatValidation(report, { verbose, paint: PLAIN }).split('\n');

describe('a validation', () => {
  it.each([
    ['passed', reportOf([schema]), false],
    ['passed-verbose', reportOf([schema]), true],
    ['failed', FAILED, false],
    ['failed-verbose', FAILED, true],
  ])('that %s is told to its golden', async (name, report, verbose) => {
    const text = formatValidation(report, { verbose, paint: PLAIN });
    await expect(`${text}\n`).toMatchFileSnapshot(`../../golden/report/validation-${name}.txt`);
  });

  it('says so when isolation is broken', () => {
    const isolation = checkResult('cross_tenant_isolation', '400 attempts', [FINDING], []);
    expect(lines(reportOf([isolation])).at(-1)).toBe('Isolation is broken or unproved; 1 check failed.');
    expect(lines(reportOf([isolation, checkResult('rls_enabled', 'x', [FINDING], [])])).at(-1)).toBe(
      'Isolation is broken or unproved; 2 checks failed.',
    );
  });

  it('shows 20 findings of a check and counts the rest', () => {
    const many = (count: number): ValidationReport =>
      reportOf([
        checkResult(
          'rls_enabled',
          'x',
          Array.from({ length: count }, () => FINDING),
          [],
        ),
      ]);
    const shown = (report: ValidationReport, verbose = false): number =>
      lines(report, verbose).filter((line) => line.includes('disabled')).length;
    expect(shown(many(20))).toBe(20);
    expect(lines(many(20)).join()).not.toContain('more (--verbose');
    expect(shown(many(21))).toBe(20);
    expect(lines(many(21))).toContain('      and 1 finding more (--verbose lists all)');
    expect(lines(many(25))).toContain('      and 5 findings more (--verbose lists all)');
    expect(shown(many(25), true)).toBe(25);
  });

  it('says the same with and without colour', () => {
    const painted = formatValidation(FAILED, { verbose: true, paint: VISIBLE });
    expect(painted).toContain('<red>hr_tenant.calls</red>');
    expect(unpainted(painted)).toBe(formatValidation(FAILED, { verbose: true, paint: PLAIN }));
  });
});
