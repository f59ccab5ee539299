import { readFileSync } from 'node:fs';
import type { AnySchema } from 'ajv';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { formatSarif } from '../../../../src/report/validation/sarif.js';
import { VERSION } from '../../../../src/shared/version.js';
import type { ValidationReport } from '../../../../src/validate/judge.js';
import { check, CLEAN, evidence, finding, FLEET, HOSTILE, judged, target, WAIVERS } from './evidence.js';

const schema = JSON.parse(
  readFileSync(new URL('../../../fixtures/sarif-2.1.0-rtm.5.json', import.meta.url), 'utf8'),
) as AnySchema;
// a pattern of the schema is none in unicode mode
const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const isValid = ajv.compile(schema);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[];
    readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions: readonly { readonly justification: string }[];
}
interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { id: string; helpUri: string }[] } };
  readonly results: readonly Result[];
}

/** The one run of a document that the official schema takes. */
function read(report: ValidationReport): Run {
  const log: unknown = JSON.parse(formatSarif(report));
  void isValid(log);
  expect(isValid.errors).toBeNull();
  const [run] = (log as { runs: Run[] }).runs;
  if (!run) throw new Error('no run');
  return run;
}
const REPORT = judged(FLEET, { waivers: WAIVERS });

describe('SARIF', () => {
  it('is told to its golden', async () => {
    const text = formatSarif(REPORT).replaceAll(VERSION, '<version>');
    await expect(text).toMatchFileSnapshot('../../../golden/report/validation.sarif');
  });

  it('the schema that judges it is not blind', () => {
    expect(isValid({ version: '2.1.0', runs: [{ tool: {} }] })).toBe(false);
  });

  it('has a rule for each check, with its page', () => {
    const { rules } = read(REPORT).tool.driver;
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['all_tables_present', 'control_plane', 'waiver_unused']),
    );
    for (const { id, helpUri } of rules) expect(new URL(helpUri).pathname).toMatch(`/docs/checks/${id}.md`);
    for (const result of read(REPORT).results) expect(rules[result.ruleIndex]?.id).toBe(result.ruleId);
  });

  it('has a result for each finding, with level and location', () => {
    const { results } = read(REPORT);
    const { error, warning, note, waived } = REPORT.counts;
    expect(results).toHaveLength(error + warning + note + waived);
    const leak = results.find(({ locations }) =>
      locations.some(({ logicalLocations }) =>
        logicalLocations.some(({ fullyQualifiedName }) => fullyQualifiedName === 'legal_tenant.contacts'),
      ),
    );
    expect(leak).toMatchObject({ ruleId: 'cross_tenant_isolation', level: 'error', suppressions: [] });
    expect(leak?.message.text).toContain('Mend it: revoke all on');
    expect(results.map(({ level }) => level)).toEqual(expect.arrayContaining(['error', 'warning', 'note']));
  });

  it('suppresses waived findings and no others', () => {
    const suppressed = read(REPORT).results.filter(({ suppressions }) => suppressions.length > 0);
    expect(suppressed.map(({ ruleId }) => ruleId)).toEqual(['public_privileges']);
    expect(suppressed[0]?.suppressions[0]?.justification).toContain('ticket 4711 (until 2026-12-31)');
  });

  it('fingerprints tell findings apart and stay from run to run, whatever else is found', () => {
    const prints = (report: ValidationReport): string[] =>
      read(report).results.flatMap(({ partialFingerprints }) => Object.values(partialFingerprints));
    const all = prints(REPORT);
    expect(new Set(all).size).toBe(all.length);
    const twice = (...objects: string[]): string[] =>
      prints(
        judged(
          evidence({
            targets: [
              target('hr', { checks: [check('a', { findings: objects.map((object) => finding(object)) })] }),
            ],
          }),
        ),
      );
    const [x, again] = twice('x', 'x');
    expect(again).not.toBe(x);
    expect(twice('y', 'x')[1]).toBe(x);
  });

  it('of hostile names is valid, and its addresses are addresses', () => {
    const hostile = evidence({
      targets: [target(HOSTILE, { checks: [check('a', { findings: [finding(HOSTILE)] })] })],
    });
    const [result] = read(judged(hostile)).results;
    expect(result?.locations[0]?.physicalLocation.artifactLocation.uri).toMatch(
      /^database\/[\w%.'()!~*-]+\/[\w%.'()!~*-]+$/,
    );
  });

  it('of a clean run has rules and no result', () => {
    const run = read(judged(CLEAN));
    expect(run.results).toEqual([]);
    expect(run.tool.driver.rules).toHaveLength(3);
  });
});
