import { describe, expect, it } from 'vitest';
import type { DepartmentStatus, PackStatus, StatusResult } from '../../../src/index.js';
import { formatStatus } from '../../../src/report/status-text.js';
import { PLAIN, unpainted, VISIBLE } from './paints.js';

const HR: DepartmentStatus = {
  departmentId: 'hr',
  name: 'Human Resources',
  schema: 'hr_tenant',
  status: 'active',
  version: 2,
  pending: 1,
  edited: 0,
  unknown: 0,
  scripts: [
    {
      script: '0001_create_department',
      state: 'applied',
      appliedAt: new Date('2026-01-05T09:30:00Z'),
      appliedBy: 'deploy',
      durationMs: 12.3,
    },
    {
      script: '0002_register_department',
      state: 'revalued',
      appliedAt: new Date('2026-01-05T09:30:01Z'),
      appliedBy: 'deploy',
      durationMs: 1500,
    },
    {
      script: '0003_create_core_execution',
      state: 'pending',
      appliedAt: undefined,
      appliedBy: undefined,
      durationMs: undefined,
    },
  ],
};
const others: DepartmentStatus[] = [
  {
    ...HR,
    departmentId: 'legal',
    name: 'Recht & Ordnung 人',
    schema: 'legal_tenant',
    version: 11,
    pending: 0,
    scripts: [],
  },
  { ...HR, departmentId: 'ops', name: 'Ops', schema: 'ops_tenant', unknown: 1, edited: 2, scripts: [] },
  { ...HR, departmentId: 'it', name: 'IT', schema: 'it_tenant', edited: 2, scripts: [] },
];
const STATUS: StatusResult = {
  server: 'localhost:5432/app',
  initialized: true,
  departments: [HR, ...others],
  packs: [],
  runs: [],
  unreached: [],
};
const SHOP: PackStatus = {
  pack: 'shop',
  schemas: ['shop', 'shop_log'],
  status: 'INSTALLED',
  identity: 'role',
  tenants: 3,
  version: 4,
  pending: 1,
  edited: 0,
  unknown: 0,
  scripts: HR.scripts,
};

describe('the status', () => {
  it('of all departments is a table', async () => {
    const text = formatStatus(STATUS, { detailed: false, paint: PLAIN });
    await expect(`${text}\n`).toMatchFileSnapshot('../../golden/report/status.txt');
  });

  it('of one department has its scripts', async () => {
    const text = formatStatus({ ...STATUS, departments: [HR] }, { detailed: true, paint: PLAIN });
    await expect(`${text}\n`).toMatchFileSnapshot('../../golden/report/status-detailed.txt');
  });

  it('of a shared pack has its scripts', async () => {
    const text = formatStatus(
      { ...STATUS, departments: [], packs: [SHOP] },
      { detailed: false, paint: PLAIN },
    );
    await expect(`${text}\n`).toMatchFileSnapshot('../../golden/report/status-pack.txt');
  });

  it('has no colour of its own, and no space at the end of a line', () => {
    for (const detailed of [true, false]) {
      const text = formatStatus(STATUS, { detailed, paint: PLAIN });
      expect(text).not.toMatch(/\u001b| $/m);
      const painted = formatStatus(STATUS, { detailed, paint: VISIBLE });
      expect(painted).toContain('<red>2 scripts edited</red>');
      expect(unpainted(painted).replaceAll(/\s+/g, ' ')).toBe(text.replaceAll(/\s+/g, ' '));
    }
  });

  it('tells what drifted, and of many departments counts them', () => {
    const hr = { ...HR, pending: 0, drifted: { findings: 1, foundAt: new Date('2026-01-06T00:00:00Z') } };
    const fine = Array.from({ length: 60 }, (_, at) => ({ ...HR, departmentId: `d${at}`, pending: 0 }));
    const text = formatStatus({ ...STATUS, departments: [hr, ...fine] }, { detailed: false, paint: VISIBLE });
    expect(text).toContain('<red>0, drifted: 1 finding</red>');
    expect(text).toContain('0 behind, 0 failed, 1 drifted');
    expect(text).not.toContain('d59');
  });

  it('tells of a pack that it is not installed', () => {
    const status = { ...STATUS, departments: [], absentPack: 'shop' };
    expect(formatStatus(status, { detailed: false, paint: PLAIN })).toBe(
      'Pack shop is not installed in localhost:5432/app.',
    );
  });

  it.each([
    [12, 'None of 12 departments in localhost:5432/app meets the selection.'],
    [0, 'No department is registered in localhost:5432/app.'],
  ])('of none chosen out of %i says so', (known, text) => {
    const status = { ...STATUS, departments: [], known };
    expect(formatStatus(status, { detailed: false, paint: PLAIN })).toBe(text);
  });

  it.each([
    [false, 'No department is registered in localhost:5432/app.'],
    [true, 'No such department is registered in localhost:5432/app.'],
  ])('of nothing says so (of one department: %s)', (detailed, text) => {
    expect(formatStatus({ ...STATUS, departments: [] }, { detailed, paint: PLAIN })).toBe(text);
    expect(formatStatus({ ...STATUS, initialized: false, departments: [] }, { detailed, paint: PLAIN })).toBe(
      'No control plane in localhost:5432/app: nothing was applied here yet.',
    );
  });
});
