import { describe, expect, it } from 'vitest';
import { parseDirectives } from '../../../src/packs/directives.js';
import { FedgenError } from '../../../src/shared/errors.js';

const NONE = {
  runAs: 'owner',
  section: 'schema',
  irreversible: undefined,
  lockTimeoutMs: undefined,
  noTransaction: false,
};
const parse = (source: string): unknown => parseDirectives(source, 'a.sql.njk');

describe('directives', () => {
  it.each([
    ['', {}],
    ['select 1;', {}],
    ['-- fedgen: run-as provisioner', { runAs: 'provisioner' }],
    ['-- fedgen: run-as owner', {}],
    ['--fedgen:section rls', { section: 'rls' }],
    ['-- fedgen: no-transaction', { noTransaction: true }],
    ['-- fedgen: irreversible the rows are gone: see #12', { irreversible: 'the rows are gone: see #12' }],
    ['-- fedgen: lock-timeout 2s  ', { lockTimeoutMs: 2000 }],
    [
      '-- words\n\n-- fedgen: section rls\n-- fedgen: lock-timeout 500ms\nselect 1;',
      { section: 'rls', lockTimeoutMs: 500 },
    ],
    ['-- about fedgen: nothing', {}],
    ['select 1; -- fedgen: section rls', {}],
  ])('of %j', (source, expected) => {
    expect(parse(source)).toEqual({ ...NONE, ...expected });
  });

  it.each([
    '-- fedgen: no-transactions',
    '-- fedgen: run-as',
    '-- fedgen: run-as root',
    '-- fedgen: section RLS',
    '-- fedgen: irreversible',
    '-- fedgen: lock-timeout soon',
    '-- fedgen: constructor',
    '-- fedgen: toString x',
    '-- fedgen: __proto__',
  ])('%s is none', (line) => {
    const attempt = (): unknown => parse(`-- a\n${line}`);
    expect(attempt).toThrow(`a.sql.njk:2: "${line}" is no directive of fedgen`);
    expect(attempt).toThrow(FedgenError);
  });

  it.each([
    'select 1;\n-- fedgen: section rls',
    '{% from "a" import b %}\n-- fedgen: section rls',
    'x\n  -- fedgen: section rls',
    '\n  -- fedgen: section rls',
  ])('have no effect below the head, which is refused: %j', (source) => {
    expect(() => parse(source)).toThrow('a.sql.njk:2: "-- fedgen: section rls" stands below the head');
  });
});
