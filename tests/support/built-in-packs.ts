import type { PackUnderTest } from './shared-pack.js';

/** The pack "bi", whose tenants are uuids. */
export const BI: PackUnderTest = {
  name: 'bi',
  schema: 'bi',
  tenants: { alpha: 'aaaaaaaa-0000-4000-8000-000000000001', beta: 'bbbbbbbb-0000-4000-8000-000000000002' },
};

/** The pack "csuite", whose tenants are texts. */
export const CSUITE: PackUnderTest = {
  name: 'csuite',
  schema: 'csuite',
  tenants: { alpha: 'test-tenant-1', beta: 'test-tenant-2' },
};
