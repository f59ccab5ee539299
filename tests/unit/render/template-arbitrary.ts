import fc from 'fast-check';

/** A template and the macros `one()` and `two(v)` that it may call, made of every kind of tag and white space. */
export interface Generated {
  readonly source: string;
  readonly macros: string;
}

let words = 0;
/** Text that stands nowhere else, so that it tells where it came from. */
const word = fc.constant(null).map(() => {
  words += 1;
  return `w${words}w`;
});
const space = fc.constantFrom('', ' ', '  ', '\n', '\n\n', ' \n', '\n  ', '\t');
const EXPRESSIONS = ['v', '"}} {% "', "'%}'", '\nv\n', 'one()', 'two(v)'];

/** @param dashes whether tags may strip the white space beside them. */
export function templates(dashes: boolean): fc.Arbitrary<Generated> {
  const dash = dashes ? fc.constantFrom('', '', '-') : fc.constant('');
  const gap = fc.constantFrom(' ', ' ', '\n');
  const tag = (inner: string): fc.Arbitrary<string> =>
    fc
      .tuple(dash, gap, gap, dash)
      .map(([first, before, after, last]) => `{%${first}${before}${inner}${after}${last}%}`);
  const leaf = fc.oneof(
    { weight: 4, arbitrary: word },
    { weight: 3, arbitrary: space },
    fc
      .tuple(dash, fc.constantFrom(...EXPRESSIONS), dash)
      .map(([first, inner, last]) => `{{${first} ${inner} ${last}}}`),
    fc.tuple(dash, space, dash).map(([first, inner, last]) => `{#${first} " {{ ${inner} ' ${last}#}`),
    fc
      .tuple(space, word, space)
      .map(([before, text, after]) => `{% raw %}${before}{{ ${text} }} {# ${after}{% endraw %}`),
  );
  const { body } = fc.letrec<{ body: string; piece: string }>((tie) => {
    const block = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
      fc.tuple(...parts).map((made) => made.join(''));
    return {
      piece: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        block(tag('for x in xs'), tie('body'), tag('endfor')),
        block(tag('if yes'), tie('body'), tag('endif')),
        block(tag('if no'), tie('body'), tag('else'), tie('body'), tag('endif')),
      ),
      body: fc.array(tie('piece'), { maxLength: 6 }).map((pieces) => pieces.join('')),
    };
  });
  // What macros render to ends in text, and `v` is never empty, so that nothing that is called is invisible.
  const macroBody = fc.tuple(body, word).map((parts) => parts.join(''));
  return fc.tuple(body, macroBody, macroBody).map(([main, first, second]) => ({
    source: `{% from "m" import one, two %}${main}`,
    macros: [macro('one(v="v")', first), macro('two(v)', second)].join('\n'),
  }));
}

/** Macros that call each other would not end. */
const macro = (head: string, body: string): string =>
  `{% macro ${head} %}${body.replaceAll(/one\(\)|two\(v\)/g, '1')}{% endmacro %}`;
