import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { signTenantToken } from '../../../src/client/tenant-token.js';
import { failure } from '../config/workspace.js';

const SECRET = Buffer.alloc(32, 7);
const INPUT = {
  pack: 'shop',
  key: `0123456789abcdef.${SECRET.toString('base64url')}`,
  tenantId: 'T.001',
  challenge: '4711.1763700000000000',
  expiresAt: new Date('2026-11-21T12:00:00.900Z'),
};

it('a token names key, expiry and tenant, and signs them with pack and challenge', () => {
  const expiry = Date.UTC(2026, 10, 21, 12) / 1000;
  const signed = `v1.shop.0123456789abcdef.${expiry}.4711.1763700000000000.T.001`;
  const mac = createHmac('sha256', SECRET).update(signed).digest('hex');
  expect(signTenantToken(INPUT)).toBe(`v1.0123456789abcdef.${expiry}.${mac}.T.001`);
});

it.each(['', 'x', '0123456789abcdef', '0123456789abcdef.short', ` ${INPUT.key}`])(
  'needs a key: %j',
  async (key) => {
    const error = await failure(() => signTenantToken({ ...INPUT, key }));
    expect(error.code).toBe('E_USAGE');
    if (key !== '') expect(error.message).not.toContain(key);
  },
);
