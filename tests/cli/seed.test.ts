import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectError, makeInstallation, parseDocument, type Installation } from '../support/cli.js';

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'seed');
});
afterAll(() => installation.drop());

/** An extension of shop with a seed of its own. */
async function writeExtension(script: string, count: number): Promise<void> {
  const dir = path.join(installation.workspace.dir, 'packs', 'outlet');
  await mkdir(path.join(dir, 'seed'), { recursive: true });
  await writeFile(
    path.join(dir, 'pack.yaml'),
    `name: outlet\nversion: 1\ndescription: more\nextends: shop\nseed:
  tenants: [{ id: T009, name: Nine, script: seed/nine.sql.njk, counts: { orders: ${count} } }]\n`,
  );
  await writeFile(path.join(dir, 'seed', 'nine.sql.njk'), script);
  await installation.workspace.write('fedgen.config.yaml', 'packs: [packs]\n');
}

describe('fedgen seed', () => {
  it('is for packs that bring a seed, once they are installed', async () => {
    expectError(await installation.run('seed'), 2, 'E_USAGE');
    expectError(await installation.run('seed', '--pack', 'shop'), 4, 'E_TARGET_UNKNOWN');
  });

  it('brings the brands, and says so again', async () => {
    await installation.ok('apply', '--pack', 'shop');
    const { stdout } = await installation.ok('seed', '--pack', 'shop');
    expect(stdout).toMatch(
      /^Seeded 3 tenants of shop\.\n {2}✓ T001 Fashion Boutique: tenants 1, role_metric_visibility 16/,
    );
    const again = parseDocument(await installation.ok('seed', '--pack', 'shop', '--format', 'json'));
    expect(again).toMatchObject({
      seed: { pack: 'shop', tenants: [{ tenantId: 'T001', added: false }, {}, { tenantId: 'T003' }] },
    });
    expect((await installation.ok('tenant', 'list', '--pack', 'shop')).stdout).toContain('3 tenants');
  });

  it.each([
    ['that lacks rows', 'select 1;', 'tenant "T009" lacks rows\n  orders: 0 of 1 rows'],
    ['that fails', 'insert into shop.orders (no_such) values (1);', 'seed/nine.sql.njk:1: '],
    [
      'that reaches for another tenant',
      `insert into shop.orders (tenant_id, order_id, order_date) values ('T001', 'X', now());`,
      'violates row-level security policy',
    ],
  ])('keeps nothing of a seed %s', async (_what, script, message) => {
    await writeExtension(script, 1);
    const result = await installation.run('seed', '--pack', 'outlet');
    expectError(result, 4, message.startsWith('violates') ? 'E_PRIVILEGE' : 'E_APPLY_FAILED');
    expect(result.stderr).toContain(message);
    expect((await installation.ok('tenant', 'list', '--pack', 'shop')).stdout).not.toContain('T009');
  });

  it('takes the seed of an extension', async () => {
    await writeExtension(
      `insert into orders (order_id, order_date) values ('X', now()) on conflict do nothing;`,
      1,
    );
    expect((await installation.ok('seed', '--pack', 'outlet')).stdout).toContain('✓ T009 Nine: orders 1');
  });
});
