import { readFileSync } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { formatJunit } from '../../../../src/report/validation/junit.js';
import type { ValidationReport } from '../../../../src/validate/judge.js';
import { check, evidence, finding, FLEET, HOSTILE, judged, target, WAIVERS } from './evidence.js';

const REPORT = judged(FLEET, { waivers: WAIVERS });

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly failure?: { readonly message: string; readonly type: string; readonly '#text': string };
  readonly skipped?: { readonly message: string };
  readonly 'system-out'?: string;
}
interface Suite {
  readonly name: string;
  readonly tests: string;
  readonly failures: string;
  readonly skipped: string;
  readonly time: string;
  readonly testcase: readonly Case[];
  readonly properties: { readonly property: readonly { readonly name: string; readonly value: string }[] };
}

type Document = Omit<Suite, 'testcase'> & { readonly testsuite: readonly Suite[] };

const schema = readFileSync(new URL('../../../fixtures/junit.xsd', import.meta.url), 'utf8');

/** What libxml2 says against a document. */
async function faults(xml: string): Promise<string[]> {
  const { errors } = await validateXML({ xml, schema });
  return errors.map(({ message }) => message);
}

/** What a CI server reads out of a document that the schema takes. */
async function read(report: ValidationReport): Promise<Document> {
  const text = formatJunit(report);
  expect(await faults(text)).toEqual([]);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    trimValues: false,
    isArray: (name) => ['testsuite', 'testcase', 'property'].includes(name),
  });
  const document = parser.parse(text) as { testsuites: Document };
  return document.testsuites;
}

describe('JUnit XML', () => {
  it('the schema that judges it is not blind', async () => {
    expect(await faults('<testsuites/>')).not.toEqual([]);
    expect(await faults(formatJunit(REPORT).replace('</testsuite>', ''))).not.toEqual([]);
  });

  it('is told to its golden', async () => {
    await expect(formatJunit(REPORT)).toMatchFileSnapshot('../../../golden/report/validation.junit.xml');
  });

  it('has a suite for each target and one for the server, with sums that are right', async () => {
    const document = await read(REPORT);
    expect(document.testsuite.map(({ name }) => name)).toEqual(['hr', 'legal', 'sales', 'ops', 'server']);
    for (const suite of document.testsuite) {
      expect(suite.tests).toBe(String(suite.testcase.length));
      expect(suite.failures).toBe(String(suite.testcase.filter(({ failure }) => failure).length));
      expect(suite.skipped).toBe(String(suite.testcase.filter(({ skipped }) => skipped).length));
      expect(suite.time).toMatch(/^\d+\.\d{3}$/);
    }
    const sum = (member: 'tests' | 'failures' | 'skipped'): string =>
      String(document.testsuite.reduce((total, suite) => total + Number(suite[member]), 0));
    expect(document).toMatchObject({
      tests: sum('tests'),
      failures: sum('failures'),
      skipped: sum('skipped'),
    });
  });

  it('a failed check is a failure with every failing finding, a waived one is skipped with the reason', async () => {
    const cases = (await read(REPORT)).testsuite.flatMap(({ testcase }) => testcase);
    const named = (code: string): Case | undefined => cases.find(({ name }) => name.startsWith(`${code}:`));
    const probe = named('cross_tenant_isolation');
    expect(probe).toMatchObject({ classname: 'fedgen.hr.probe', failure: { type: 'isolation' } });
    expect(probe?.failure?.message).toMatch(/^2 findings: one tenant can reach another's rows/);
    expect(probe?.failure?.['#text']).toContain('mend: revoke all on legal_tenant.contacts from hr_role;');
    expect(named('indexes_created')?.failure?.type).toBe('finding');
    expect(named('indexes_created')?.['system-out']).toContain('warning: hr_tenant.idx_old');
    expect(named('public_privileges')?.skipped?.message).toBe(
      'waived: auditors read it until the move, ticket 4711 (until 2026-12-31)',
    );
    expect(named('public_privileges')?.failure).toBeUndefined();
    expect(named('catalogue_drift')?.failure).toBeUndefined();
  });

  it('a target that has not changed is one skipped case', async () => {
    const ops = (await read(REPORT)).testsuite.find(({ name }) => name === 'ops');
    expect(ops).toMatchObject({ tests: '1', failures: '0', skipped: '1' });
  });

  it('stays well-formed and whole whatever names hold', async () => {
    const hostile = evidence({
      server: HOSTILE,
      targets: [
        target(HOSTILE, { checks: [check('a', { findings: [finding(HOSTILE)], evidence: [']]>', '\0'] })] }),
      ],
    });
    const [suite] = (await read(judged(hostile))).testsuite;
    const shown = `x"><script>alert('1')</script>&amp;\\u202egpj.exe\\u001b[31m\\nAll 9 checks passed.`;
    expect(suite?.name).toBe(shown);
    expect(suite?.testcase).toHaveLength(1);
    expect(suite?.testcase[0]?.failure?.['#text']).toContain(`error: ${shown}: `);
    expect(suite?.testcase[0]?.['system-out']).toBe(']]>\n\\u0000');
  });

  it('of nothing is still a document', async () => {
    expect(await read(judged(evidence()))).toMatchObject({ tests: '0', failures: '0' });
  });
});
