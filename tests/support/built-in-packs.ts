import { BI_ROWS, CSUITE_ROWS, SHOP_ROWS, type PackRows } from './pack-rows.js';
import type { PackUnderTest } from './shared-pack.js';

/** The pack "shop", whose tenants are short codes. */
export const SHOP: PackUnderTest = {
  name: 'shop',
  schema: 'shop',
  tenants: { alpha: 'T001', beta: 'T002' },
  nameColumn: 'tenant_name',
};

/** The pack "bi", whose tenants are uuids. */
export const BI: PackUnderTest = {
  name: 'bi',
  schema: 'bi',
  tenants: { alpha: 'aaaaaaaa-0000-4000-8000-000000000001', beta: 'bbbbbbbb-0000-4000-8000-000000000002' },
  nameColumn: 'name',
};

/** The pack "csuite", whose tenants are texts. */
export const CSUITE: PackUnderTest = {
  name: 'csuite',
  schema: 'csuite',
  tenants: { alpha: 'test-tenant-1', beta: 'test-tenant-2' },
  nameColumn: 'name',
};

/** A pack, and rows for its tables. */
export interface PackWithRows {
  readonly pack: PackUnderTest;
  readonly rows: PackRows;
}

/** Every built-in shared pack. */
export const SHARED_PACKS: readonly PackWithRows[] = [
  { pack: SHOP, rows: SHOP_ROWS },
  { pack: BI, rows: BI_ROWS },
  { pack: CSUITE, rows: CSUITE_ROWS },
];

/** Those of them whose platform finds tenants by a slug. */
export const PACKS_WITH_SLUGS = SHARED_PACKS.filter(({ pack }) => pack !== SHOP);
