import { apply } from '../../api/apply.js';
import { formatApply, formatPendingSql } from '../../report/apply-text.js';
import { colours } from '../colours.js';
import { printJson, printVerbatim, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { targetOf, flag, settingsOf, text } from '../settings.js';

/** `fedgen apply` */
export const runApply: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const dryRun = flag(options, 'dryRun');
  const result = await withProgress((onEvent) =>
    apply({
      ...targetOf(options),
      settings,
      signal,
      onEvent,
      dryRun,
      createDatabase: flag(options, 'createDatabase'),
      acceptEdited: flag(options, 'acceptEdited'),
    }),
  );
  if (text(options, 'format') === 'json') printJson({ apply: result });
  else if (dryRun && result.pending.length > 0) printVerbatim(formatPendingSql(result));
  else printText(formatApply(result, colours(process.stdout)));
  return 0;
};
