import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterTenant, tokenSigner, type EnterTenantOptions } from '../../../src/client.js';
import { generateCode, rotateTenantKey } from '../../../src/index.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import {
  generatePrisma,
  type GeneratedPrisma,
  type PrismaClient,
  type PrismaTransaction,
} from '../../support/prisma.js';
import { shopSettings } from '../../support/shop.js';
import { makeShopWorld, WAYS, type ShopWorld } from '../../support/tenant-pool.js';
import { failure } from '../../unit/config/workspace.js';

let server: TestServer;
let generated: GeneratedPrisma;
beforeAll(async () => {
  server = await startTestServer(18);
  generated = await generatePrisma((await generateCode({ pack: 'shop', kind: 'prisma' })).content);
});
afterAll(async () => {
  generated.remove();
  await server.stop();
});

// The recipe of docs/client.md.
const withTenant = <T>(
  prisma: PrismaClient,
  options: EnterTenantOptions,
  fn: (tx: PrismaTransaction) => Promise<T>,
): Promise<T> =>
  prisma.$transaction(async (tx) => {
    await enterTenant((text, values) => tx.$queryRawUnsafe(text, ...values), options);
    return fn(tx);
  });

const order = (order_id: string, more: object = {}): { data: object } => ({
  data: { order_id, order_date: new Date('2024-03-01'), ...more },
});

it.each(['federation', 'bi', 'csuite'])('writes a schema of pack %s that Prisma takes', async (pack) => {
  const { content } = await generateCode({ pack, kind: 'prisma' });
  const taken = await generatePrisma(content);
  taken.remove();
  // A department's schema is the adapter's to name.
  expect(content.includes('@@schema')).toBe(pack !== 'federation');
});

describe.each(WAYS)('Prisma %s', (way) => {
  let world: ShopWorld;
  let prisma: PrismaClient;
  beforeAll(async () => {
    world = await makeShopWorld(server, 'prisma', { way });
    prisma = generated.connect(world.url);
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await world.end();
  });
  const use = <T>(tenantId: string, fn: (tx: PrismaTransaction) => Promise<T>): Promise<T> =>
    withTenant(prisma, world.as(tenantId), fn);

  it('reads and writes as the tenant, relations included', async () => {
    const made = await use('T001', (tx) => tx.orders.create(order('P1', { gross_revenue: '12.50' })));
    expect(made).toMatchObject({ tenant_id: 'T001', order_id: 'P1', currency: 'USD' });
    expect(String(made['net_revenue'])).toBe('12.5');
    const seen = await use('T001', (tx) =>
      tx.orders.findMany({ include: { fulfillment_order_id_fkey: true }, orderBy: { order_id: 'asc' } }),
    );
    expect(
      seen.map((row) => [
        row['tenant_id'],
        row['order_id'],
        (row['fulfillment_order_id_fkey'] as unknown[]).length,
      ]),
    ).toEqual([
      ['T001', 'O001', 1],
      ['T001', 'O002', 0],
      ['T001', 'P1', 0],
    ]);
    const foreign = { where: { tenant_id: 'T002' } };
    expect(await use('T001', (tx) => tx.fulfillment.deleteMany(foreign))).toEqual({ count: 0 });
    expect(await use('T001', (tx) => tx.orders.deleteMany({ where: { order_id: 'P1' } }))).toEqual({
      count: 1,
    });
  });

  it('cannot insert another tenant’s row; its own it can', async () => {
    const evil = (tx: PrismaTransaction): Promise<unknown> =>
      tx.orders.create(order('evil', { tenant_id: 'T002' }));
    await expect(use('T001', evil)).rejects.toThrow(/row-level security/);
    expect(await world.asSuperuser(`select from shop.orders where order_id = 'evil'`)).toEqual([]);
    expect(await use('T002', evil)).toMatchObject({ tenant_id: 'T002' });
    await use('T002', (tx) => tx.orders.deleteMany({ where: { order_id: 'evil' } }));
  });

  it('says nothing without a tenant, before and after', async () => {
    await expect(prisma.orders.findMany()).rejects.toThrow(/permission denied/);
    await use('T001', (tx) => tx.orders.findMany());
    for (let n = 0; n < 8; n += 1)
      await expect(prisma.orders.findMany()).rejects.toThrow(/permission denied/);
  });

  it('keeps nothing of what fails', async () => {
    const undone = use('T001', async (tx) => {
      await tx.orders.create(order('undone'));
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await world.asSuperuser(`select from shop.orders where order_id = 'undone'`)).toEqual([]);
  });

  it('keeps 50 at once apart', async () => {
    const tenants = Array.from({ length: 50 }, (_, n) => `T00${1 + (n % 2)}`);
    const seen = await Promise.all(
      tenants.map((tenant) =>
        prisma.$transaction(
          async (tx) => {
            await enterTenant((text, values) => tx.$queryRawUnsafe(text, ...values), world.as(tenant));
            return new Set((await tx.orders.findMany()).map((row) => row['tenant_id']));
          },
          { maxWait: 60_000, timeout: 60_000 },
        ),
      ),
    );
    expect(seen).toEqual(tenants.map((tenant) => new Set([tenant])));
  });

  it('is refused for whom the database does not know, and outside a transaction', async () => {
    expect((await failure(() => use('T999', (tx) => tx.orders.findMany()))).code).toBe('E_TENANT_REFUSED');
    const outside = (): Promise<void> =>
      enterTenant((text, values) => prisma.$queryRawUnsafe(text, ...values), world.as('T001'));
    expect((await failure(outside)).code).toBe('E_TENANT_REFUSED');
  });
});

it('signs tokens as well', async () => {
  const world = await makeShopWorld(server, 'prisma signed', { identity: 'signed' });
  const prisma = generated.connect(world.url);
  const { key } = await rotateTenantKey({ settings: shopSettings(world.database) });
  const options = world.as('T002', { token: tokenSigner({ key }) });
  const seen = await withTenant(prisma, options, (tx) => tx.orders.findMany());
  expect(seen.map((row) => row['tenant_id'])).toEqual(['T002']);
  await prisma.$disconnect();
  await world.end();
});
