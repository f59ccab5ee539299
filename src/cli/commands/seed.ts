import { seed } from '../../api/seed.js';
import { formatSeed } from '../../report/tenant-text.js';
import { EXIT } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { settingsOf, text } from '../settings.js';

/** `fedgen seed` */
export const runSeed: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const result = await withProgress((onEvent) => seed({ settings, signal, onEvent }));
  if (text(options, 'format') === 'json') printJson({ seed: result });
  else printText(formatSeed(result, colours(process.stdout)));
  return EXIT.ok;
};
