import { mapTexts, visible } from '../../shared/texts.js';
import type { ValidationReport } from '../../validate/judge.js';

/**
 * A report in which no name can act on what shows it, or pass for a line of its own. Remedies keep their line ends,
 * which SQL has.
 */
export const withVisibleTexts = (report: ValidationReport): ValidationReport =>
  mapTexts(report, (text, key) =>
    key === 'remedy' ? text.split('\n').map(visible).join('\n') : visible(text),
  );
