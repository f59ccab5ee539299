import { beforeAll, describe, expect, it } from 'vitest';
import { createTemplateRenderer } from '../../../src/render/environment.js';
import { loadSqlParser } from '../../../src/render/sql.js';
import type { FedgenError } from '../../../src/shared/errors.js';
import { failure } from '../config/workspace.js';
import { render, templatesOf } from '../fixtures.js';

beforeAll(loadSqlParser);

const errorOf = (main: string, others: Readonly<Record<string, string>> = {}): Promise<FedgenError> =>
  failure(() => render({ ...others, main }, { target: { name: 'hr' }, list: ['a', 'b'] }));

describe('an error in a template names file and line:', () => {
  it.each([
    ['a tag that is not closed', 'a\n{% if x', 'pack/main: expected'],
    ['a block that is not closed', 'a\n{% if x %}\nb', 'pack/main'],
    [
      'an empty condition',
      'a\n\n{% if %}x{% endif %}',
      'pack/main:3: unexpected token: %}\n  3 | {% if %}x{% endif %}',
    ],
    ['an unknown tag', 'a\n{% wat %}', 'pack/main:2: unknown block tag: wat\n  2 | {% wat %}'],
    ['a missing value', 'a\n{{ | literal }}', 'pack/main:2: '],
    [
      'an undefined variable',
      'a\n\nselect {{ nothing | literal }}',
      'pack/main:3: literal needs a value, not an undefined value\n  3 | select {{ nothing | literal }}',
    ],
    [
      'an undefined member',
      'a\n{{ target.nope | ident }}',
      'pack/main:2: ident needs a name, not an undefined value',
    ],
    ['a member of nothing', 'a\n{{ nothing.at.all | ident }}', 'pack/main:2: ident needs a name'],
    ['a refused value', `a\n{{ 'x' | qualified(target.nope) }}`, 'pack/main:2: ident needs a name'],
    [
      'a refused value on a line with others',
      'a\n{% for x in list %}{{ x | ident }}{{ nothing | ident }},{% endfor %}',
      'pack/main:2: ident',
    ],
    [
      'an unknown filter',
      'a\n{{ target.name | shout | literal }}',
      'there is no such filter:\n  pack/main:2: {{ target.name | shout | literal }}',
    ],
    [
      'an unknown filter block',
      'a\n{% filter shout %}x{% endfilter %}',
      'there is no such filter:\n  pack/main:2: ',
    ],
    [
      'a missing import',
      'a\n{% from "gone" import m %}',
      'there is no such template in this pack:\n  pack/main:2: {% from "gone" import m %}',
    ],
    [
      'a missing include',
      'a\n{% include "gone" %}',
      'there is no such template in this pack:\n  pack/main:2: ',
    ],
    [
      'an include that may be missing',
      'a\n{% include "gone" ignore missing %}',
      'there is no such template in this pack:\n  pack/main:2: ',
    ],
    [
      'a missing macro',
      'a\n{% from "lib" import gone %}',
      'what is called is no macro of the imported template:\n  pack/main:2: ',
    ],
    [
      'a macro that comes later',
      'a\n{{ m() }}{% macro m() %}{% endmacro %}',
      'pack/main:2: Unable to call `m`, which is undefined or falsey',
    ],
  ])('%s', async (_, main, message) => {
    const error = await errorOf(main, { lib: '{% macro m() %}x{% endmacro %}' });
    expect(error.code).toBe('E_TEMPLATE_INVALID');
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(error.hint).toBeTypeOf('string');
  });

  const LIB =
    '\n{% macro good(a) %}\n{{ a | ident }}\n{% endmacro %}\n{% macro bad() %}\nx\n{{ nothing | ident }}\n{% endmacro %}';

  it('an undefined variable inside a macro of another file', async () => {
    const main =
      '{% from "lib" import good, bad %}\n{{ good("a") }}\n{# {{ x }} #}\n{{ bad() }}\n{{ good("b") }}\n{{ good("c") }}\n{{ good("d") }}';
    const error = await errorOf(main, { lib: LIB });
    expect(error.message).toBe(
      'pack/lib:7: ident needs a name, not an undefined value\n  7 | {{ nothing | ident }}',
    );
    expect(error.details).toMatchObject({ file: 'pack/lib', line: 7 });
  });

  it('an argument that a macro refuses, where the macro uses it', async () => {
    const error = await errorOf('{% from "lib" import good %}\na\n{{ good(nothing) }}', { lib: LIB });
    expect(error.message).toMatch(/^pack\/lib:3: /);
  });

  it('a syntax error inside an imported file', async () => {
    const error = await errorOf('{% from "lib" import m %}\na', {
      lib: 'a\n{% macro m() %}\n{{ % }}\n{% endmacro %}',
    });
    expect(error.message).toMatch(/^pack\/lib:3: unexpected token: %\n {2}3 \| \{\{ % \}\}$/);
  });

  it('a syntax error inside an included file', async () => {
    const error = await errorOf('{% include "lib" %}', { lib: 'a\n{{ % }}' });
    expect(error.message).toBe('pack/lib:2: unexpected token: %\n  2 | {{ % }}');
  });

  it('a call of nothing inside a macro of another file', async () => {
    const lib =
      '\n\n{% macro m() %}\n{{ later() }}\n{% endmacro %}\n{% if false %}{% macro later() %}{% endmacro %}{% endif %}';
    const error = await errorOf('{% from "lib" import m %}\n{{ m() }}', { lib });
    expect(error.message).toBe(
      'pack/lib:4: Unable to call `later`, which is undefined or falsey\n  4 | {{ later() }}',
    );
  });

  it('all undefined variables at once, each once', async () => {
    const error = await errorOf(
      '{{ a | ident }}\n{% for x in list %}\n{{ b | literal }}\n{% endfor %}\n{{ c | ident }}',
    );
    expect(error.message.match(/^pack\/main:\d+/gm)).toEqual(['pack/main:1', 'pack/main:3', 'pack/main:5']);
  });

  it('a refused value that only decides', async () => {
    const error = await errorOf('a\n{% if nothing | ident %}x{% endif %}');
    expect(error.message).toBe('pack/main: ident needs a name, not an undefined value');
  });

  it('and the next rendering is not affected', () => {
    const renderTemplate = createTemplateRenderer(templatesOf({ main: 'select {{ v | literal }}' }));
    const go = (context: Readonly<Record<string, unknown>>): string =>
      renderTemplate({ name: 'main', file: 'pack/main' }, context).text;
    expect(() => go({})).toThrow('undefined value');
    expect(go({ v: 1 })).toBe('select 1');
  });
});

describe('a rendering', () => {
  it('names the sources that had a part in it, and no others', () => {
    const { sources } = render({
      main: '{% from "a" import m %}x',
      a: '{% import "b" as b %}{% macro m() %}{% endmacro %}',
      b: 'x',
      c: 'x',
    });
    expect(sources).toEqual(['a', 'b', 'main']);
  });

  it('leads from its lines to the templates', () => {
    const { text, sourceMap } = render({
      main: '{% from "lib" import m %}\nselect\n{{ m("a") }},\n{{ m("b") }}',
      lib: '{% macro m(a) -%}\n  {{ a | ident }} as\n  x\n{%- endmacro %}',
    });
    expect(
      text.split('\n').map((line, at) => [line, `${sourceMap(at + 1).file}:${sourceMap(at + 1).line}`]),
    ).toEqual([
      ['select', 'pack/main:2'],
      ['"a" as', 'pack/lib:2'],
      ['  x,', 'pack/main:3'],
      ['"b" as', 'pack/lib:2'],
      ['  x', 'pack/main:4'],
    ]);
  });

  it('escapes nothing for HTML', () => {
    expect(render({ main: 'select {{ v | literal }} < 1' }, { v: `<&>"` }).text).toBe(`select '<&>"' < 1`);
  });
});
