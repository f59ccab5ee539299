import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser } from '../../../src/render/sql.js';
import { failure } from '../config/workspace.js';
import { createTemplateRenderer } from '../../../src/render/environment.js';
import { render, templatesOf } from '../fixtures.js';

beforeAll(loadSqlParser);

/** A value that shows wherever it gets through as it is. */
const EVIL = `x'; drop table t; --`;
const CONTEXT = { v: EVIL, list: [EVIL], target: { name: EVIL } };

const MACRO = '{% macro m(a) %}{{ a | literal }}{% endmacro %}';
const CALLS_CALLER = '{% macro m() %}{{ caller() }}{% endmacro %}';

type Smuggler = readonly [what: string, main: string, others?: Readonly<Record<string, string>>];

const SMUGGLERS: readonly Smuggler[] = [
  ['a bare value', '{{ v }}'],
  ['a constant', '{{ "x" }}'],
  ['a filter of Nunjucks', '{{ v | upper }}'],
  ['safe', '{{ v | safe }}'],
  ['escape', '{{ v | escape }}'],
  ['join', `{{ list | join(',') }}`],
  ['replace after quoting', `{{ v | literal | replace("'", '') }}`],
  ['safe after quoting', '{{ v | ident | safe }}'],
  ['concatenation after quoting', '{{ v | literal ~ v }}'],
  ['addition after quoting', '{{ v | literal + v }}'],
  ['an inline if whose other side is quoted', '{{ v if true else v | literal }}'],
  ['or', '{{ v or (v | literal) }}'],
  ['a group', '{{ (v | literal, v) }}'],
  ['a list', '{{ [v] }}'],
  ['a call of a method', '{{ v.trim() }}'],
  ['a call of a method by index', `{{ v['trim']() }}`],
  ['range', '{{ range(3) }}'],
  ['cycler', '{{ cycler(v).next() }}'],
  ['joiner', '{% set j = joiner(v) %}{{ j() }}{{ j() }}'],
  [
    'a macro of the name of a global',
    '{% if false %}{% macro joiner(a) %}{% endmacro %}{% endif %}{{ joiner(v) }}',
  ],
  ['loop', '{% for x in list %}{{ loop.index }}{% endfor %}'],
  ['a loop variable', '{% for x in list %}{{ x }}{% endfor %}'],
  ['set', '{% set a = v %}{{ a }}'],
  ['a block of set', '{% set a %}{{ v }}{% endset %}{{ a | literal }}'],
  ['a block of set that is put out', '{% set a %}x{% endset %}{{ a }}'],
  ['a filter block', '{% filter upper %}x{% endfilter %}'],
  ['a value inside a quoting filter block', '{% filter literal %}{{ v }}{% endfilter %}'],
  [
    'super',
    '{% extends "base" %}{% block b %}{{ super() }}{% endblock %}',
    { base: '{% block b %}x{% endblock %}' },
  ],
  ['a block of a parent', '{% extends "base" %}', { base: '{% block b %}{{ v }}{% endblock %}' }],
  ['an included template', '{% include "part" %}', { part: '{{ v }}' }],
  ['a template that an included one includes', '{% include "a" %}', { a: '{% include "b" %}', b: '{{ v }}' }],
  ['an optional include', '{% include "part" ignore missing %}', { part: '{{ v }}' }],
  [
    'a macro in another template',
    '{% from "lib" import m %}{{ m(v) }}',
    { lib: '{% macro m(a) %}{{ a }}{% endmacro %}' },
  ],
  ['a default argument', '{% macro m(a=v) %}{{ a }}{% endmacro %}{{ m() }}'],
  [
    'a macro inside a macro',
    `{% macro o(a) %}{% macro i(b) %}{{ b }}{% endmacro %}{{ i(a) }}{% endmacro %}{{ o(v) }}`,
  ],
  ['a macro in a block of set', '{% set a %}{% macro m(b) %}{{ b }}{% endmacro %}{% endset %}{{ m(v) }}'],
  ['the body of a call', `${CALLS_CALLER}{% call m() %}{{ v }}{% endcall %}`],
  [
    'an argument of a call',
    '{% macro m() %}{{ caller(v) }}{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}',
  ],
  ['a call of no macro', '{% call v.trim() %}x{% endcall %}'],
  ['a switch', '{% switch 1 %}{% case 1 %}{{ v }}{% endswitch %}'],
  ['an asynchronous loop', '{% asyncEach x in list %}{{ x }}{% endeach %}'],
  // functions under the name of a macro
  ['set on the name of a macro', `${MACRO}{% set m = v.toString %}{{ m() }}`],
  ['set on it inside a block of set', `${MACRO}{% set a %}{% set m = v.toString %}{% endset %}{{ m() }}`],
  ['a block of set of its name', `${MACRO}{% set m %}x{% endset %}{{ m() }}`],
  ['a loop variable of its name', `${MACRO}{% for m in [v.toString] %}{{ m() }}{% endfor %}`],
  ['a second loop variable of its name', `${MACRO}{% for k, m in { k: v.toString } %}{{ m() }}{% endfor %}`],
  ['a parameter of its name', `${MACRO}{% macro n(m) %}{{ m() }}{% endmacro %}{{ n(v.toString) }}`],
  ['a parameter with a default', `${MACRO}{% macro n(m=1) %}{{ m() }}{% endmacro %}{{ n(m=v.toString) }}`],
  ['an argument of a call of its name', `${MACRO}${CALLS_CALLER}{% call(m) m() %}{{ m() }}{% endcall %}`],
  [
    'set before an include that defines it',
    '{% set m = v.toString %}{% include "p" %}',
    { p: `{{ m() }}${MACRO}` },
  ],
  ['a method of a macro', `${MACRO}{{ m.constructor(v) }}`],
  ['a method of an imported template', '{% import "lib" as l %}{{ l.constructor(v) }}', { lib: MACRO }],
  ['a computed member of it', '{% import "lib" as l %}{{ l[v](1) }}', { lib: MACRO }],
  ['a member of a member', '{% import "lib" as l %}{{ l.m.call(1, v) }}', { lib: MACRO }],
  [
    'set on an imported template',
    '{% import "lib" as m %}{% set m = v %}{{ m.trim() }}',
    { lib: '{% macro trim() %}{% endmacro %}' },
  ],
  [
    'an imported value',
    '{% from "lib" import f %}{{ f("%s", v) }}',
    { lib: `{% set f = "%s".replace %}${MACRO}` },
  ],
  [
    'an imported value under another name',
    '{% from "lib" import f as m %}{{ m("%s", v) }}',
    { lib: `{% set f = "%s".replace %}${MACRO}` },
  ],
  [
    'a value of an imported template',
    '{% import "lib" as l %}{{ l.f("%s", v) }}',
    { lib: `{% set f = "%s".replace %}${MACRO}` },
  ],
  [
    'an import with context',
    '{% from "lib" import f with context %}{{ f() }}',
    { lib: '{% set f = v.toString %}' },
  ],
  ['a false caller', `${CALLS_CALLER}{{ m(caller=v.toString) }}`],
  ['a false caller in a dictionary', `${CALLS_CALLER}{{ m({ caller: v.toString, __keywords: true }) }}`],
  ['a parameter called caller', '{% macro m(caller) %}{{ caller() }}{% endmacro %}{{ m(v.toString) }}'],
  ['set of caller', `{% set caller = v.toString %}{{ caller() }}`],
  // names of templates
  ['a computed import', '{% import v as l %}'],
  ['a computed include', '{% include v %}'],
  ['a list of includes', '{% include ["a", "b"] %}'],
  ['a computed parent', '{% extends v if v else "b" %}'],
  ['a computed import of macros', '{% from "a" + v import m %}'],
];

describe('a value gets into SQL by no other way than a quoting filter:', () => {
  it.each(SMUGGLERS.map(([what, main, others = {}]) => [what, main, others] as const))(
    '%s',
    async (_, main, others) => {
      const error = await failure(() => render({ ...others, main }, CONTEXT));
      expect(error.code).toBe('E_TEMPLATE_INVALID');
      expect(error.message).toMatch(/unquoted|computed|no macro|also given a value|name of a function/);
    },
  );
});

describe('a value gets into SQL quoted', () => {
  const QUOTED = `'x''; drop table t; --'`;

  it.each([
    ['by itself', '{{ v | literal }}'],
    ['after other filters', '{{ v | trim | literal }}'],
    ['concatenated before', `{{ ('' ~ v) | literal }}`],
    ['by a condition', '{{ (v if true else 1) | literal }}'],
    ['by a macro', `${MACRO}{{ m(v) }}`],
    ['by an imported macro', '{% from "lib" import m as n %}{{ n(v) }}'],
    ['by a macro of an imported template', '{% import "lib" as l %}{{ l.m(v) }}'],
    ['by a macro inside a macro', `{% macro o(a) %}${MACRO}{{ m(a) }}{% endmacro %}{{ o(v) }}`],
    ['by the body of a call', `${CALLS_CALLER}{% call m() %}{{ v | literal }}{% endcall %}`],
    [
      'by an argument of a call',
      '{% macro m() %}{{ caller(v) }}{% endmacro %}{% call(x) m() %}{{ x | literal }}{% endcall %}',
    ],
    ['by a filter block', "{% filter literal %}x{% raw %}'; drop table t; --{% endraw %}{% endfilter %}"],
    ['by set', '{% set a = v %}{{ a | literal }}'],
    ['by a default argument', '{% macro n(a=1) %}{{ a | literal }}{% endmacro %}{{ n(a=v) }}'],
  ])('%s', (_, main) => {
    expect(render({ main: `select ${main}`, lib: MACRO }, CONTEXT).text).toBe(`select ${QUOTED}`);
  });

  it('once only, where filters are chained', () => {
    expect(render({ main: 'select {{ v | literal | literal }}' }, CONTEXT).text).toBe(
      `select '''x''''; drop table t; --'''`,
    );
  });
});

describe('a quoted value must stand by itself', () => {
  it.each([
    ['inside a string', `select 'for {{ v | ident }}'`],
    ['inside a name', `select "for {{ v | literal }}"`],
    ['as a string inside a string', `select '{{ v | literal }}'`],
    ['beside another value', 'select {{ v | literal }}{{ v | literal }}'],
    ['behind a prefix', 'select E{{ v | literal }}'],
    ['behind U&', 'select U&{{ name | ident }}'],
    ['run together with text', `select {{ v | literal }}'x'`],
    ['a number in a word', 'select x{{ n | literal }}'],
    ['in a comment that it ends', '-- {{ lines | literal }}\nselect 1'],
    ['in a block comment that it ends', '/* {{ "*/ drop table t; --" | literal }} */ select 1'],
    ['in a string of a body', `do $$ begin perform 'x {{ name | ident }}'; end $$`],
    [
      'in a body that is no SQL',
      `create function f() returns int language plpython3u as $$ x = 'it {{ v | literal }} $$`,
    ],
    ['as a name that ends the body', 'do $$ begin perform {{ dollars | ident }}; end $$'],
  ])('%s', async (_, main) => {
    const context = {
      ...CONTEXT,
      name: 'n',
      n: 7,
      lines: 'a\n; drop table t; --',
      dollars: 'a$$; drop table t; --',
    };
    const error = await failure(() => render({ main: `\n${main}` }, context));
    expect(error.code).toBe('E_TEMPLATE_INVALID');
    expect(error.message).toMatch(/^quotes do not protect these values:\n {2}pack\/main:2: /);
    expect(error.details['line']).toBe(2);
  });

  it.each([
    ['in a comment', '-- for {{ v | literal }}\nselect 1'],
    ['in a block comment', '/* for {{ v | literal }} */ select 1'],
    ['in a body', 'do $$ begin perform {{ v | literal }}, {{ v | ident }}; end $$'],
    ['in a body inside a body', 'do $a$ begin execute $b$ select {{ v | literal }} $b$; end $a$'],
    ['behind a sign', 'select 1 -{{ n | literal }}'],
    ['in an index', 'select a[{{ n | literal }}], varchar({{ n | literal }})'],
    ['qualified', 'select {{ v | qualified(v) }}.{{ v | ident }}'],
  ])('%s it does', (_, main) => {
    expect(render({ main }, { ...CONTEXT, n: -7 }).text).toContain(main.split('{{')[0]);
  });

  it('whatever was judged of the same template before', () => {
    const main = '-- {{ v | literal }}\nselect {{ n | ident }} $$ {{ n | ident }} $$';
    const renderTemplate = createTemplateRenderer(templatesOf({ main }));
    const go = (v: string, n: string): string =>
      renderTemplate({ name: 'main', file: 'pack/main' }, { v, n }).text;
    expect(go('a', 'b')).toContain(`-- 'a'`);
    expect(go('c', 'd')).toContain(`-- 'c'`);
    expect(() => go('a\n; drop table t; --', 'b')).toThrow('quotes do not protect');
    expect(() => go('a', 'b$$; drop table t; --')).toThrow('quotes do not protect');
    expect(go('e', 'f')).toContain(`-- 'e'`);
  });
});
