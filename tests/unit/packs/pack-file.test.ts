import { describe, expect, it } from 'vitest';
import { packJsonSchema } from '../../../src/packs/schema.js';
import { failure } from '../config/workspace.js';
import { load, yamlOf } from './pack-folder.js';

const errorOf = (yaml: string): ReturnType<typeof failure> =>
  failure(() => load('shop', { 'shop/pack.yaml': yaml }));

describe('pack.yaml', () => {
  it('has all its problems told at once', async () => {
    const error = await errorOf(
      'name: Shop!\nversion: 0\ncolour: red\ntables:\n  - name: Orders\n    purpose: ""\n    retention: { age: 1 year }\n',
    );
    expect(error.code).toBe('E_PACK_INVALID');
    const told = error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(':')[0]);
    expect(told).toEqual([
      'name',
      'version',
      'description',
      'tables.0.name',
      'tables.0.category',
      'tables.0.purpose',
      'tables.0.retention',
      '(top)',
    ]);
    expect(error.message).toContain('"colour"');
    expect(error.hint).toContain('docs/packs.md');
  });

  it.each([
    ['', 'scripts: []', '"scripts"'],
    [
      'tables.0',
      'tables: [{ name: t, category: c, purpose: p, retention: { none: x }, colour: 1 }]',
      '"colour"',
    ],
    ['tables.0.retention', 'tables: [{ name: t, category: c, purpose: p, retention: {} }]', 'retention'],
    ['variables.v', 'variables: { v: { type: boolean, default: true, min: 1 } }', '"min"'],
    ['variables.v', 'variables: { v: { type: date, default: x } }', 'variables.v.type'],
    [
      'variables.v',
      'variables: { v: { type: enum, values: [a], default: b } }',
      'variables.v.default: must be one of the values',
    ],
    [
      'variables.v',
      'variables: { v: { type: integer, default: 3, max: 2 } }',
      'variables.v.default: must lie between min and max',
    ],
    [
      'variables.v',
      'variables: { v: { type: identifier, default: "a b" } }',
      'variables.v.default: must be a lower-case SQL name',
    ],
    ['variables', 'variables: { "a-b": { type: string, default: x } }', 'variables.a-b'],
    ['functions.0', 'functions: ["f()"]', 'functions.0: must be a lower-case SQL name'],
    ['engine', 'engine: mysql', 'engine'],
    ['identityModes.0', 'identityModes: [trust]', 'identityModes.0'],
  ])('is refused at %s for %s', async (_, more, told) => {
    const error = await errorOf(yamlOf('shop', more));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toContain(told);
  });

  it('is refused when its name is not its folder’s', async () => {
    expect((await errorOf(yamlOf('store'))).message).toContain(
      'name: is "store", but the folder is called "shop"',
    );
  });

  it.each([
    ['no YAML', 'name: [', 'Flow sequence'],
    ['a key twice', `${yamlOf('shop')}version: 2\n`, 'unique'],
    ['an empty file', '', '(top): '],
    ['a list', '- a', '(top): '],
  ])('is refused as %s', async (_, yaml, told) => {
    const error = await errorOf(yaml);
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toContain(told);
  });

  it('fills in what most packs leave out', async () => {
    const table =
      'tables: [{ name: t, category: c, purpose: p, retention: { age: 1 year, column: created_at } }]';
    const pack = await load('shop', { 'shop/pack.yaml': yamlOf('shop', table) });
    expect(pack.tables[0]).toMatchObject({
      sharing: 'never',
      appendOnly: false,
      personal: [],
      essentialIndexes: [],
      sample: {},
    });
    expect(pack).toMatchObject({ engine: 'postgres', identityModes: ['role'], variables: {} });
  });

  it('has a JSON Schema for editors', () => {
    expect(packJsonSchema()).toMatchObject({ type: 'object', additionalProperties: false });
  });
});
