import { describe, expect, it } from 'vitest';
import type { ApplyResult } from '../../../src/index.js';
import { formatApply, formatPendingSql } from '../../../src/report/apply-text.js';
import { PLAIN, unpainted, VISIBLE } from './paints.js';

const RESULT: ApplyResult = {
  target: 'hr',
  departmentId: 'hr',
  schema: 'hr_tenant',
  role: 'hr_role',
  pack: 'federation',
  databaseCreated: false,
  runId: '7',
  controlPlane: [
    { target: 'federation', script: '0001_create_control_plane', state: 'applied', durationMs: 40.4 },
    { target: 'federation', script: '0002_create_registry', state: 'already-applied' },
  ],
  scripts: [
    { target: 'hr', script: '0001_create_department', state: 'applied', durationMs: 3 },
    { target: 'hr', script: '0002_register_department', state: 'applied', durationMs: 1200 },
  ],
  revalued: ['0001_create_department'],
  pending: [],
  accepted: [],
};

describe('an apply', () => {
  it('is told script by script, with notes', async () => {
    await expect(`${formatApply(RESULT, PLAIN)}\n`).toMatchFileSnapshot('../../golden/report/apply.txt');
  });

  it('that did nothing says where the department stands', () => {
    const scripts = RESULT.scripts.map(({ target, script }) => ({
      target,
      script,
      state: 'already-applied' as const,
    }));
    const nothing = { ...RESULT, controlPlane: [], scripts, revalued: [] };
    expect(formatApply(nothing, PLAIN)).toBe('Nothing to do: hr_tenant stands at 0002_register_department.');
    expect(formatApply({ ...nothing, scripts: [] }, PLAIN)).toBe(
      'Nothing to do: hr_tenant stands at no script.',
    );
  });

  it('of one script is told in the singular', () => {
    const one = { ...RESULT, controlPlane: [], scripts: RESULT.scripts.slice(0, 1), revalued: [] };
    expect(formatApply(one, PLAIN)).toMatch(/^Applied 1 script to hr_tenant in 3 ms\.\n/);
  });

  it('says the same with and without colour', () => {
    expect(unpainted(formatApply(RESULT, VISIBLE))).toBe(formatApply(RESULT, PLAIN));
    expect(formatApply(RESULT, VISIBLE)).toContain(
      '<green>Applied</green> 3 scripts to <bold>hr_tenant</bold>',
    );
  });
});

it('pending SQL is ready to be read, with where it comes from', () => {
  const pending = [
    { target: 'hr', script: '0001_a', file: 'pack/0001_a.sql.njk', sql: 'select 1;\n\n' },
    { target: 'hr', script: '0002_b', file: 'pack/0002_b.sql.njk', sql: 'select 2;' },
  ];
  expect(formatPendingSql({ ...RESULT, pending })).toBe(
    '-- hr 0001_a (pack/0001_a.sql.njk)\nselect 1;\n\n-- hr 0002_b (pack/0002_b.sql.njk)\nselect 2;\n',
  );
  expect(formatPendingSql(RESULT)).toBe('');
});
