import { describe, expect, it } from 'vitest';
import { CLICKHOUSE } from '../../../../src/render/clickhouse/dialect.js';
import { createTemplateRenderer } from '../../../../src/render/environment.js';

const render = (source: string, value: unknown): string => {
  const file = 'test/a.sql.njk';
  const templates = new Map([[file, { source, file }]]);
  const renderer = createTemplateRenderer(templates, undefined, undefined, CLICKHOUSE);
  return renderer({ name: file, file }, { value }).text.trim();
};

describe('values for ClickHouse', () => {
  it.each([
    ['{{ value | literal }}', `it's a \\ $x$`, `'it''s a \\\\ $x$'`],
    ['{{ value | literal }}', `\\' or 1 = 1 --`, `'\\\\'' or 1 = 1 --'`],
    ['select 5 -{{ value | literal }}', -5, 'select 5 - -5'],
    ['{{ value | literal }}', null, 'NULL'],
    ['{{ value | literal }}', true, 'true'],
    ['{{ value | ident }}', 'a"b`c', '"a""b`c"'],
    ["{{ value | qualified('s') }}", 'a', '"s"."a"'],
  ])('%s of %j', (source, value, sql) => {
    expect(render(source, value)).toBe(sql);
  });

  it.each([
    ['{{ value | ident }}', 'a\\', 'a name holds a backslash'],
    ['{{ value | ident }}', '', 'ident needs a name'],
    ['{{ value | literal }}', 'a\0b', 'zero byte'],
    ['{{ value | literal }}', ['a'], 'literal needs a value'],
    ['{{ value | type }}', 'String', 'there is no such filter'],
    ['{{ value }}', 'a', 'values reach SQL unquoted'],
    [`select '{{ value | literal }}'`, 'a', 'a value runs into the text beside it'],
    // For PostgreSQL the first text ends before the value; for ClickHouse it does not.
    [`select '\\' {{ value | literal }} '`, 'a', 'a value runs into the text beside it'],
    ['select `{{ value | ident }}`', 'a', 'a value stands inside other quotes'],
    ['select $x$ {{ value | literal }} $x$', '$x$', 'the text around a value cannot be judged'],
    ['# {{ value | literal }}\n', 'a\nb', 'the text around a value cannot be judged'],
    ['select a{{ value | literal }}', 1, 'runs into the text beside it'],
  ])('refuses %s of %j', (source, value, reason) => {
    expect(() => render(source, value)).toThrow(reason);
  });
});
