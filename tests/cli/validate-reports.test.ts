import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectError, makeInstallation, parseDocument, runCli, type Installation } from '../support/cli.js';
import { withClient } from '../support/database.js';

const HR = ['--department-id', 'hr'];
const INDEX = 'hr_tenant.idx_tool_calls_status';

interface Sarif {
  readonly version: string;
  readonly runs: readonly { readonly results: readonly { readonly level: string }[] }[];
}

let installation: Installation;
beforeAll(async () => {
  installation = await makeInstallation(inject('testServer'), 'reports');
  await installation.ok('apply', ...HR, '--department', 'Human Resources');
  await installation.ok('apply', '--department-id', 'legal', '--department', 'Legal');
});
afterAll(async () => await installation.drop());

const file = (name: string): string => path.join(installation.workspace.dir, name);
const events = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the choice of targets and checks', () => {
  it('--department-id may be repeated', async () => {
    const { ok } = installation;
    const result = await ok('validate', ...HR, '--department-id', 'legal', '--format', 'json');
    expect(parseDocument(result)).toMatchObject({
      validate: { targets: [{ target: 'hr' }, { target: 'legal' }] },
    });
    expect((await ok('validate', ...HR, '--department-id', 'legal')).stdout).toContain(
      '2 of 2 targets passed.',
    );
  });

  it('--only and --skip take codes and layers, and say what was left out', async () => {
    const { stdout } = await installation.ok(
      'validate',
      ...HR,
      '--only',
      'contract',
      '--skip',
      'rls_enabled',
    );
    expect(stdout).toContain('✓ contract');
    expect(stdout).not.toContain('✓ probe');
    expect(stdout).toMatch(/^Not looked at, so not proved: .*probe\.$/m);
  });

  it.each([
    [['--only', 'contrct'], '"contrct" (did you mean contract?)'],
    [['--skip', 'nothing_like_it'], '"nothing_like_it"'],
  ])('%j is refused', async (flags, message) => {
    const result = await installation.run('validate', ...HR, ...flags);
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain(message);
  });

  it.each([
    [['--all', ...HR], "option '--all' cannot be used with option '--tenant, --department-id <id>'"],
    [[...HR, '--fail-on', 'fatal'], 'error, warning, note'],
    [[...HR, '--only', ','], 'It names nothing.'],
    [[...HR, '--format', 'pdf'], 'text, json, ndjson'],
  ])('%j is a usage error', async (flags, message) => {
    const result = await runCli(['validate', ...flags]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

describe('waivers', () => {
  beforeAll(async () => {
    await withClient(installation.url, (client) => client.query(`drop index ${INDEX}`));
  });
  afterAll(async () => {
    await withClient(installation.url, (client) =>
      client.query('create index idx_tool_calls_status on hr_tenant.tool_calls (department, status)'),
    );
    await installation.workspace.write('fedgen.config.yaml', '');
  });
  const configure = (check: string, until: string, more = ''): Promise<void> =>
    installation.workspace.write(
      'fedgen.config.yaml',
      `validate:
  waivers:
    - { check: ${check}, object: 'hr_tenant.*', reason: rebuilt tonight, until: ${until} }
    - { check: drift, object: 'index hr_tenant.tool_calls *', reason: rebuilt tonight, until: ${until} }
${more}`,
    );

  it('let a finding pass until their day, and it stays in the report', async () => {
    expect((await installation.run('validate', ...HR)).code).toBe(1);
    await configure('indexes_created', '2999-12-31');
    const { stdout } = await installation.ok('validate', ...HR, '--verbose');
    expect(stdout).toContain(`waived ${INDEX}`);
    expect(stdout).toContain(`waived until 2999-12-31: rebuilt tonight (indexes_created:${INDEX})`);
    expect(stdout).toMatch(/^All \d+ checks passed, 2 of them by waivers\.$/m);
  });

  it('whose day is over waive nothing and are told', async () => {
    await configure('indexes_created', '2020-01-01');
    const { code, stdout } = await installation.run('validate', ...HR);
    expect(code, stdout).toBe(1);
    expect(stdout).toContain('warning indexes_created:hr_tenant.*: the waiver held until 2020-01-01');
  });

  it('of a check that does not exist are refused', async () => {
    await configure('index_created', '2999-12-31');
    const result = await installation.run('validate', ...HR);
    expectError(result, 2, 'E_CONFIG_INVALID');
    expect(result.stderr).toContain('"index_created" (did you mean indexes_created?)');
  });

  it('count for less than --fail-on, which beats the file', async () => {
    await configure('indexes_created', '2020-01-01', '  failOn: warning\n');
    const only = ['validate', ...HR, '--only', 'rls_enabled'];
    expect((await installation.run(...only)).code).toBe(1);
    await installation.ok(...only, '--fail-on', 'error');
  });
});

describe('formats', () => {
  it('ndjson is an event a line', async () => {
    const { stdout } = await installation.ok('validate', ...HR, '--format', 'ndjson');
    const found = events(stdout);
    expect(found.every(({ schemaVersion }) => schemaVersion === 1)).toBe(true);
    expect(found.at(-1)).toMatchObject({ event: 'summary', passed: true, targets: { total: 1, passed: 1 } });
  });

  it('junit and sarif are one document', async () => {
    const { stdout: xml } = await installation.ok('validate', ...HR, '--format', 'junit');
    expect(xml).toMatch(/^<\?xml [^]*<testsuite name="hr" [^]*<\/testsuites>\n$/);
    const { stdout: sarif } = await installation.ok('validate', ...HR, '--format', 'sarif');
    const { version, runs } = JSON.parse(sarif) as Sarif;
    expect(version).toBe('2.1.0');
    expect(runs.flatMap(({ results }) => results).filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('ndjson tells an error as an event', async () => {
    for (const args of [HR, ['--bogus']]) {
      const result = await runCli(['validate', ...args, '--format', 'ndjson']);
      expect(result).toMatchObject({ code: 2, stderr: '' });
      expect(events(result.stdout)).toMatchObject([{ schemaVersion: 1, event: 'error', error: {} }]);
    }
  });
});

describe('--output', () => {
  it('writes the report and prints the text', async () => {
    const output = file('reports/deep/validation.json');
    const { stdout } = await installation.ok('validate', ...HR, '--format', 'json', '--output', output);
    expect(stdout).toMatch(/^Validation of hr /);
    expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({
      schemaVersion: 1,
      validate: { passed: true },
    });
  });

  it('writes text without colours', async () => {
    await installation.ok('validate', ...HR, '--output', file('validation.txt'));
    expect(await readFile(file('validation.txt'), 'utf8')).toMatch(/^Validation of hr [^\u001b]*passed\.\n/);
  });

  it('writes a page that stands by itself', async () => {
    await installation.ok('validate', ...HR, '--format', 'html', '--output', file('validation.html'));
    const page = await readFile(file('validation.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">[^]*<\/html>\n$/);
    expect(page).toMatch(/<h1>.*✓<\/span> All \d+ checks passed\.<\/h1>/);
  });

  it('refuses a folder before anything connects, in text whatever the format', async () => {
    await mkdir(file('folder'));
    const args = ['validate', ...HR, '--db-host', '127.0.0.1', '--db-port', '1', '--format', 'json'];
    const result = await runCli([...args, '--output', file('folder')]);
    expectError(result, 2, 'E_OUTPUT');
    expect(result.stderr).toContain('it is a folder');
  });

  it('that cannot be written is an error, after the text was printed', async () => {
    await installation.workspace.write('plain', '');
    const result = await installation.run('validate', ...HR, '--output', file('plain/validation.txt'));
    expect(result.code).toBe(2);
    expect(result.stdout).toMatch(/^Validation of hr /);
    expect(result.stderr).toContain('error E_OUTPUT cannot write the report to ');
  });
});
