import { matchesGlob } from '../shared/glob.js';
import type { CheckResult, Finding } from './model.js';

/** A finding that somebody accepts for a while. */
export interface Waiver {
  /** Code of the check. */
  readonly check: string;
  /** Object of the finding; `*` stands for any run of characters. */
  readonly object: string;
  /** Department id or `pack:<name>`, `*` as above. Without it the waiver holds for all targets and for the server. */
  readonly target?: string | undefined;
  readonly reason: string;
  /** The last day on which it holds: YYYY-MM-DD. */
  readonly until: string;
}

/** What a waiver could have matched: a check that was carried out, on the server (no target) or on a target. */
export interface Looked {
  readonly code: string;
  readonly target: string | undefined;
  readonly findings: readonly Finding[];
}

/** A check of the waivers themselves, which no waiver covers. */
export interface PolicyCheck extends Omit<CheckResult, 'layer'> {
  readonly layer: 'policy';
}

/** Does a waiver hold for a finding, its date left aside? */
export const covers = (
  waiver: Waiver,
  code: string,
  target: string | undefined,
  finding: { readonly object: string },
): boolean =>
  waiver.check === code &&
  (waiver.target === undefined || (target !== undefined && matchesGlob(waiver.target, target))) &&
  matchesGlob(waiver.object, finding.object);

/** Is its last day over? Days are texts that sort as they follow each other. */
export const isExpired = (waiver: Waiver, today: string): boolean => waiver.until < today;

/**
 * What is wrong with the waivers: those whose day is over, and those that match nothing. The second can be said only of
 * a waiver whose check ran on all it is about: its one target, or the whole fleet.
 */
export function judgeWaivers(
  waivers: readonly Waiver[],
  looked: readonly Looked[],
  today: string,
  wholeFleet: boolean,
): PolicyCheck[] {
  if (waivers.length === 0) return [];
  const expired = waivers.filter((waiver) => isExpired(waiver, today));
  const unused = waivers.filter(
    (waiver) =>
      !isExpired(waiver, today) &&
      couldMatch(waiver, looked, wholeFleet) &&
      !looked.some(({ code, target, findings }) =>
        findings.some((finding) => covers(waiver, code, target, finding)),
      ),
  );
  const summary = `${waivers.length} configured`;
  const of = (some: readonly Waiver[]): string[] =>
    waivers.filter((waiver) => !some.includes(waiver)).map((waiver) => `${nameOf(waiver)}: ${waiver.reason}`);
  const common = { layer: 'policy', summary } as const;
  return [
    {
      code: 'waiver_expired',
      title: 'every waiver still holds',
      ...common,
      findings: expired.map(expiredFinding),
      evidence: of(expired),
    },
    {
      code: 'waiver_unused',
      title: 'every waiver is needed',
      ...common,
      findings: unused.map(unusedFinding),
      evidence: of(unused),
    },
  ];
}

function couldMatch(waiver: Waiver, looked: readonly Looked[], wholeFleet: boolean): boolean {
  const ran = looked.filter(({ code }) => code === waiver.check);
  const { target } = waiver;
  if (target === undefined || target.includes('*')) return wholeFleet && ran.length > 0;
  return ran.some((each) => each.target === target);
}

const nameOf = ({ check, object, target }: Waiver): string =>
  target === undefined ? `${check}:${object}` : `${check}:${object} of ${target}`;

const expiredFinding = (waiver: Waiver): Finding => ({
  object: nameOf(waiver),
  severity: 'warning',
  isolation: false,
  message: `the waiver held until ${waiver.until} and waives nothing any more (${waiver.reason})`,
  remedy: 'Mend what it waived and remove it from validate.waivers, or give it a new date and reason.',
});

const unusedFinding = (waiver: Waiver): Finding => ({
  object: nameOf(waiver),
  severity: 'note',
  isolation: false,
  message: `the waiver matches no finding (${waiver.reason})`,
  remedy: 'Remove it from validate.waivers.',
});
