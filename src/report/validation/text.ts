import type {
  Counts,
  JudgedCheck,
  JudgedFinding,
  JudgedTarget,
  ValidationReport,
} from '../../validate/judge.js';
import { count } from '../../shared/texts.js';
import { formatDuration, type Paint } from '../paint.js';
import {
  byLayer,
  checkPage,
  LAYER_MEANINGS,
  layersLeftOut,
  serverRelease,
  verdictSentence,
  whyItMatters,
} from './layers.js';
import { withVisibleTexts } from './shown.js';

interface Options {
  readonly verbose: boolean;
  readonly paint: Paint;
}

/** Findings that are printed of one check before the rest is only counted. */
const SHOWN_FINDINGS = 20;

/**
 * A validation for people: what failed, why it matters, how to mend it. Notes, waived findings and targets that passed
 * are only counted; `verbose` lists them too, with what was looked at and which threats are stopped.
 */
export function formatValidation(report: ValidationReport, options: Options): string {
  const shown = withVisibleTexts(report);
  const { verbose, paint } = options;
  const isFleet = shown.targets.length > 1;
  const told = shown.targets.filter((target) => verbose || !isFleet || !target.passed);
  const blocks = [
    ...told.map((target) => targetBlock(target, shown, options)),
    ...(shown.checks.length > 0 ? [commonBlock(shown, options)] : []),
    ...(verbose ? identityBlock(shown, paint) : []),
    ...(isFleet ? [fleetBlock(shown, paint)] : []),
    verdictBlock(shown, paint),
  ];
  return blocks.map((lines) => lines.join('\n')).join(blocks.length > 2 ? '\n\n' : '\n');
}

function targetBlock(target: JudgedTarget, report: ValidationReport, options: Options): string[] {
  const { paint } = options;
  const what = [`pack ${target.pack}`, ...target.schemas.map((schema) => `schema ${schema}`)].join(', ');
  const where = `${report.server}, ${serverRelease(report)}`;
  const head = `Validation of ${paint.bold(target.target)} (${what}) in ${where}:`;
  if (target.unchanged) return [head, '  unchanged since its last clean validation: not looked at'];
  const took = options.verbose ? [paint.dim(`  took ${formatDuration(target.durationMs)}`)] : [];
  return [head, ...layerLines(target.checks, options), ...took];
}

function commonBlock(report: ValidationReport, options: Options): string[] {
  return ['Server, control plane and waivers:', ...layerLines(report.checks, options)];
}

function layerLines(checks: readonly JudgedCheck[], options: Options): string[] {
  const { paint, verbose } = options;
  return byLayer(checks).flatMap(({ layer, checks: own }) => {
    const good = own.filter(({ verdict }) => verdict !== 'failed').length;
    const told = own.filter((check) => verbose || isWorthTelling(check));
    const mark = good === own.length ? paint.green('✓') : paint.red('✗');
    const ratio = `${good} of ${count(own.length, 'check')} passed`;
    return [
      `  ${mark} ${paint.bold(layer)} ${paint.dim(`${LAYER_MEANINGS[layer].title}: ${ratio}`)}`,
      ...told.flatMap((check) => checkLines(check, options)),
    ];
  });
}

/** Notes and waived findings are only counted, unless somebody asks. */
const isLoud = (finding: JudgedFinding): boolean =>
  finding.fails || (finding.waiver === undefined && finding.severity !== 'note');
const isWorthTelling = (check: JudgedCheck): boolean => check.findings.some(isLoud);

function checkLines(check: JudgedCheck, options: Options): string[] {
  const { paint, verbose } = options;
  const told = check.findings.filter((finding) => verbose || isLoud(finding));
  const shown = verbose ? told : told.slice(0, SHOWN_FINDINGS);
  const hidden = told.length - shown.length;
  return [
    `    ${checkMark(check, paint)} ${check.code}: ${check.title} ${paint.dim(`(${check.summary})`)}`,
    ...(isWorthTelling(check)
      ? [`        ${paint.cyan('why')} ${whyItMatters(check)} ${paint.dim(`(${checkPage(check.code)})`)}`]
      : []),
    ...shown.flatMap((finding) => findingLines(finding, paint)),
    ...(hidden > 0 ? [`        and ${count(hidden, 'finding')} more (--verbose lists all)`] : []),
    ...(verbose ? check.evidence.map((each) => `        ${paint.dim(each)}`) : []),
  ];
}

function checkMark(check: JudgedCheck, paint: Paint): string {
  if (check.verdict === 'failed') return paint.red('✗');
  if (check.verdict === 'waived') return paint.yellow('~');
  return isWorthTelling(check) ? paint.yellow('!') : paint.green('✓');
}

function findingLines(finding: JudgedFinding, paint: Paint): string[] {
  const { waiver, severity } = finding;
  const grade = waiver ? 'waived' : severity;
  const colour = waiver || severity !== 'error' ? paint.yellow : paint.red;
  return [
    `        ${colour(`${grade} ${finding.object}`)}: ${finding.message}`,
    `          ${paint.cyan('mend')} ${finding.remedy.trimEnd().replaceAll('\n', '\n               ')}`,
    waiver
      ? `          ${paint.cyan('waived')} until ${waiver.until}: ${waiver.reason} ${paint.dim(`(${finding.key})`)}`
      : `          ${paint.dim(`key ${finding.key}`)}`,
  ];
}

function identityBlock(report: ValidationReport, paint: Paint): string[][] {
  const modes = report.identity.flatMap(({ pack, mode, stops, doesNotStop }) => [
    `  pack ${pack} tells tenants apart by ${paint.bold(mode)}`,
    ...stops.map((threat) => `    ${paint.green('✓')} stops ${threat}`),
    ...doesNotStop.map((threat) => `    ${paint.yellow('!')} does not stop ${threat}`),
  ]);
  const risks = report.residualRisks.map((risk) => `  ${paint.yellow('!')} ${risk}`);
  return [
    ...(modes.length > 0 ? [['What is proved against whom:', ...modes]] : []),
    ...(risks.length > 0 ? [['What the server cannot hide:', ...risks]] : []),
  ];
}

function fleetBlock({ targets }: ValidationReport, paint: Paint): string[] {
  const failed = targets.filter(({ passed }) => !passed);
  const unchanged = targets.filter((target) => target.unchanged).length;
  const skipped = unchanged > 0 ? `, ${unchanged} of them unchanged and not looked at` : '';
  return [
    `${targets.length - failed.length} of ${count(targets.length, 'target')} passed${skipped}.`,
    ...(failed.length > 0
      ? [`${paint.red('Failed:')} ${failed.map(({ target }) => target).join(', ')}`]
      : []),
  ];
}

function verdictBlock(report: ValidationReport, paint: Paint): string[] {
  const colour = report.passed ? paint.green : paint.red;
  const counted = countsText(report.counts);
  const leftOut = layersLeftOut(report);
  return [
    colour(verdictSentence(report)),
    ...(counted === '' ? [] : [paint.dim(counted)]),
    ...(report.failOn === 'error' ? [] : [paint.dim(`Fails on: ${report.failOn} and worse.`)]),
    ...(leftOut.length > 0 ? [paint.yellow(`Not looked at, so not proved: ${leftOut.join(', ')}.`)] : []),
  ];
}

function countsText({ error, warning, note, waived }: Counts): string {
  const parts = [
    ...(error > 0 ? [count(error, 'error')] : []),
    ...(warning > 0 ? [count(warning, 'warning')] : []),
    ...(note > 0 ? [count(note, 'note')] : []),
    ...(waived > 0 ? [`${waived} waived`] : []),
  ];
  const hidden = note + waived > 0 ? ' (--verbose lists all)' : '';
  return parts.length === 0 ? '' : `${parts.join(', ')}${hidden}`;
}
