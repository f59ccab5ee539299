import XMLBuilder from 'fast-xml-builder';
import type { JudgedCheck, JudgedFinding, JudgedTarget, ValidationReport } from '../../validate/judge.js';
import { count } from '../../shared/texts.js';
import { checkPage, serverRelease, verdictSentence, whyItMatters } from './layers.js';
import { withVisibleTexts } from './shown.js';

/** An element as the builder takes it: attributes begin with @, text is `#text`. */
type Element = Readonly<Record<string, unknown>>;

/** The sums that a suite and the whole document carry. */
interface Sums {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}

/**
 * A validation as JUnit XML, which CI servers read: a suite for each target and one for the server, a case for each
 * check. A check that only waivers let pass is skipped, with their reasons; what else was found stands in system-out.
 */
export function formatJunit(found: ValidationReport): string {
  const report = withVisibleTexts(found);
  const suites = [
    ...report.targets.map(targetSuite),
    ...(report.checks.length > 0
      ? [
          suite(
            'server',
            report.checks.map((check) => testCase(check, 'server')),
            serverFacts(report),
            undefined,
          ),
        ]
      : []),
  ];
  const duration = report.targets.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const total = suites.reduce<Sums>((sum, { sums }) => add(sum, sums), { tests: 0, failures: 0, skipped: 0 });
  const document = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'fedgen validate',
      ...attributes(total, duration),
      testsuite: suites.map(({ element }) => element),
    },
  };
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    format: true,
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
  });
  return `${builder.build(document).trimEnd()}\n`;
}

function targetSuite(target: JudgedTarget): ReturnType<typeof suite> {
  const cases = target.unchanged
    ? [
        {
          '@name': 'unchanged since its last clean validation',
          '@classname': `fedgen.${target.target}`,
          skipped: { '@message': 'not looked at' },
        },
      ]
    : target.checks.map((check) => testCase(check, target.target));
  const facts = {
    name: target.name,
    pack: target.pack,
    schemas: target.schemas.join(', '),
    isolationBroken: String(target.isolationBroken),
  };
  return suite(target.target, cases, facts, target.durationMs);
}

const serverFacts = (report: ValidationReport): Readonly<Record<string, string>> => ({
  server: report.server,
  release: serverRelease(report),
  verdict: verdictSentence(report),
});

function suite(
  name: string,
  cases: readonly Element[],
  facts: Readonly<Record<string, string>>,
  durationMs: number | undefined,
): { readonly element: Element; readonly sums: Sums } {
  const having = (member: string): number => cases.filter((each) => member in each).length;
  const sums = { tests: cases.length, failures: having('failure'), skipped: having('skipped') };
  const properties = Object.entries(facts).map(([key, value]) => ({ '@name': key, '@value': value }));
  const element = {
    '@name': name,
    ...attributes(sums, durationMs ?? 0),
    properties: { property: properties },
    testcase: cases,
  };
  return { element, sums };
}

const attributes = ({ tests, failures, skipped }: Sums, durationMs: number): Element => ({
  '@tests': String(tests),
  '@failures': String(failures),
  '@errors': '0',
  '@skipped': String(skipped),
  '@time': (durationMs / 1000).toFixed(3),
});

const add = (a: Sums, b: Sums): Sums => ({
  tests: a.tests + b.tests,
  failures: a.failures + b.failures,
  skipped: a.skipped + b.skipped,
});

function testCase(check: JudgedCheck, suiteName: string): Element {
  const failing = check.findings.filter(({ fails }) => fails);
  const rest = check.findings.filter(({ fails }) => !fails);
  const waivers = check.findings.flatMap(({ waiver }) => (waiver ? [waiver] : []));
  const told = [...rest.map(findingText), ...check.evidence].join('\n');
  return {
    '@name': `${check.code}: ${check.title}`,
    '@classname': `fedgen.${suiteName}.${check.layer}`,
    ...(check.verdict === 'failed' && {
      failure: {
        '@message': `${count(failing.length, 'finding')}: ${whyItMatters(check)}`,
        '@type': failing.some(({ isolation }) => isolation) ? 'isolation' : 'finding',
        '#text': `${failing.map(findingText).join('\n')}\nSee ${checkPage(check.code)}.`,
      },
    }),
    ...(check.verdict === 'waived' && {
      skipped: {
        '@message': `waived: ${[...new Set(waivers.map(waiverText))].join('; ')}`,
      },
    }),
    ...(told !== '' && { 'system-out': told }),
  };
}

const waiverText = (waiver: NonNullable<JudgedFinding['waiver']>): string =>
  `${waiver.reason} (until ${waiver.until})`;

function findingText(finding: JudgedFinding): string {
  const { waiver, severity, object, message, remedy, key } = finding;
  const grade = waiver ? `waived, ${waiverText(waiver)}` : severity;
  return `${grade}: ${object}: ${message}\n  mend: ${remedy.trimEnd().replaceAll('\n', '\n    ')}\n  key: ${key}`;
}
