import Table from 'cli-table3';
import type { Paint } from './paint.js';

const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
};

/** Columns without lines, as wide as they need to be. */
export function formatTable(head: readonly string[], rows: readonly string[][], paint: Paint): string {
  const made = new Table({ ...PLAIN, head: head.map((cell) => paint.bold(cell)) });
  made.push(...rows);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
