import { expect, it } from 'vitest';
import { formatDuration } from '../../../src/report/paint.js';

it.each([
  [0, '0 ms'],
  [0.4, '0 ms'],
  [12.6, '13 ms'],
  [999, '999 ms'],
  [999.6, '1.00 s'],
  [1000, '1.00 s'],
  [61_234, '61.23 s'],
])('%d milliseconds are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
