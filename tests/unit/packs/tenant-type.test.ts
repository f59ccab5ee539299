import { describe, expect, it } from 'vitest';
import { tenantType } from '../../../src/packs/tenant-type.js';

const UUID = 'ABCDEF01-2345-4678-9abc-def012345678';

describe('the type of a tenant column', () => {
  it.each([
    ['varchar(10)', undefined],
    ['text', undefined],
    ['uuid', 'uuid'],
    ['bigint', 'bigint'],
  ])('may be %s', (name, cast) => {
    expect(tenantType(name)?.cast).toBe(cast);
  });

  it.each([
    'jsonb',
    'varchar',
    'varchar(0)',
    'varchar(256)',
    'int4',
    'timestamptz',
    'numeric(3)',
    'constructor',
  ])('cannot be %s', (name) => {
    expect(tenantType(name)).toBeUndefined();
  });

  it.each([
    ['varchar(4)', 'T001', 'T001'],
    ['varchar(4)', "O'x💥", "O'x💥"],
    ['text', 'ä'.repeat(255), 'ä'.repeat(255)],
    ['uuid', UUID, UUID.toLowerCase()],
    ['integer', '2147483647', '2147483647'],
    ['smallint', '0', '0'],
  ])('%s takes %j', (name, id, kept) => {
    expect(tenantType(name)?.parse(id)).toEqual({ id: kept });
  });

  it.each([
    ['varchar(4)', 'T0001', 'has 5 characters; the tenant column keeps 4'],
    ['varchar(4)', '', 'is empty'],
    ['varchar(4)', ' a', 'begins or ends with a blank'],
    ['text', 'a\nb', 'holds a control character'],
    ['uuid', 'T001', 'is no UUID'],
    ['integer', '2147483648', 'is larger than 2147483647'],
    ['integer', '007', 'is no whole number'],
    ['bigint', '-1', 'is no whole number'],
    ['bigint', '9223372036854775808', 'is larger than'],
  ])('%s refuses %j', (name, id, fault) => {
    expect(tenantType(name)?.parse(id)).toEqual({ fault: expect.stringContaining(fault) as string });
  });
});
