import { expect, it } from 'vitest';
import { count, mapTexts, visible } from '../../../src/shared/texts.js';

it('replaces every text, and knows the member that holds it', () => {
  const value = { a: 'x', list: ['y', { b: 'z' }], n: 1, nothing: null, no: undefined, yes: true };
  expect(mapTexts(value, (text, key) => `${key}=${text}`)).toEqual({
    a: 'a=x',
    list: ['list=y', { b: 'b=z' }],
    n: 1,
    nothing: null,
    no: undefined,
    yes: true,
  });
});

it.each([
  ['Größe 人 🙂 "x" <y>', 'Größe 人 🙂 "x" <y>'],
  ['a\nb', 'a\\nb'],
  ['\u001b[31mred', '\\u001b[31mred'],
  ['\u202egpj.exe', '\\u202egpj.exe'],
  ['a\u200bb\u2066c\ufeff', 'a\\u200bb\\u2066c\\ufeff'],
  ['\ud800', '\\ud800'],
  ['\ufffe', '\\ufffe'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

it.each([
  [0, '0 rows'],
  [1, '1 row'],
  [2, '2 rows'],
])('%i: %s', (number, text) => {
  expect(count(number, 'row')).toBe(text);
});
