import { describe, expect, it } from 'vitest';
import type { Tenant } from '../../../src/index.js';
import {
  formatAdded,
  formatKey,
  formatRemoved,
  formatSeed,
  formatStatusChange,
  formatTenant,
  formatTenants,
} from '../../../src/report/tenant-text.js';
import { PLAIN } from './paints.js';

const ACME: Tenant = {
  tenantId: 'T001',
  name: 'Acme',
  pack: 'shop',
  status: 'active',
  role: 'shop_t001_role',
  login: true,
  sessions: 2,
  since: new Date('2026-11-21T12:00:00Z'),
};
const POOLED: Tenant = { ...ACME, tenantId: 'T002', name: "O'Brien", role: undefined, login: undefined };
const LOST: Tenant = { ...ACME, tenantId: 'T3', name: 'Lost', status: 'suspended', login: undefined };
const SESSIONS = { ended: 2, left: [{ pid: 4711, reason: 'it did not end in time' }] };

describe('what fedgen tenant tells', () => {
  it('is as agreed', async () => {
    const texts = [
      formatAdded({ tenant: ACME, added: true }, PLAIN),
      formatAdded({ tenant: POOLED, added: false }, PLAIN),
      formatTenants([ACME, POOLED, LOST], PLAIN),
      formatTenants([], PLAIN),
      formatTenant({ tenant: ACME, rows: [{ object: 'shop.orders', rows: 10_000, isMore: true }] }, PLAIN),
      formatTenant({ tenant: POOLED, rows: [] }, PLAIN),
      formatStatusChange({ tenant: LOST, changed: true, sessions: SESSIONS }, PLAIN),
      formatStatusChange({ tenant: ACME, changed: false, sessions: { ended: 0, left: [] } }, PLAIN),
      formatRemoved(
        {
          tenant: ACME,
          removed: false,
          losses: [{ object: 'shop.orders', rows: 1 }],
          sessions: { ended: 0, left: [] },
        },
        { tenantId: 'T001', paint: PLAIN },
      ),
      formatRemoved(
        { tenant: POOLED, removed: true, losses: [{ object: 'shop.orders', rows: 3 }], sessions: SESSIONS },
        { tenantId: 'T002', paint: PLAIN },
      ),
      formatRemoved(
        { tenant: undefined, removed: false, losses: [], sessions: { ended: 0, left: [] } },
        { tenantId: 'T9', paint: PLAIN },
      ),
      formatKey(
        {
          pack: 'shop',
          key: 'id.secret',
          keys: [
            { id: 'id', createdAt: ACME.since, expiresAt: undefined },
            { id: 'old', createdAt: ACME.since, expiresAt: ACME.since },
          ],
        },
        PLAIN,
      ),
      formatSeed(
        {
          pack: 'shop',
          tenants: [{ tenantId: 'T001', name: 'Acme', added: false, counts: { users: 2, orders: 1 } }],
        },
        PLAIN,
      ),
    ];
    await expect(`${texts.join('\n---\n')}\n`).toMatchFileSnapshot('../../golden/report/tenants.txt');
  });
});
