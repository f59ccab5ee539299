import { createHash } from 'node:crypto';
import { VERSION } from '../../shared/version.js';
import type { JudgedCheck, JudgedFinding, ValidationReport } from '../../validate/judge.js';
import type { Severity } from '../../validate/model.js';
import { allChecks, checkPage, LAYER_MEANINGS, verdictSentence } from './layers.js';
import { withVisibleTexts } from './shown.js';

type Node = Readonly<Record<string, unknown>>;

/** SARIF wants absolute addresses; the package brings its docs, so this one shows those of the very version. */
const DOCS = `https://unpkg.com/fedgen@${VERSION}`;
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** How GitHub orders security findings: 9 and above is critical, 7 high, 4 medium, below that low. */
const ISOLATION_SECURITY_SEVERITY = '9.5';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'note' };

/**
 * A validation as SARIF 2.1.0: a rule for each check, a result for each finding. Waived findings are results with a
 * suppression. Objects of the database are logical locations; the physical one that code scanning asks for is made up
 * of the server and the object, since no file is to blame.
 */
export function formatSarif(found: ValidationReport): string {
  const report = withVisibleTexts(found);
  const rules = rulesOf(allChecks(report));
  const indexOf = new Map(rules.map(({ code }, index) => [code, index]));
  const seen = new Map<string, number>();
  const result = (check: JudgedCheck, target: string | undefined): Node[] =>
    check.findings.map((finding) => resultOf(check, finding, target, indexOf.get(check.code) ?? -1, seen));
  const run = {
    tool: {
      driver: {
        name: 'fedgen',
        semanticVersion: VERSION,
        informationUri: `${DOCS}/docs/validation.md`,
        rules: rules.map(({ rule }) => rule),
      },
    },
    automationDetails: { id: 'fedgen/validate/' },
    columnKind: 'utf16CodeUnits',
    invocations: [{ executionSuccessful: true }],
    results: [
      ...report.targets.flatMap(({ target, checks }) => checks.flatMap((check) => result(check, target))),
      ...report.checks.flatMap((check) => result(check, undefined)),
    ],
    properties: {
      server: report.server,
      serverVersion: report.serverVersion,
      verdict: verdictSentence(report),
      passed: report.passed,
      isolationBroken: report.isolationBroken,
      failOn: report.failOn,
      targets: report.targets.map(({ target, passed, unchanged }) => ({ target, passed, unchanged })),
    },
  };
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

/** One rule for each code, in the order in which they come, whether or not anything was found. */
function rulesOf(checks: readonly JudgedCheck[]): { readonly code: string; readonly rule: Node }[] {
  const byCode = new Map<string, JudgedCheck[]>();
  for (const check of checks) byCode.set(check.code, [...(byCode.get(check.code) ?? []), check]);
  return [...byCode].map(([code, same]) => ({ code, rule: ruleOf(code, same) }));
}

function ruleOf(code: string, same: readonly JudgedCheck[]): Node {
  const { title = '', layer = 'policy' } = same[0] ?? {};
  const isIsolation = same.some(({ findings }) => findings.some(({ isolation }) => isolation));
  return {
    id: code,
    name: code.replaceAll(/(?:^|_)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: `Otherwise ${LAYER_MEANINGS[layer].why}.` },
    helpUri: `${DOCS}/${checkPage(code)}`,
    help: { text: `See ${checkPage(code)} in the package fedgen.` },
    properties: {
      tags: ['security', 'postgresql', layer],
      ...(isIsolation && { 'security-severity': ISOLATION_SECURITY_SEVERITY }),
    },
  };
}

function resultOf(
  check: JudgedCheck,
  finding: JudgedFinding,
  target: string | undefined,
  ruleIndex: number,
  seen: Map<string, number>,
): Node {
  const { object, waiver, remedy, message, key, severity, isolation, fails } = finding;
  return {
    ruleId: check.code,
    ruleIndex,
    kind: 'fail',
    level: LEVELS[severity],
    message: { text: `${object}: ${message}\nMend it: ${remedy}` },
    locations: [locationOf(object, target)],
    partialFingerprints: { 'fedgenFinding/v1': fingerprint(check.code, object, target, seen) },
    suppressions: waiver
      ? [
          {
            kind: 'external',
            status: 'accepted',
            justification: `${waiver.reason} (until ${waiver.until})`,
          },
        ]
      : [],
    properties: { key, isolation, fails, layer: check.layer, ...(target !== undefined && { target }) },
  };
}

function locationOf(object: string, target: string | undefined): Node {
  const parts = ['database', target ?? 'server', object];
  return {
    logicalLocations: [
      { name: object.split('.').at(-1), fullyQualifiedName: object, kind: 'resource' },
      ...(target === undefined ? [] : [{ name: target, fullyQualifiedName: target, kind: 'module' }]),
    ],
    physicalLocation: {
      artifactLocation: { uri: parts.map(encodeURIComponent).join('/') },
      region: { startLine: 1 },
    },
  };
}

/** The same finding has the same mark in the next run; a second one of the same object and check has another. */
function fingerprint(
  code: string,
  object: string,
  target: string | undefined,
  seen: Map<string, number>,
): string {
  const what = JSON.stringify([code, object, target ?? null]);
  const before = seen.get(what) ?? 0;
  seen.set(what, before + 1);
  return `${createHash('sha256').update(what).digest('hex').slice(0, 32)}:${before + 1}`;
}
