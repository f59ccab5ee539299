import { describe, expect, it } from 'vitest';
import { failure } from '../config/workspace.js';
import { load } from './pack-folder.js';

const HEAD = 'version: 1\ndescription: made up\n';
const SHARED = `${HEAD}tenancy: shared\ntenantColumn: { name: tenant_id, type: varchar(10) }\n`;
const DEPARTMENTS = `${HEAD}tenancy: schema\ntenantColumn: { name: department, type: varchar(100) }\n`;
const table = (more: string): string =>
  `tables: [{ name: t, category: c, purpose: p, retention: { none: x }, ${more} }]\n`;
const shared = (more = '', name = 'big-shop'): string => `name: ${name}\n${SHARED}${more}`;

describe('a shared pack', () => {
  it('has one schema of its name, the mode role, and the variable that chooses it', async () => {
    const pack = await load('big-shop', { 'big-shop/pack.yaml': shared(table('scope: mixed')) });
    expect(pack).toMatchObject({
      family: 'big-shop',
      schemas: ['big_shop'],
      identityModes: ['role'],
      variables: { identity: { type: 'enum', values: ['role'], default: 'role' } },
      tables: [{ name: 't', schema: 'big_shop', scope: 'mixed' }],
      tenantTable: undefined,
    });
  });

  it('may have several schemas, a registry table, and other modes', async () => {
    const more = `schemas: [shop, shop_log]\nidentityModes: [signed, variable]\nfunctions: [f, shop_log.g]\n${table('schema: shop_log')}tenantTable: { table: tenants, idColumn: tenant_id, nameColumn: tenant_name }\n`;
    expect(await load('big-shop', { 'big-shop/pack.yaml': shared(more) })).toMatchObject({
      schemas: ['shop', 'shop_log'],
      variables: { identity: { values: ['signed', 'variable'], default: 'signed' } },
      tables: [{ schema: 'shop_log', scope: 'tenant' }],
      tenantTable: { table: 'tenants', schema: 'shop', idColumn: 'tenant_id', nameColumn: 'tenant_name' },
    });
  });

  it('stays one family with what extends it', async () => {
    const pack = await load('more', {
      'big-shop/pack.yaml': shared('identityModes: [role, signed]\n'),
      'more/pack.yaml': `name: more\n${HEAD}extends: big-shop\n${table('schema: big_shop')}`,
    });
    expect(pack).toMatchObject({
      name: 'more',
      family: 'big-shop',
      schemas: ['big_shop'],
      identityModes: ['role', 'signed'],
      tables: [{ schema: 'big_shop' }],
    });
  });

  it('has all its problems told at once', async () => {
    const more = `schemas: [a, a]\nidentityModes: [role, role]\nfunctions: [c.f]\n${table('schema: b')}variables: { identity: { type: string, default: x } }\ntenantTable: { table: t, schema: d, idColumn: i, nameColumn: n }\n`;
    const yaml = shared(more).replace('varchar(10)', 'jsonb');
    const error = await failure(() => load('big-shop', { 'big-shop/pack.yaml': yaml }));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(
      error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual([
      'tenantColumn.type: "jsonb" cannot be one; see docs/packs.md',
      'schemas: a is listed twice',
      'tables.t.schema: b is not among the schemas a, a',
      'tenantTable.schema: d is not among the schemas a, a',
      'functions: c.f: c is not among the schemas a, a',
      'identityModes: role is listed twice',
      'variables.identity: fedgen keeps this name for the identity mode',
    ]);
  });

  it('names the templates of its seed that are missing', async () => {
    const seed = 'seed: { tenants: [{ id: a, name: A, script: seed/a.sql.njk, counts: { t: 1 } }] }\n';
    const error = await failure(() => load('big-shop', { 'big-shop/pack.yaml': shared(seed) }));
    expect(error.code).toBe('E_PACK_INVALID');
    expect(error.message).toContain('templates that are not there: seed/a.sql.njk');
    const files = { 'big-shop/pack.yaml': shared(seed), 'big-shop/seed/a.sql.njk': 'select 1;' };
    expect((await load('big-shop', files)).seed).toMatchObject([
      { id: 'a', name: 'A', script: { name: 'big-shop/seed/a.sql.njk' }, counts: { t: 1 } },
    ]);
  });

  it.each([
    ['another tenancy', 'tenancy: schema\n', 'tenancy: big-shop, which it extends, is shared'],
    ['fewer schemas', 'schemas: [other]\n', 'schemas: big_shop of big-shop is missing'],
  ])('cannot be extended with %s', async (_what, more, problem) => {
    const files = {
      'big-shop/pack.yaml': shared(),
      'more/pack.yaml': `name: more\n${HEAD}extends: big-shop\n${more}`,
    };
    const error = await failure(() => load('more', files));
    expect(error).toMatchObject({ code: 'E_PACK_INVALID' });
    expect(error.message).toContain(problem);
  });
});

it.each([
  ['schemas: [a]', 'schemas'],
  ['roles: [{ name: r, kind: caller, purpose: p }]', 'roles'],
  ['tenantTable: { table: t, idColumn: i, nameColumn: n }', 'tenantTable'],
  ['seed: { tenants: [{ id: a, name: A, script: s, counts: {} }] }', 'seed'],
  [table('scope: reference'), 'tables.t.scope'],
  [table('schema: a'), 'tables.t.schema'],
  ['functions: [a.f]', 'functions: a.f'],
  ['identityModes: [signed]', 'identityModes: signed'],
])('a pack with a schema per department may not say %s', async (more, key) => {
  const yaml = `name: rooms\n${DEPARTMENTS}${more}\n`;
  const error = await failure(() => load('rooms', { 'rooms/pack.yaml': yaml }));
  expect(error.code).toBe('E_PACK_INVALID');
  const only = key.startsWith('identityModes')
    ? 'is for packs with tenancy: shared only'
    : 'is not for packs with a schema per department';
  expect(error.message).toBe(`pack rooms:\n  ${key}: ${only}`);
});

describe('a pack without tenants', () => {
  const single = (more = ''): string => `name: desk\n${HEAD}tenancy: single\n${more}`;

  it('has roles, one schema unless it lists others, no tenant column and no identity', async () => {
    const pack = await load('desk', {
      'desk/pack.yaml': single('roles: [{ name: asker, kind: caller, purpose: asks, execute: [desk.f] }]\n'),
    });
    expect(pack).toMatchObject({
      tenancy: 'single',
      schemas: ['desk'],
      identityModes: [],
      variables: {},
      tenantColumn: { name: '' },
      roles: [{ name: 'asker', kind: 'caller', execute: ['desk.f'], read: [] }],
    });
  });

  it('has all its problems told at once', async () => {
    const yaml = single(
      `tenantColumn: { name: t, type: text }\nidentityModes: [role]\nroles:
  - { name: r, kind: operator, purpose: p, execute: [other.f], read: [v] }
  - { name: r, kind: service, purpose: p, read: [desk.v] }\n`,
    );
    const error = await failure(() => load('desk', { 'desk/pack.yaml': yaml }));
    expect(error.details['problems']).toEqual([
      'tenantColumn: is for packs with tenants only',
      'identityModes: is for packs with tenants only',
      'roles.r: other.f: other is not among the schemas desk',
      'roles.r: v:  is not among the schemas desk',
      'roles: r is listed twice',
      'roles: a caller is missing: who uses the pack?',
      'roles.r: execute and read are for callers and operators',
    ]);
  });
});
