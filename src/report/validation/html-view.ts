import { VERSION } from '../../shared/version.js';
import type { JudgedCheck, JudgedFinding, JudgedTarget, ValidationReport } from '../../validate/judge.js';
import type { Severity } from '../../validate/model.js';
import { count } from '../../shared/texts.js';
import { formatDuration } from '../paint.js';
import {
  allChecks,
  byLayer,
  checkPage,
  LAYER_MEANINGS,
  layersLeftOut,
  serverRelease,
  verdictSentence,
  whyItMatters,
} from './layers.js';
import { matricesView, type MatricesView } from './matrix-view.js';

/** A finding and where it belongs. */
interface FindingView extends JudgedFinding {
  readonly target: string;
  readonly check: string;
  readonly title: string;
  readonly why: string;
  readonly page: string;
}

interface FindingsView {
  readonly shown: readonly FindingView[];
  /** `and 12 findings more: the json report has them` */
  readonly more: string | undefined;
}

interface LookedAt {
  readonly target: string;
  readonly layers: readonly {
    readonly layer: string;
    readonly title: string;
    readonly checks: readonly JudgedCheck[];
  }[];
}

/** What the page shows, worked out: its template only repeats and branches. */
export interface PageView {
  readonly version: string;
  readonly date: string;
  readonly server: string;
  readonly release: string;
  readonly validator: string;
  readonly failOn: Severity;
  readonly verdict: 'passed' | 'failed' | 'broken';
  readonly sentence: string;
  readonly subject: string;
  readonly leftOut: string;
  readonly tiles: readonly { readonly label: string; readonly value: string; readonly tone: string }[];
  readonly fleet: readonly (JudgedTarget & { readonly state: string; readonly took: string })[];
  readonly matrices: MatricesView;
  readonly severities: readonly { readonly severity: Severity; readonly findings: FindingsView }[];
  readonly drift: FindingsView;
  readonly waived: FindingsView;
  readonly waiverFindings: FindingsView;
  readonly identity: ValidationReport['identity'];
  readonly residualRisks: readonly string[];
  readonly lookedAt: readonly LookedAt[];
  readonly lookedAtMore: string | undefined;
}

/** A page with tens of thousands of findings opens nowhere. */
const SHOWN_FINDINGS = 500;
/** Targets whose checks are listed one by one. */
const SHOWN_TARGETS = 20;

/** Arranges a report for the page. Texts in it must be visible already. */
export function pageView(report: ValidationReport): PageView {
  const findings = [
    ...report.targets.flatMap(({ target, checks }) => viewsOf(checks, target)),
    ...viewsOf(report.checks, 'server'),
  ];
  const open = findings.filter(({ waiver }) => waiver === undefined);
  const isAbout = (layer: JudgedCheck['layer'], { layer: own }: { layer: JudgedCheck['layer'] }): boolean =>
    own === layer;
  const others = open.filter((each) => !isAbout('drift', each) && !isAbout('policy', each));
  const inSections = report.targets.filter(({ unchanged }) => !unchanged);
  const sections = [
    ...inSections.slice(0, SHOWN_TARGETS).map(({ target, checks }) => lookedAt(target, checks)),
    ...(report.checks.length > 0 ? [lookedAt('server, control plane and waivers', report.checks)] : []),
  ];
  const hidden = inSections.length - SHOWN_TARGETS;
  return {
    ...headOf(report),
    fleet: fleetOf(report.targets),
    matrices: matricesView(report.targets),
    severities: (['error', 'warning', 'note'] as const).map((severity) => ({
      severity,
      findings: limited(others.filter((finding) => finding.severity === severity)),
    })),
    drift: limited(open.filter((each) => isAbout('drift', each))),
    waived: limited(findings.filter(({ waiver }) => waiver !== undefined)),
    waiverFindings: limited(open.filter((each) => isAbout('policy', each))),
    identity: report.identity,
    residualRisks: report.residualRisks,
    lookedAt: sections,
    lookedAtMore:
      hidden > 0 ? `${count(hidden, 'more target')}: the json report has their checks.` : undefined,
  };
}

function headOf(
  report: ValidationReport,
): Pick<
  PageView,
  | 'version'
  | 'date'
  | 'server'
  | 'release'
  | 'validator'
  | 'failOn'
  | 'verdict'
  | 'sentence'
  | 'subject'
  | 'leftOut'
  | 'tiles'
> {
  const { validator, targets } = report;
  const [only] = targets;
  return {
    version: VERSION,
    date: report.date,
    server: report.server,
    release: serverRelease(report),
    validator: `${validator.role}${validator.superuser ? ', a superuser' : ', not a superuser'}`,
    failOn: report.failOn,
    verdict: report.passed ? 'passed' : report.isolationBroken ? 'broken' : 'failed',
    sentence: verdictSentence(report),
    subject: targets.length === 1 && only ? `${only.name} (${only.target})` : count(targets.length, 'target'),
    leftOut: layersLeftOut(report).join(', '),
    tiles: tilesOf(report),
  };
}

function tilesOf(report: ValidationReport): PageView['tiles'] {
  const { counts, targets } = report;
  const checks = allChecks(report);
  const passed = targets.filter((target) => target.passed).length;
  const good = checks.filter(({ verdict }) => verdict !== 'failed').length;
  const toned = (number: number, tone: string): string => (number > 0 ? tone : 'plain');
  return [
    {
      label: 'targets passed',
      value: `${passed} of ${targets.length}`,
      tone: passed < targets.length ? 'bad' : 'good',
    },
    {
      label: 'checks passed',
      value: `${good} of ${checks.length}`,
      tone: good < checks.length ? 'bad' : 'good',
    },
    { label: 'errors', value: String(counts.error), tone: toned(counts.error, 'bad') },
    { label: 'warnings', value: String(counts.warning), tone: toned(counts.warning, 'warn') },
    { label: 'notes', value: String(counts.note), tone: 'plain' },
    { label: 'waived', value: String(counts.waived), tone: toned(counts.waived, 'warn') },
  ];
}

/** Those that failed first. */
const fleetOf = (targets: readonly JudgedTarget[]): PageView['fleet'] =>
  [...targets.filter(({ passed }) => !passed), ...targets.filter(({ passed }) => passed)].map((target) => ({
    ...target,
    state: stateOf(target),
    took: target.unchanged ? '–' : formatDuration(target.durationMs),
  }));

function stateOf(target: JudgedTarget): string {
  if (target.unchanged) return 'unchanged';
  if (target.passed) return 'passed';
  return target.isolationBroken ? 'broken' : 'failed';
}

type LayeredFinding = FindingView & { readonly layer: JudgedCheck['layer'] };

const viewsOf = (checks: readonly JudgedCheck[], target: string): LayeredFinding[] =>
  checks.flatMap((check) =>
    check.findings.map((finding) => ({
      ...finding,
      target: check.layer === 'policy' ? 'configuration' : target,
      check: check.code,
      title: check.title,
      layer: check.layer,
      why: whyItMatters({ layer: check.layer, findings: [finding] }),
      page: checkPage(check.code),
    })),
  );

function limited(findings: readonly FindingView[]): FindingsView {
  const hidden = findings.length - SHOWN_FINDINGS;
  return {
    shown: findings.slice(0, SHOWN_FINDINGS),
    more: hidden > 0 ? `and ${count(hidden, 'finding')} more: the json report has them` : undefined,
  };
}

const lookedAt = (target: string, checks: readonly JudgedCheck[]): LookedAt => ({
  target,
  layers: byLayer(checks).map(({ layer, checks: own }) => ({
    layer,
    title: LAYER_MEANINGS[layer].title,
    checks: own,
  })),
});
