import { describe, expect, it } from 'vitest';
import { formatJson } from '../../../../src/report/validation/json.js';
import { formatNdjson } from '../../../../src/report/validation/ndjson.js';
import { allChecks } from '../../../../src/report/validation/layers.js';
import { CLEAN, FLEET, judged, WAIVERS } from './evidence.js';

const REPORT = judged(FLEET, { waivers: WAIVERS });
const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

it('json is one document that holds the whole report', () => {
  expect(JSON.parse(formatJson(REPORT))).toEqual({ schemaVersion: 1, validate: REPORT });
  expect(formatJson(REPORT)).toMatch(/\}\n$/);
});

describe('ndjson', () => {
  const events = linesOf(formatNdjson(REPORT));
  const named = (name: string): Record<string, unknown>[] => events.filter(({ event }) => event === name);

  it('has an event for every check, finding and target, and a summary at the end', () => {
    const checks = allChecks(REPORT);
    expect(events.every(({ schemaVersion }) => schemaVersion === 1)).toBe(true);
    expect(named('check')).toHaveLength(checks.length);
    expect(named('finding')).toHaveLength(checks.flatMap(({ findings }) => findings).length);
    expect(named('target').map(({ target }) => target)).toEqual(['hr', 'legal', 'sales', 'ops']);
    expect(events.at(-1)).toMatchObject({
      event: 'summary',
      passed: false,
      isolationBroken: true,
      targets: { total: 4, passed: 3 },
      checks: { total: checks.length, failed: 2, waived: 1 },
    });
    expect(named('summary')).toHaveLength(1);
  });

  it('says of each to what it belongs', () => {
    expect(named('finding').at(0)).toMatchObject({
      target: 'hr',
      check: 'indexes_created',
      layer: 'contract',
      key: 'indexes_created:hr_tenant.idx_tool_calls_status',
      severity: 'error',
      fails: true,
    });
    expect(named('check').at(1)).toMatchObject({ target: 'hr', code: 'indexes_created', findings: 2 });
    expect(named('check').at(-1)).toMatchObject({ code: 'waiver_unused', layer: 'policy' });
    expect(named('check').at(-1)).not.toHaveProperty('target');
    expect(named('target').at(0)).toMatchObject({ checks: 5, isolationBroken: true });
  });

  it('of a clean run tells no finding', () => {
    expect(formatNdjson(judged(CLEAN))).not.toContain('"event":"finding"');
  });
});
