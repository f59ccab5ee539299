import { expect, it } from 'vitest';
import { formatDoctor } from '../../../src/report/doctor-text.js';

const same = (text: string): string => text;
const PAINT = { red: same, green: same, yellow: same, cyan: same, bold: same, dim: same };
const section = { name: 'x', title: 'X', columns: [], rows: [], notes: [] };

it('shows answers, notes, and what was not answered', () => {
  const text = formatDoctor(
    {
      server: 'u@h:1/d',
      serverVersion: 170_002,
      schemas: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      sections: [
        {
          ...section,
          title: 'Sizes',
          columns: ['table', 'size', 'bytes', 'seen', 'used'],
          rows: [
            { table: 't', size: '8 kB', bytes: 8192, seen: new Date('2026-01-02T03:04:05Z'), used: false },
          ],
          notes: ['A note.'],
        },
        { ...section, title: 'Slow', unavailable: { reason: 'not there', remedy: 'Install it.' } },
        section,
      ],
    },
    PAINT,
  );
  expect(text).toBe(
    [
      'u@h:1/d, PostgreSQL 17: a, b, c, d, e and 2 more',
      'Sizes\ntable  size  seen              used\nt      8 kB  2026-01-02 03:04  no\nA note.',
      'Slow\nnot answered: not there\nInstall it.',
      'X\nNone.',
    ].join('\n\n'),
  );
});
