import type { CheckResult, Evidence, Finding, Layer, Severity, TargetReport } from './model.js';
import { covers, isExpired, judgeWaivers, type PolicyCheck, type Waiver } from './waivers.js';

/** What a user decided about findings. */
export interface Policy {
  /** The mildest severity that fails a validation. */
  readonly failOn: Severity;
  readonly waivers: readonly Waiver[];
  /** Every target was looked at, so that a waiver which names none, or several, can be called unused. Default: no. */
  readonly wholeFleet?: boolean;
}

/** `waived`: it would have failed, had not somebody accepted what it found. */
export type Verdict = 'passed' | 'failed' | 'waived';

/** A finding and what became of it. A waived one stays in the report and does not fail. */
export interface JudgedFinding extends Finding {
  /** Waiver key: `<code>:<object>`. */
  readonly key: string;
  /** It fails the validation: not waived, and as severe as the policy asks. */
  readonly fails: boolean;
  readonly waiver?: { readonly reason: string; readonly until: string };
}

/** A check and its verdict. Those of the layer `policy` are about the waivers. */
export interface JudgedCheck extends Omit<CheckResult, 'findings' | 'layer'> {
  readonly layer: Layer | 'policy';
  readonly verdict: Verdict;
  readonly findings: readonly JudgedFinding[];
}

/** Findings by severity; waived ones are counted only as waived. */
export type Counts = Readonly<Record<Severity | 'waived', number>>;

/** A target and its verdict. */
export interface JudgedTarget extends Omit<TargetReport, 'checks'> {
  readonly passed: boolean;
  readonly isolationBroken: boolean;
  readonly counts: Counts;
  readonly checks: readonly JudgedCheck[];
}

/** What a validation found and what is to be thought of it. */
export interface ValidationReport extends Omit<Evidence, 'checks' | 'targets'> {
  readonly schemaVersion: 1;
  /** The day by which waivers were judged: YYYY-MM-DD. */
  readonly date: string;
  readonly failOn: Severity;
  readonly passed: boolean;
  /** A tenant can reach another one, or that could not be disproved; waived findings left aside. */
  readonly isolationBroken: boolean;
  readonly counts: Counts;
  /** Checks of the server, of the control plane, and of the waivers. */
  readonly checks: readonly JudgedCheck[];
  readonly targets: readonly JudgedTarget[];
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/**
 * Weighs what was found against what the user accepts. Pure.
 * @param today YYYY-MM-DD, by which waivers expire.
 */
export function judge(evidence: Evidence, policy: Policy, today: string): ValidationReport {
  const targets = evidence.targets.map((target) => judgeTarget(target, policy, today));
  const checks = [
    ...evidence.checks.map((check) => judgeCheck(check, policy, today, undefined)),
    ...waiverChecks(evidence, policy, today),
  ];
  const all = [...checks, ...targets.flatMap((target) => target.checks)];
  return {
    ...evidence,
    schemaVersion: 1,
    date: today,
    failOn: policy.failOn,
    ...verdictOf(all),
    checks,
    targets,
  };
}

function judgeTarget(target: TargetReport, policy: Policy, today: string): JudgedTarget {
  const checks = target.checks.map((check) => judgeCheck(check, policy, today, target.target));
  return { ...target, ...verdictOf(checks), checks };
}

function waiverChecks(evidence: Evidence, policy: Policy, today: string): JudgedCheck[] {
  const looked = [
    ...evidence.checks.map(({ code, findings }) => ({ code, target: undefined, findings })),
    ...evidence.targets.flatMap(({ target, checks }) =>
      checks.map(({ code, findings }) => ({ code, target, findings })),
    ),
  ];
  const isWhole = policy.wholeFleet === true && evidence.targets.every(({ unchanged }) => !unchanged);
  const withoutWaivers = { ...policy, waivers: [] };
  return judgeWaivers(policy.waivers, looked, today, isWhole).map((check) =>
    judgeCheck(check, withoutWaivers, today, undefined),
  );
}

function judgeCheck(
  check: CheckResult | PolicyCheck,
  policy: Policy,
  today: string,
  target: string | undefined,
): JudgedCheck {
  const isGrave = (finding: Finding): boolean => RANK[finding.severity] <= RANK[policy.failOn];
  const findings = check.findings.map((finding): JudgedFinding => {
    const waiver = policy.waivers.find(
      (each) => !isExpired(each, today) && covers(each, check.code, target, finding),
    );
    return {
      ...finding,
      key: `${check.code}:${finding.object}`,
      fails: waiver === undefined && isGrave(finding),
      ...(waiver && { waiver: { reason: waiver.reason, until: waiver.until } }),
    };
  });
  const isWaived = findings.some((finding) => finding.waiver !== undefined && isGrave(finding));
  const verdict = findings.some(({ fails }) => fails) ? 'failed' : isWaived ? 'waived' : 'passed';
  return { ...check, verdict, findings };
}

function verdictOf(
  checks: readonly JudgedCheck[],
): Pick<JudgedTarget, 'passed' | 'isolationBroken' | 'counts'> {
  const findings = checks.flatMap((check) => check.findings);
  const unwaived = findings.filter(({ waiver }) => waiver === undefined);
  const countOf = (severity: Severity): number =>
    unwaived.filter((finding) => finding.severity === severity).length;
  return {
    passed: findings.every(({ fails }) => !fails),
    isolationBroken: findings.some(({ fails, isolation }) => fails && isolation),
    counts: {
      error: countOf('error'),
      warning: countOf('warning'),
      note: countOf('note'),
      waived: findings.length - unwaived.length,
    },
  };
}
