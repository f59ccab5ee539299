import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesGlob } from '../../../src/shared/glob.js';

it.each([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'hr_tenant.contacts', true],
  ['hr', 'hr', true],
  ['hr', 'hrx', false],
  ['hr_*', 'hr_', true],
  ['hr_*.a*b', 'hr_x.a.ab', true],
  ['hr_*.a*b', 'hr_x.a.ba', false],
  ['*.contacts', 'hr_tenant.contacts', true],
  ['a.c', 'abc', false],
  ['**a**', 'bab', true],
  ['[a-z]', 'b', false],
])('%j and %j: %s', (pattern, text, matches) => {
  expect(matchesGlob(pattern, text)).toBe(matches);
});

it('agrees with the regular expression that says the same', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, text) => {
      const same = new RegExp(`^${pattern.replaceAll('*', '.*')}$`.replaceAll('.*.*', '.*'));
      expect(matchesGlob(pattern, text)).toBe(same.test(text));
    }),
  );
});

it('takes no time for many stars', () => {
  const started = performance.now();
  expect(matchesGlob(`${'*a'.repeat(40)}b`, 'a'.repeat(5000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
