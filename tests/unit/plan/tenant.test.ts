import { describe, expect, it } from 'vitest';
import { tenantRole } from '../../../src/plan/names.js';
import { assertTenantName, parseTenantId } from '../../../src/plan/tenant.js';
import { failure } from '../config/workspace.js';
import { makePack } from '../fixtures.js';

const pack = makePack({}, { tenancy: 'shared', tenantColumn: { name: 'tenant_id', type: 'varchar(4)' } });
const LONG = 'b47ac10b-58cc-4372-a567-0e02b2c3d479';

describe('the role of a tenant', () => {
  it.each([
    ['T001', '', 'shop_t001_role'],
    ['T-1.b', 'x_', 'x_shop_t_1_b_role'],
    [LONG, '', 'shop_b47ac10b_58cc_4372_a567_0e02b2c3d479_role'],
  ])('of %s is %s%s', (id, prefix, role) => {
    expect(tenantRole('shop', id, prefix)).toBe(role);
  });

  it.each(['日本', '--', 'ä'])('of %s, of which nothing would be left, has a hash', (id) => {
    expect(tenantRole('shop', id, '')).toMatch(/^shop_{3}[0-9a-f]{10}_role$/);
  });

  it('is cut and has a hash where it would be too long', () => {
    const prefix = 'a'.repeat(20);
    const role = tenantRole('shop', LONG, prefix);
    expect(role).toHaveLength(63);
    expect(role).toMatch(/^a{20}shop_b47ac10b_.*_[0-9a-f]{10}_role$/);
    expect(tenantRole('shop', `${LONG.slice(0, -1)}0`, prefix)).not.toBe(role);
  });

  it.each([
    ['cross', 'dept_query', ''],
    ['shop', 'T1', 'a'.repeat(60)],
  ])('of pack %s and tenant %s is refused', async (family, id, prefix) => {
    expect((await failure(() => tenantRole(family, id, prefix))).code).toBe('E_NAME_INVALID');
  });
});

it('a tenant id is told why it is none', async () => {
  expect(parseTenantId(pack, 'T001')).toBe('T001');
  const error = await failure(() => parseTenantId(pack, 'T00001'));
  expect(error).toMatchObject({
    code: 'E_NAME_INVALID',
    hint: 'Pack shop keeps tenants in tenant_id varchar(4).',
  });
  expect(error.message).toBe('tenant id "T00001" has 6 characters; the tenant column keeps 4');
});

it('a tenant has a name that can be shown', async () => {
  expect(() => assertTenantName("O'Brien & Söhne")).not.toThrow();
  for (const name of ['', ' ', 'a\nb', 'x'.repeat(256)]) {
    expect((await failure(() => assertTenantName(name))).code).toBe('E_NAME_INVALID');
  }
});
