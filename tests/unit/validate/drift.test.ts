import { describe, expect, it } from 'vitest';
import type { CatalogueObject } from '../../../src/validate/catalogue.js';
import { compareCatalogues } from '../../../src/validate/drift.js';
import { describeDifferences } from '../../../src/validate/drift-findings.js';
import type { Finding } from '../../../src/validate/model.js';

const object = (
  kind: string,
  name: string,
  properties: CatalogueObject['properties'] = {},
): CatalogueObject => ({ kind, name, properties });

const ORDERS = [
  object('table', 'hr."my orders"', { owner: 'federation_owner' }),
  object('column', 'hr."my orders".id', { type: 'bigint', 'not null': true }),
  object('column', 'hr."my orders"."a.b"', { type: 'numeric(10,2)', 'not null': false }),
  object('column', 'hr."my orders".title', { type: 'character varying(40)', 'not null': false }),
  object('constraint', 'hr."my orders" ck', { definition: 'CHECK (true)' }),
  object('policy', 'hr.notes tenant_select', { using: 'a = b', permissive: true, command: 'r' }),
  object('function', 'hr.purge()', { definition: 'select' }),
];

const told = (expected: readonly CatalogueObject[], found: readonly CatalogueObject[]): string[] =>
  describeDifferences(compareCatalogues(expected, found)).map(
    ({ severity, isolation, object: name, message }: Finding) =>
      `${severity}${isolation ? '!' : ''} ${name}: ${message}`,
  );

const without = (...names: string[]): CatalogueObject[] => ORDERS.filter(({ name }) => !names.includes(name));
const altered = (name: string, properties: CatalogueObject['properties']): CatalogueObject[] =>
  ORDERS.map((each) =>
    each.name === name ? { ...each, properties: { ...each.properties, ...properties } } : each,
  );

describe('drift', () => {
  it('is nothing between equal catalogues in any order', () => {
    expect(told(ORDERS, [...ORDERS].reverse())).toEqual([]);
  });

  it('is nothing between indexes that do the same, whichever was made first', () => {
    const twins = ['a', 'b'].map((called) => object('index', 'hr.notes btree (id)', { called }));
    expect(told(twins, [...twins].reverse())).toEqual([]);
    const [, b] = twins;
    const other = object('index', 'hr.notes btree (id)', { called: 'c' });
    expect(told(twins, b ? [b, other] : [])).toEqual(['note index hr.notes btree (id): called: a → c']);
  });

  it('of a table that is gone is told once, with what stood on it', () => {
    expect(
      told(
        ORDERS,
        ORDERS.filter(({ name }) => !name.startsWith('hr."my orders"')),
      ),
    ).toEqual(['error table hr."my orders": is missing, with 3 columns, 1 constraint']);
  });

  it('of a column alone is told for the column', () => {
    expect(told(ORDERS, without('hr."my orders"."a.b"'))).toEqual([
      'error column hr."my orders"."a.b": is missing',
    ]);
  });

  it('of a policy is about isolation, and of a table that stands it is told', () => {
    expect(told(ORDERS, without('hr.notes tenant_select'))).toEqual([
      'error! policy hr.notes tenant_select: is missing',
    ]);
  });

  it('of a type says what was and what is', () => {
    expect(told(ORDERS, altered('hr."my orders"."a.b"', { type: 'numeric(8,2)' }))).toEqual([
      'error column hr."my orders"."a.b": type: numeric(10,2) → numeric(8,2)',
    ]);
  });

  it.each([
    ['a wider type', 'hr."my orders".title', { type: 'character varying(80)' }],
    ['another name of a constraint', 'hr."my orders" ck', undefined],
  ])('of %s is a note', (_, name, properties) => {
    const found = properties
      ? altered(name, properties)
      : ORDERS.map((each) => (each.name === name ? { ...each, name: 'hr."my orders" other' } : each));
    expect(told(ORDERS, found).map((line) => line.split(' ')[0])).toEqual(['note']);
  });

  it('finds what no script made: a column is a note, a table an error, a policy a leak', () => {
    const more = [
      object('column', 'hr."my orders".more', { type: 'text', 'not null': false }),
      object('table', 'hr.more', { owner: 'somebody' }),
      object('policy', 'hr.notes everybody', { using: 'true', permissive: true, command: '*' }),
    ];
    expect(told(ORDERS, [...ORDERS, ...more]).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'note column',
      expect.stringMatching(/^error!? table$/),
      'error! policy',
    ]);
  });
});
