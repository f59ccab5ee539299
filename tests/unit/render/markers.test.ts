import fc from 'fast-check';
import nunjucks from 'nunjucks';
import { describe, expect, it } from 'vitest';
import { addMarkers, markedLocation, takeMarkers } from '../../../src/render/markers.js';
import { templates } from './template-arbitrary.js';

/** What the plain sources render to, and what the marked ones do, with the origin of each line. */
function both(
  sources: Readonly<Record<string, string>>,
  context: object = {},
): { plain: string; lines: string[] } {
  const names = Object.keys(sources);
  const renderWith = (mark: boolean): string => {
    class Loader extends nunjucks.Loader implements nunjucks.ILoader {
      getSource(name: string): nunjucks.LoaderSource {
        const source = sources[name] ?? '';
        return { src: mark ? addMarkers(source, names.indexOf(name)) : source, path: name, noCache: false };
      }
    }
    return new nunjucks.Environment(new Loader(), {
      autoescape: false,
      trimBlocks: true,
      lstripBlocks: true,
    }).render('main', context);
  };
  const plain = renderWith(false);
  const { text, sourceMap } = takeMarkers(renderWith(true), names, names.indexOf('main'));
  expect(text).toBe(plain);
  const lines = text.split('\n').map((line, at) => {
    const place = sourceMap(at + 1);
    return `${place.file}:${place.line} ${line}`;
  });
  return { plain, lines };
}

const linesOf = (
  main: string,
  others: Readonly<Record<string, string>> = {},
  context: object = {},
): string[] => both({ main, ...others }, context).lines;

describe('the source map', () => {
  it('knows each line of plain text', () => {
    expect(linesOf('a\nb\n\nc')).toEqual(['main:1 a', 'main:2 b', 'main:4 ', 'main:4 c']);
  });

  it('follows loops', () => {
    expect(linesOf('a\n{% for x in xs %}\n  {{ x }},\n  y\n{% endfor %}\nb', {}, { xs: [1, 2] })).toEqual([
      'main:1 a',
      'main:3   1,',
      'main:4   y',
      'main:3   2,',
      'main:4   y',
      'main:6 b',
    ]);
  });

  it('follows macros and imports, inline and as blocks', () => {
    const macros =
      '{% macro two(x) %}\nfirst {{ x }}\nsecond\n{% endmacro %}\n{% macro one() -%}\nin\n{%- endmacro %}';
    const main = '{% from "m" import two, one %}\n\nbefore\n{{ two(1) }}after {{ one() }} it';
    expect(linesOf(main, { m: macros })).toEqual([
      'main:3 ',
      'main:3 before',
      'm:2 first 1',
      'm:3 second',
      'main:4 after in it',
    ]);
  });

  it('follows includes', () => {
    expect(linesOf('a\n{% include "part" %}\nb', { part: 'p1\np2\n' })).toEqual([
      'main:1 a',
      'part:1 p1',
      'part:2 p2',
      'main:3 b',
    ]);
  });

  it('takes the branch that was rendered, also on one line', () => {
    const main = '{% if x %}\nyes\n{% else %}\nno\n{% endif %}\ntail {% if x %}y{% else %}n{% endif %}.\nend';
    expect(linesOf(main, {}, { x: false })).toEqual(['main:4 no', 'main:6 tail n.', 'main:7 end']);
  });

  it('knows a template that is a single line of blocks', () => {
    expect(linesOf('{% if true %}select 1{% endif %}', { other: 'x' })).toEqual(['main:1 select 1']);
  });

  it('names the template itself where no line is known', () => {
    const { sourceMap } = takeMarkers('a\nb', ['other', 'main'], 1);
    expect(sourceMap(2)).toEqual({ file: 'main', line: 1 });
  });

  it.each([
    [
      'quotes with braces inside tags',
      `{{ "}} %} '" }}\nx\n{% set a = '{{ %}' %}\ny`,
      ["main:1 }} %} '", 'main:2 x', 'main:4 y'],
    ],
    ['escaped quotes', `{{ 'it\\'s }}' }}\nx`, [`main:1 it's }}`, 'main:2 x']],
    [
      'regular expressions with quotes',
      `{{ "a'b" | replace(r/'/, "-") }}\nx 'y'\nz`,
      ['main:1 a-b', `main:2 x 'y'`, 'main:3 z'],
    ],
    ['tags of several lines', '{{ [\n1,\n2] | join(\n"-") }} x\ny', ['main:4 1-2 x', 'main:5 y']],
    ['blocks of several lines', '{% if\n true\n%}\nx\n{% endif %}\ny', ['main:4 x', 'main:6 y']],
    ['strings of several lines', "{{ 'a\nb' }}\nx", ['main:2 a', 'main:2 b', 'main:3 x']],
    ['comments', 'a {# {{ x }} {% y %} \n " \n #} b\nc', ['main:3 a  b', 'main:4 c']],
    [
      'raw blocks',
      'a\n{% raw %}\n{{ x }} {% if %}\n{# y #}\n{% endraw %}\nb',
      ['main:1 a', 'main:3 {{ x }} {% if %}', 'main:4 {# y #}', 'main:6 ', 'main:6 b'],
    ],
    [
      'whitespace control',
      'a\n\n{%- if true -%}\n\n  b\n{%- endif %}\nc {{- " d" -}}  \n e',
      ['main:8 abc de'],
    ],
    [
      'indented blocks',
      'a\n   {% if true %}\n   b\n   {% endif %}\nc',
      ['main:1 a', 'main:3    b', 'main:5 c'],
    ],
  ])('is not confused by %s', (_, main, expected) => {
    expect(linesOf(main)).toEqual(expected);
  });

  it('leads from an index in the text to the next marker', () => {
    const marked = addMarkers('a {{ x }}\nb', 0);
    expect(markedLocation(marked, 0, ['main'])).toEqual({ file: 'main', line: 1 });
    expect(markedLocation(marked, marked.indexOf('b'), ['main'])).toEqual({ file: 'main', line: 2 });
    expect(markedLocation(marked, marked.length, ['main'])).toBeUndefined();
  });
});

const CONTEXT = { xs: [1, 2], yes: true, no: false, v: 'v' };

describe('markers', () => {
  it('change nothing of what a template renders to', () => {
    fc.assert(
      fc.property(templates(true), ({ source, macros }) => {
        both({ main: source, m: macros }, CONTEXT);
      }),
      { numRuns: 200 },
    );
  });

  it('lead every line that ends in text back to the line of that text', () => {
    fc.assert(
      fc.property(templates(false), ({ source, macros }) => {
        const text: Readonly<Record<string, string[]>> = {
          main: source.split('\n'),
          m: macros.split('\n'),
        };
        for (const line of both({ main: source, m: macros }, CONTEXT).lines) {
          const [, file = '', number, word = ''] = /^(\w+):(\d+) .*?(w\d+w)$/.exec(line) ?? [];
          const isOfMacro = text['m']?.some((each) => each.includes(word)) === true;
          if (word !== '' && !isOfMacro) expect(text[file]?.[Number(number) - 1]).toContain(word);
        }
      }),
      { numRuns: 200 },
    );
  });
});
