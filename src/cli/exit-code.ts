import type { ValidationReport } from '../validate/judge.js';
import { EXIT } from '../shared/errors.js';

/** 0 passed, 1 findings, 5 isolation broken or unproved. */
export function validationExitCode(report: ValidationReport): number {
  if (report.passed) return EXIT.ok;
  return report.isolationBroken ? EXIT.isolation : EXIT.findings;
}
