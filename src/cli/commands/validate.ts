import { validate } from '../../api/validate.js';
import { formatValidation } from '../../report/validation-text.js';
import { colours } from '../colours.js';
import { validationExitCode } from '../exit-code.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { targetOf, flag, settingsOf, text } from '../settings.js';

/** `fedgen validate` */
export const runValidate: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const report = await withProgress((onEvent) =>
    validate({ ...targetOf(options), settings, signal, onEvent }),
  );
  if (text(options, 'format') === 'json') printJson({ validate: report });
  else
    printText(
      formatValidation(report, { verbose: flag(options, 'verbose'), paint: colours(process.stdout) }),
    );
  return validationExitCode(report);
};
