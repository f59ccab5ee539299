import type { JudgedCheck, ValidationReport } from '../../validate/judge.js';
import { count } from '../../shared/texts.js';

type ReportLayer = JudgedCheck['layer'];

/** What each layer compares, in the order in which reports show them. */
export const LAYER_MEANINGS: Readonly<Record<ReportLayer, { readonly title: string; readonly why: string }>> =
  {
    contract: {
      title: 'what the pack promises',
      why: 'the schema lacks what its pack promises to whoever uses it',
    },
    catalogue: {
      title: 'what the catalogue says',
      why: 'the catalogue holds a right, a policy or an object that fedgen did not declare',
    },
    drift: {
      title: 'what the scripts would make today',
      why: 'the database is not what its scripts make: somebody changed it, or something was lost',
    },
    probe: {
      title: 'attacks that were carried out',
      why: 'an attempt ended otherwise than it must, or could not be made',
    },
    policy: { title: 'waivers', why: 'a waiver hides findings, so it must be needed and in date' },
  };

const LAYERS = Object.keys(LAYER_MEANINGS) as ReportLayer[];

/** Why a finding of a check is worth somebody's time, in one sentence. */
export function whyItMatters(check: Pick<JudgedCheck, 'layer' | 'findings'>): string {
  const isIsolation = check.findings.some(({ isolation, waiver }) => isolation && waiver === undefined);
  return isIsolation
    ? "one tenant can reach another's rows, or nobody could prove that it cannot"
    : LAYER_MEANINGS[check.layer].why;
}

/** Checks by layer, in order; layers without checks are left out. */
export function byLayer(
  checks: readonly JudgedCheck[],
): { readonly layer: ReportLayer; readonly checks: readonly JudgedCheck[] }[] {
  return LAYERS.map((layer) => ({ layer, checks: checks.filter((check) => check.layer === layer) })).filter(
    (group) => group.checks.length > 0,
  );
}

/** Every check of a report: those of the server first, then target by target. */
export const allChecks = (report: ValidationReport): JudgedCheck[] => [
  ...report.checks,
  ...report.targets.flatMap((target) => target.checks),
];

/** Layers of which no check was carried out on a target that was looked at: nothing can be said of them. */
export function layersLeftOut(report: ValidationReport): ReportLayer[] {
  if (report.targets.every(({ unchanged }) => unchanged)) return [];
  const ran = new Set(allChecks(report).map(({ layer }) => layer));
  return LAYERS.filter((layer) => layer !== 'policy' && !ran.has(layer));
}

/** The verdict in one sentence. */
export function verdictSentence(report: ValidationReport): string {
  const checks = allChecks(report);
  if (checks.length === 0) {
    return report.targets.length === 0 ? 'No target was looked at.' : 'Nothing has changed; no check ran.';
  }
  const numberOf = (verdict: JudgedCheck['verdict']): number =>
    checks.filter((check) => check.verdict === verdict).length;
  const failed = numberOf('failed');
  const waived = numberOf('waived');
  if (failed > 0)
    return report.isolationBroken
      ? `Isolation is broken or unproved; ${count(failed, 'check')} failed.`
      : `${count(failed, 'check')} of ${checks.length} failed.`;
  const byWaivers = waived === 0 ? '' : `, ${waived} of them by waivers`;
  return checks.length === 1
    ? `The one check passed${waived === 0 ? '' : ' by a waiver'}.`
    : `All ${checks.length} checks passed${byWaivers}.`;
}

/** Where the page about a check stands in the package. */
export const checkPage = (code: string): string => `docs/checks/${code}.md`;

/** `PostgreSQL 16.14` of server_version_num 160014, or what the server calls itself. */
export const serverRelease = ({
  serverVersion,
  product,
}: Pick<ValidationReport, 'serverVersion' | 'product'>): string =>
  product ?? `PostgreSQL ${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`;
