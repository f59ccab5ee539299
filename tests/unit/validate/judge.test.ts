import { describe, expect, it } from 'vitest';
import type { Policy, ValidationReport } from '../../../src/validate/judge.js';
import type { CheckResult, Evidence, Severity } from '../../../src/validate/model.js';
import {
  check,
  CLEAN,
  evidence,
  finding,
  FLEET,
  judged,
  target,
  TODAY,
  WAIVERS,
} from '../report/validation/evidence.js';

const of = (...checks: CheckResult[]): Evidence => evidence({ targets: [target('hr', { checks })] });
const one = (severity: Severity, isolation = false): Evidence =>
  of(check('a_check', { findings: [finding('hr_tenant.x', { severity, isolation })] }));
const waiver = (changes: Partial<Policy['waivers'][number]> = {}): Policy['waivers'][number] => ({
  check: 'a_check',
  object: 'hr_tenant.x',
  reason: 'known',
  until: TODAY,
  ...changes,
});
const codes = (report: ValidationReport): string[] =>
  report.checks.flatMap(({ code, findings }) => findings.map(({ object }) => `${code} ${object}`));

describe('the verdict', () => {
  it('of nothing found is passed, and says by what it was judged', () => {
    const report = judged(CLEAN);
    expect(report).toMatchObject({
      schemaVersion: 1,
      date: TODAY,
      failOn: 'error',
      passed: true,
      isolationBroken: false,
      counts: { error: 0, warning: 0, note: 0, waived: 0 },
      server: CLEAN.server,
      identity: CLEAN.identity,
    });
    expect(report.targets[0]).toMatchObject({ target: 'legal', passed: true, isolationBroken: false });
    expect(report.targets[0]?.checks.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
  });

  it.each([
    ['error', 'error', true],
    ['warning', 'error', false],
    ['note', 'error', false],
    ['warning', 'warning', true],
    ['note', 'warning', false],
    ['note', 'note', true],
  ] as const)('%s with failOn %s fails: %s', (severity, failOn, fails) => {
    for (const isolation of [true, false]) {
      const report = judged(one(severity, isolation), { failOn });
      expect(report.passed).toBe(!fails);
      expect(report.isolationBroken).toBe(fails && isolation);
      expect(report.targets[0]?.checks[0]?.verdict).toBe(fails ? 'failed' : 'passed');
      expect(report.counts).toMatchObject({ error: 0, warning: 0, note: 0, [severity]: 1 });
    }
  });

  it('is told target by target, and the server counts for the whole', () => {
    const report = judged(FLEET);
    expect(report.targets.map(({ target: id, passed }) => [id, passed])).toEqual([
      ['hr', false],
      ['legal', true],
      ['sales', true],
      ['ops', true],
    ]);
    expect(report).toMatchObject({ passed: false, isolationBroken: true });
    const server = evidence({ checks: [check('s', { findings: [finding('app', { isolation: true })] })] });
    expect(judged(server)).toMatchObject({ passed: false, isolationBroken: true });
  });

  it('gives every finding its key', () => {
    expect(judged(one('note')).targets[0]?.checks[0]?.findings[0]).toMatchObject({
      key: 'a_check:hr_tenant.x',
      fails: false,
    });
  });
});

describe('a waiver', () => {
  const withWaiver = (changes: Partial<Policy['waivers'][number]>): ValidationReport =>
    judged(one('error', true), { waivers: [waiver(changes)] });

  it('keeps the finding in the report, and it does not fail', () => {
    const report = withWaiver({});
    expect(report).toMatchObject({ passed: true, isolationBroken: false, counts: { error: 0, waived: 1 } });
    const [found] = report.targets[0]?.checks ?? [];
    expect(found).toMatchObject({ verdict: 'waived' });
    expect(found?.findings[0]).toMatchObject({
      fails: false,
      waiver: { reason: 'known', until: TODAY },
    });
    expect(codes(report)).toEqual([]);
  });

  it.each([
    ['another check', { check: 'b_check' }],
    ['another object', { object: 'hr_tenant.y' }],
    ['another target', { target: 'legal' }],
    ['a day that is over', { until: '2026-06-14' }],
  ])('of %s waives nothing', (_what, changes) => {
    expect(withWaiver(changes)).toMatchObject({ passed: false, isolationBroken: true });
  });

  it.each([{ object: 'hr_*' }, { object: '*.x', target: 'h*' }, { target: 'hr' }])(
    '%j matches',
    (changes) => {
      expect(withWaiver(changes).passed).toBe(true);
    },
  );

  it('with a target does not hold for the server, without one it does', () => {
    const server = evidence({ checks: [check('a_check', { findings: [finding('hr_tenant.x')] })] });
    expect(judged(server, { waivers: [waiver({ target: '*' })] }).passed).toBe(false);
    expect(judged(server, { waivers: [waiver()] }).passed).toBe(true);
  });

  it('leaves the other findings of its check alone', () => {
    const two = of(check('a_check', { findings: [finding('hr_tenant.x'), finding('hr_tenant.y')] }));
    const report = judged(two, { waivers: [waiver()] });
    expect(report.targets[0]?.checks[0]?.verdict).toBe('failed');
    expect(report.counts).toMatchObject({ error: 1, waived: 1 });
  });

  it('of a note that would not have failed leaves the check passed', () => {
    const report = judged(one('note'), { waivers: [waiver()] });
    expect(report.targets[0]?.checks[0]?.verdict).toBe('passed');
    expect(report.counts).toMatchObject({ note: 0, waived: 1 });
  });

  it('whose day is over is a warning, and fails where warnings fail', () => {
    const waivers = [waiver({ until: '2026-06-14' })];
    const report = judged(one('note'), { waivers });
    expect(codes(report)).toEqual(['waiver_expired a_check:hr_tenant.x']);
    expect(report).toMatchObject({ passed: true, counts: { warning: 1 } });
    expect(judged(one('note'), { waivers, failOn: 'warning' }).passed).toBe(false);
  });
});

describe('a waiver that nothing needs', () => {
  const nothing = of(check('a_check'));
  const unused = ['waiver_unused a_check:hr_tenant.x'];

  it('is a note, when its one target was looked at', () => {
    const report = judged(nothing, { waivers: [waiver({ target: 'hr' })] });
    expect(codes(report)).toEqual(['waiver_unused a_check:hr_tenant.x of hr']);
    expect(report.counts.note).toBe(1);
  });

  it('is told without a target only when the whole fleet was looked at', () => {
    expect(codes(judged(nothing, { waivers: [waiver()] }))).toEqual([]);
    expect(codes(judged(nothing, { waivers: [waiver()], wholeFleet: true }))).toEqual(unused);
    const partly = evidence({ targets: [...nothing.targets, target('ops', { unchanged: true })] });
    expect(codes(judged(partly, { waivers: [waiver()], wholeFleet: true }))).toEqual([]);
  });

  it('is not told when its check or its target was left out', () => {
    const waivers = [waiver({ target: 'legal' }), waiver({ check: 'b_check', target: 'hr' })];
    expect(codes(judged(nothing, { waivers, wholeFleet: true }))).toEqual([]);
  });

  it('cannot be waived away', () => {
    const waivers = [
      waiver({ target: 'hr' }),
      waiver({ check: 'waiver_unused', object: '*' }),
      waiver({ until: '2026-01-01' }),
    ];
    expect(judged(nothing, { waivers }).counts).toMatchObject({ note: 1, warning: 1, waived: 0 });
  });
});

it('all kinds of waivers in one report', () => {
  const report = judged(FLEET, { waivers: WAIVERS });
  expect(codes(report)).toEqual([
    'control_plane federation.departments',
    'waiver_expired indexes_created:*',
    'waiver_unused catalogue_drift:hr_tenant.gone of hr',
  ]);
  expect(report.counts).toEqual({ error: 3, warning: 4, note: 2, waived: 1 });
});
