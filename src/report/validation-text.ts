import type { ValidationReport } from '../api/validate.js';
import { count, type Paint } from './paint.js';

/** Findings that are printed of one check before the rest is only counted. */
const SHOWN_FINDINGS = 20;

/** A validation for people: what failed, why it matters, how to mend it; with `verbose` also what was proved. */
export function formatValidation(
  report: ValidationReport,
  options: { readonly verbose: boolean; readonly paint: Paint },
): string {
  const { verbose, paint } = options;
  const passed = report.checks.filter((check) => check.passed).length;
  const lines = report.checks.flatMap((check) => {
    const mark = check.passed ? paint.green('✓') : paint.red('✗');
    const shown = verbose ? check.findings : check.findings.slice(0, SHOWN_FINDINGS);
    const hidden = check.findings.length - shown.length;
    return [
      `  ${mark} ${check.name}: ${check.title} ${paint.dim(`(${check.summary})`)}`,
      ...shown.flatMap((finding) => [
        `      ${paint.red(finding.object)}: ${finding.message}`,
        `        ${paint.cyan('mend')} ${finding.remedy}`,
      ]),
      ...(hidden > 0 ? [`      and ${count(hidden, 'finding')} more (--verbose lists all)`] : []),
      ...(verbose ? check.evidence.map((each) => `      ${paint.dim(each)}`) : []),
    ];
  });
  const verdict = report.passed
    ? paint.green(`All ${report.checks.length} checks passed.`)
    : paint.red(
        report.isolationBroken
          ? `Isolation is broken or unproved; ${count(report.checks.length - passed, 'check')} failed.`
          : `${count(report.checks.length - passed, 'check')} of ${report.checks.length} failed.`,
      );
  return [
    `Validation of ${paint.bold(report.departmentId)} (${report.schema}, ${report.server}):`,
    ...lines,
    verdict,
  ].join('\n');
}
