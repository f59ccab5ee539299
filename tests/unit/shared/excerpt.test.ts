import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, positionAt } from '../../../src/shared/excerpt.js';

describe('a position', () => {
  it.each([
    ['abc', 0, 1, 1],
    ['abc', 3, 1, 4],
    ['a\nb', 1, 1, 2],
    ['a\nb', 2, 2, 1],
    ['💥é\n💥é b', 7, 2, 3],
    ['', 0, 1, 1],
  ])('of %j at %i is line %i, column %i', (text, offset, line, column) => {
    expect(positionAt(text, offset)).toEqual({ line, column });
  });
});

describe('an excerpt', () => {
  it('shows three lines before the faulty one, and a caret under the place', () => {
    const text = 'one\ntwo\nthree\nfour\nfive here\nsix';
    expect(excerpt(text, text.indexOf('here')).split('\n')).toEqual([
      '  2 | two',
      '  3 | three',
      '  4 | four',
      '  5 | five here',
      '    |      ^',
    ]);
  });

  it('numbers lines as it is told, to one width', () => {
    expect(excerpt('a\nb', 2, (line) => line * 9).split('\n')).toEqual(['   9 | a', '  18 | b', '     | ^']);
  });

  it('puts the caret under the place behind tabs and wide characters', () => {
    expect(excerpt('\t💥\tx', 4).split('\n').at(-1)).toBe('    | \t \t^');
  });

  it('has its caret at the column of the position', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(50), (text, at) => {
        const offset = Math.min(at, text.length);
        const last = excerpt(text, offset).split('\n').at(-1) ?? '';
        const caret = Array.from(last.slice(last.indexOf('| ') + 2)).length;
        expect(caret).toBe(positionAt(text, offset).column);
      }),
    );
  });
});
