import fc from 'fast-check';
import pg from 'pg';
import { expect, it } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../../src/render/quote.js';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(`'`, `"`, '\\', 'E', '$', 'é', ' ') }),
);

it('quotes letter for letter as pg does', () => {
  fc.assert(
    fc.property(text, (each) => {
      expect(quoteLiteral(each)).toBe(pg.escapeLiteral(each));
      expect(quoteIdentifier(each)).toBe(pg.escapeIdentifier(each));
    }),
  );
});
