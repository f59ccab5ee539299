import { validate, type ValidationReport } from '../../api/validate.js';
import { formatValidation } from '../../report/validation-text.js';
import { EXIT } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { departmentOf, flag, settingsOf, text } from '../settings.js';

/** `fedgen validate` */
export const runValidate: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const report = await withProgress((onEvent) =>
    validate({ ...departmentOf(options), settings, signal, onEvent }),
  );
  if (text(options, 'format') === 'json') printJson({ validate: report });
  else
    printText(
      formatValidation(report, { verbose: flag(options, 'verbose'), paint: colours(process.stdout) }),
    );
  return validationExitCode(report);
};

/** 0 passed, 1 findings, 5 isolation broken. */
export function validationExitCode(report: ValidationReport): number {
  if (report.passed) return EXIT.ok;
  return report.isolationBroken ? EXIT.isolation : EXIT.findings;
}
