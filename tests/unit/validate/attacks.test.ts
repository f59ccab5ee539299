import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';
import {
  attackProbes,
  controlProbes,
  handOverProbes,
  judgeAttacks,
  judgeControls,
  plantingProbes,
  smugglingProbes,
  type Side,
} from '../../../src/validate/attacks.js';
import type { ProbeAnswer } from '../../../src/validate/probe.js';
import { column, PACK, table } from './facts.js';

beforeAll(loadSqlParser);

const SIDE: Side = {
  id: 'sales',
  schema: 'sales_tenant',
  role: 'sales_role',
  token: 'canary-7',
  tables: [table('calls'), table('audit')],
};
const STRANGE: Side = { ...SIDE, tables: [table('maps', { columns: [column('at', 'point')] })] };

const answer = (label: string, sqlState: string, rows = 0): ProbeAnswer => ({
  label,
  sqlState,
  message: sqlState === '00000' ? '' : 'said the server',
  rows,
  place: '',
});

describe('probes', () => {
  it('attack every table by every command, without WHERE and RETURNING', () => {
    const { probes, findings } = attackProbes(SIDE, 'department');
    expect(findings).toEqual([]);
    expect(probes.map(({ label }) => label)).toEqual(
      ['calls', 'audit'].flatMap((name) =>
        ['select', 'insert', 'update', 'delete', 'truncate'].map((verb) => `${verb} sales_tenant.${name}`),
      ),
    );
    for (const { sql, undo } of probes) {
      expect(sql).not.toMatch(/\b(?:where|returning)\b/i);
      expect(undo).toBe(true);
      expect(parseSql(sql)).toHaveLength(1);
    }
  });

  it('plant rows that stay, and try to smuggle and hand over others', () => {
    expect(plantingProbes(SIDE, 'department').probes.map(({ undo }) => undo)).toEqual([false, false]);
    const smuggling = smugglingProbes(SIDE, 'hr', 'department');
    expect(smuggling.map(({ sql }) => sql)).toEqual(
      ['calls', 'audit'].map((name) => expect.stringMatching(`${name}.*'hr'`) as string),
    );
    const places = new Map([['sales_tenant.calls', '(0,7)']]);
    expect(handOverProbes(SIDE, 'hr', 'department', places).map(({ sql }) => sql)).toEqual([
      `update "sales_tenant"."calls" set "department" = 'hr' where ctid = '(0,7)'`,
    ]);
    const controls = controlProbes(SIDE, 'department', places);
    expect(controls).toHaveLength(3);
    for (const { sql } of controls) expect(sql).toContain(` where ctid = '(0,7)'`);
  });

  it.each([plantingProbes, attackProbes])('that cannot be made are findings: %o', (make) => {
    const { probes, findings } = make(STRANGE, 'department');
    expect(probes).toEqual([]);
    expect(findings).toMatchObject([
      { object: 'sales_tenant.maps', message: 'could not be probed: no value of type point is known' },
    ]);
  });
});

describe('an attack', () => {
  const judge = (...answers: ProbeAnswer[]): string[] =>
    judgeAttacks(answers, 'hr_role', new Set(['select sales_tenant.shared'])).map(
      ({ object, message }) => `${object}: ${message}`,
    );

  it('that was refused is right', () => {
    expect(judge(answer('select sales_tenant.calls', '42501'))).toEqual([]);
  });

  it.each([0, 1, 5])('that was let through with %i rows is a hole', (rows) => {
    expect(judge(answer('delete sales_tenant.calls', '00000', rows))).toEqual([
      `sales_tenant.calls: hr_role is allowed to delete sales_tenant.calls (${rows} ${rows === 1 ? 'row' : 'rows'})`,
    ]);
  });

  it.each(['23502', '42P01', '57014', '55P03'])('that failed with %s proves nothing', (state) => {
    expect(judge(answer('insert sales_tenant.calls', state))).toEqual([
      `sales_tenant.calls: "insert sales_tenant.calls" as hr_role could not be judged: said the server (SQLSTATE ${state})`,
    ]);
  });

  it('that is permitted is right when it succeeds or is refused, and not when it fails', () => {
    const label = 'select sales_tenant.shared';
    expect(judge(answer(label, '00000', 3), answer(label, '42501'))).toEqual([]);
    expect(judge(answer(label, '42P01'))).toHaveLength(1);
    expect(judge(answer('update sales_tenant.shared', '00000'))).toHaveLength(1);
  });
});

describe('a positive control', () => {
  const judge = (...answers: ProbeAnswer[]): string[] =>
    judgeControls(answers, 'hr_role', PACK.tables).map(({ message }) => message);

  it('that did something is right', () => {
    expect(
      judge(
        answer('select own hr_tenant.calls', '00000', 1),
        answer('insert own hr_tenant.audit', '00000', 1),
      ),
    ).toEqual([]);
  });

  it('that did nothing proves that the refusals prove nothing', () => {
    expect(judge(answer('select own hr_tenant.calls', '00000', 0))).toEqual([
      'positive control failed: "select own hr_tenant.calls" as hr_role gave 0 rows',
    ]);
  });

  it.each(['42501', '23514'])('that failed with %s is a finding', (state) => {
    expect(judge(answer('insert own hr_tenant.calls', state))).toEqual([
      `positive control failed: "insert own hr_tenant.calls" as hr_role gave said the server (SQLSTATE ${state})`,
    ]);
  });

  it.each(['update', 'delete'])('expects an append-only table to refuse %s', (verb) => {
    const label = `${verb} own hr_tenant.audit`;
    expect(judge(answer(label, '42501'))).toEqual([]);
    expect(judge(answer(label, '00000', 0))).toEqual([
      `hr_role can change rows of an append-only table: "${label}" gave 0 rows`,
    ]);
    expect(judge(answer(label, '42P01'))).toHaveLength(1);
  });
});
