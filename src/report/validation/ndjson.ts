import type { JudgedCheck, JudgedTarget, ValidationReport } from '../../validate/judge.js';
import { allChecks } from './layers.js';

type Event = Readonly<Record<string, unknown>>;

/**
 * A validation as one JSON event a line: `check` and its `finding`s, a `target` behind its checks, `summary` at the
 * end. Checks without a target are those of the server, the control plane and the waivers.
 */
export function formatNdjson(report: ValidationReport): string {
  const { schemaVersion } = report;
  const events = [
    ...report.targets.flatMap((target) => [
      ...target.checks.flatMap((check) => checkEvents(check, target.target)),
      targetEvent(target),
    ]),
    ...report.checks.flatMap((check) => checkEvents(check, undefined)),
    summaryEvent(report),
  ];
  return events.map((event) => `${JSON.stringify({ schemaVersion, ...event })}\n`).join('');
}

function checkEvents({ findings, ...check }: JudgedCheck, target: string | undefined): Event[] {
  return [
    { event: 'check', target, ...check, findings: findings.length },
    ...findings.map((finding) => ({
      event: 'finding',
      target,
      check: check.code,
      layer: check.layer,
      ...finding,
    })),
  ];
}

const targetEvent = ({ checks, ...target }: JudgedTarget): Event => ({
  event: 'target',
  ...target,
  checks: checks.length,
});

function summaryEvent(report: ValidationReport): Event {
  const { targets, checks: _checks, schemaVersion: _version, ...rest } = report;
  const checks = allChecks(report);
  return {
    event: 'summary',
    ...rest,
    targets: { total: targets.length, passed: targets.filter(({ passed }) => passed).length },
    checks: {
      total: checks.length,
      failed: checks.filter(({ verdict }) => verdict === 'failed').length,
      waived: checks.filter(({ verdict }) => verdict === 'waived').length,
    },
  };
}
