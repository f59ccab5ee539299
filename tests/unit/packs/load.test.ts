import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTROL_PLANE, listBuiltInPacks, loadControlPlane, loadPack } from '../../../src/packs/load.js';
import { failure, workspace } from '../config/workspace.js';
import { load, yamlOf } from './pack-folder.js';

const SHOP = { 'shop/pack.yaml': yamlOf('shop'), 'shop/0001_create_shop.sql.njk': 'select 1;' };

describe('the built-in packs', () => {
  it('hold federation, with 24 tables', async () => {
    expect(await listBuiltInPacks()).toContain('federation');
    const pack = await loadPack('federation');
    expect(pack.tables).toHaveLength(24);
    expect(new Set(pack.tables.map((table) => table.name)).size).toBe(24);
    expect(pack.scripts.map((script) => script.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(pack.scripts[0]?.template.file).toBe('templates/federation/0001_create_department.sql.njk');
  });

  it('have macros of one language', async () => {
    expect([...(await loadPack('federation')).templates.keys()]).toContain('_macros/tables.njk');
  });
});

describe('the control plane', () => {
  it('is a pack of migrations, each with its rollback', async () => {
    const pack = await loadControlPlane();
    expect(pack.name).toBe(CONTROL_PLANE);
    expect(pack.scripts.length).toBeGreaterThan(5);
    for (const script of pack.scripts) {
      expect(script.template.file).toBe(`migrations/${script.name}.sql`);
      expect(script.down?.file).toBe(`rollback/${script.name}.sql`);
    }
  });
});

describe('a folder of packs', () => {
  it('holds packs by name', async () => {
    const pack = await load('shop', SHOP);
    expect(pack.name).toBe('shop');
    expect(pack.scripts.map((script) => script.name)).toEqual(['0001_create_shop']);
  });

  it('may be the pack itself', async () => {
    const root = workspace(SHOP);
    expect((await loadPack('shop', [join(root, 'shop')])).scripts).toHaveLength(1);
  });

  it('wins over a built-in pack, and an earlier one over a later', async () => {
    const root = workspace({
      'a/federation/pack.yaml': yamlOf('federation', 'functions: [from_a]'),
      'b/federation/pack.yaml': yamlOf('federation', 'functions: [from_b]'),
    });
    const pack = await loadPack('federation', [join(root, 'a'), join(root, 'b')]);
    expect(pack.functions).toEqual(['from_a']);
  });

  it('may lack the pack that another has', async () => {
    const root = workspace(SHOP);
    expect((await loadPack('federation', [root, join(root, 'gone')])).tables).toHaveLength(24);
  });

  it('gives files with BOM and CRLF as if they had none', async () => {
    const pack = await load('shop', {
      'shop/pack.yaml': `\uFEFF${yamlOf('shop').replaceAll('\n', '\r\n')}`,
      'shop/0001_a.sql.njk': '\uFEFF-- fedgen: section rls\r\nselect 1;\r\n',
      'shop/lib/m.njk': '\uFEFFx\r\n',
    });
    expect(pack.templates.get('shop/0001_a.sql.njk')?.source).toBe('-- fedgen: section rls\nselect 1;\n');
    expect(pack.templates.get('shop/lib/m.njk')?.source).toBe('x\n');
    expect(pack.scripts[0]?.directives.section).toBe('rls');
  });

  it('gives a script its rollback', async () => {
    const pack = await load('shop', { ...SHOP, 'shop/0001_create_shop.down.sql.njk': 'select 2;' });
    expect(pack.scripts[0]?.down?.name).toBe('shop/0001_create_shop.down.sql.njk');
    expect(pack.scripts).toHaveLength(1);
  });

  it.each([
    ['upper case', '0002_Add.sql.njk'],
    ['three digits', '002_add.sql.njk'],
    ['a hyphen', '0002-add.sql.njk'],
    ['no name', '0002.sql.njk'],
    ['a rollback without its script', '0002_add.down.sql.njk'],
  ])('is refused with a script that would never be run: %s', async (_, file) => {
    const error = await failure(() => load('shop', { ...SHOP, [`shop/${file}`]: 'select 1;' }));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toMatch(/^pack shop has files that would never be run:\n/);
    expect(error.message).toContain(file);
  });

  it('is refused with two scripts of one number', async () => {
    const error = await failure(() => load('shop', { ...SHOP, 'shop/0001_other.sql.njk': 'select 1;' }));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toContain('two scripts numbered 1');
  });
});

describe('a name that is no pack', () => {
  it.each([
    '../shop',
    'shop/../shop',
    '/etc',
    '.',
    '..',
    '',
    '_macros',
    'Shop',
    'shop ',
    'shop\0',
    '..\\shop',
    'nowhere',
  ])('%j is refused', async (name) => {
    const error = await failure(() => load(name, SHOP));
    expect(error.code).toBe('E_PACK_NOT_FOUND');
    expect(error.message).toContain(JSON.stringify(name).slice(1, -1).slice(0, 2));
    expect(error.hint).toContain('federation');
  });
});

describe('a pack that extends another', () => {
  const base = {
    'base/pack.yaml': yamlOf(
      'base',
      'variables: { a: { type: string, default: base }, b: { type: string, default: base } }\nfunctions: [f]\ntables: [{ name: t, category: c, purpose: p, retention: { none: kept } }]\n',
    ),
    'base/0001_one.sql.njk': 'select 1;',
    'base/0003_three.sql.njk': 'select 3;',
  };
  const plus = (more = '', name = 'plus', from = 'base'): Record<string, string> => ({
    [`${name}/pack.yaml`]: `name: ${name}\nversion: 2\ndescription: d\nextends: ${from}\n${more}`,
  });

  it('has the scripts of both in order, each with its own pack, and the rest put together', async () => {
    const pack = await load('plus', {
      ...base,
      ...plus('variables: { b: { type: string, default: plus } }\nfunctions: [g]\n'),
      'plus/0002_two.sql.njk': 'select 2;',
      'plus/0004_four.sql.njk': 'select 4;',
    });
    expect(pack.scripts.map(({ pack: from, name }) => `${from}/${name}`)).toEqual([
      'base/0001_one',
      'plus/0002_two',
      'base/0003_three',
      'plus/0004_four',
    ]);
    expect(pack.variables).toMatchObject({ a: { default: 'base' }, b: { default: 'plus' } });
    expect(pack.functions).toEqual(['f', 'g']);
    expect(pack.tables.map((table) => table.name)).toEqual(['t']);
    expect(pack.tenantColumn.name).toBe('department');
    expect(pack.templates.has('base/0001_one.sql.njk')).toBe(true);
  });

  it('cannot use a number twice', async () => {
    const files = { ...base, ...plus(), 'plus/0003_mine.sql.njk': 'select 1;' };
    const error = await failure(() => load('plus', files));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toContain('two scripts numbered 3');
  });

  it('cannot list a table twice', async () => {
    const table = 'tables: [{ name: t, category: c, purpose: p, retention: { none: kept } }]';
    const error = await failure(() => load('plus', { ...base, ...plus(table) }));
    expect(error.message).toBe('pack plus lists tables twice: t');
  });

  it('cannot extend itself, however long the way', async () => {
    const files = { ...plus('', 'a', 'b'), ...plus('', 'b', 'c'), ...plus('', 'c', 'a') };
    const error = await failure(() => load('a', files));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toBe('pack a extends itself: a → b → c → a');
    expect((await failure(() => load('a', plus('', 'a', 'a')))).message).toContain('a → a');
  });

  it.each(['nowhere', '../base'])('cannot extend %s', async (name) => {
    const error = await failure(() => load('plus', { ...base, ...plus('', 'plus', JSON.stringify(name)) }));
    expect(error.code).toBe('E_PACK_NOT_FOUND');
  });

  it('must say its tenancy if it extends none', async () => {
    const error = await failure(() => load('a', { 'a/pack.yaml': 'name: a\nversion: 1\ndescription: d\n' }));
    expect(error.message).toBe('pack a says neither tenancy and tenantColumn nor which pack it extends');
  });
});
