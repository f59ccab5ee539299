import { describe, expect, it } from 'vitest';
import type { CatalogueObject } from '../../../src/validate/catalogue.js';
import { withoutNewPartitions } from '../../../src/validate/drift-partitions.js';

const partition = (name: string, changes: Record<string, unknown> = {}): CatalogueObject[] => [
  {
    kind: 'table',
    name,
    properties: {
      owner: 'o',
      'forced row level security': true,
      parents: ['s.readings'],
      'partition bound': `FOR VALUES IN ('${name}')`,
      ...changes,
    },
  },
  { kind: 'column', name: `${name}.id`, properties: { type: 'bigint' } },
  {
    kind: 'constraint',
    name: `${name} ${name.slice(2)}_pkey`,
    properties: { definition: 'PRIMARY KEY (id)' },
  },
  {
    kind: 'constraint',
    name: `s.alarms fkey_${name.slice(2)}`,
    properties: { definition: `FOREIGN KEY (id) REFERENCES ${name}(id)` },
  },
];

const EXPECTED: CatalogueObject[] = [
  { kind: 'partitioned table', name: 's.readings', properties: { owner: 'o' } },
  ...partition('s.readings_1'),
];

describe('a partition that was added', () => {
  it('is as expected when it is in everything like another one', () => {
    expect(withoutNewPartitions(EXPECTED, [...EXPECTED, ...partition('s.readings_2')])).toEqual(EXPECTED);
  });

  it.each([
    ['another owner', { owner: 'x' }],
    ['row security that is not forced', { 'forced row level security': false }],
    ['privileges', { privileges: ['hr=r/o'] }],
    ['another parent', { parents: ['s.others'] }],
  ])('is drift with %s', (_what, changes) => {
    const found = [...EXPECTED, ...partition('s.readings_2', changes)];
    expect(withoutNewPartitions(EXPECTED, found)).toEqual(found);
  });

  it('is drift when something more stands on it', () => {
    const policy: CatalogueObject = {
      kind: 'policy',
      name: 's.readings_2 open',
      properties: { using: 'true' },
    };
    const found = [...EXPECTED, ...partition('s.readings_2'), policy];
    expect(withoutNewPartitions(EXPECTED, found)).toEqual(found);
  });

  it('does not stand in for one that is missing', () => {
    const [table] = EXPECTED;
    const found = [...(table ? [table] : []), ...partition('s.readings_2')];
    expect(withoutNewPartitions(EXPECTED, found)).toEqual(table ? [table] : []);
  });
});
