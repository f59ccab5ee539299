import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseDocument, runCli } from '../support/cli.js';

const GENERATE = ['generate', '--department-id', 'hr', '--department', 'HR'];
const ESCAPE = '\u001b[';

describe('colour', () => {
  it.each([
    ['off a terminal', {}, false],
    ['with NO_COLOR', { NO_COLOR: '1' }, false],
    ['with FORCE_COLOR', { FORCE_COLOR: '1' }, true],
    ['with FORCE_COLOR=0', { FORCE_COLOR: '0' }, false],
    ['with FORCE_COLOR=false', { FORCE_COLOR: 'false' }, false],
    ['with both', { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['on a dumb terminal, but forced', { FORCE_COLOR: '1', TERM: 'dumb' }, true],
  ])('%s', async (_name, env: Record<string, string>, isColoured) => {
    const [good, bad] = await Promise.all([
      runCli(GENERATE, { env }),
      runCli(['apply', '--department-id', 'HR'], { env }),
    ]);
    expect(good.stdout).toContain('Generated:');
    expect(good.stdout.includes(ESCAPE)).toBe(isColoured);
    expect(bad.stderr).toContain('E_NAME_INVALID');
    expect(bad.stderr.includes(ESCAPE)).toBe(isColoured);
  });
});

describe('--format json', () => {
  it('is one document with a schema version', async () => {
    const result = await runCli([...GENERATE, '--format', 'json']);
    expect(result.code).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      schemaVersion: 1,
      generate: { departmentId: 'hr', schema: 'hr_tenant', role: 'hr_role', pack: 'federation' },
    });
  });

  it.each([
    ['a bad name', ['apply', '--department-id', 'HR'], 2, 'E_NAME_INVALID'],
    ['no database', ['status'], 2, 'E_NO_DATABASE'],
    ['an unreachable server', ['status', '--db-host', '127.0.0.1', '--db-port', '1'], 3, 'E_DB_UNREACHABLE'],
    ['no confirmation', ['rollback', '--control-plane'], 2, 'E_CONFIRMATION'],
    ['a missing option', ['apply'], 2, 'E_USAGE'],
    ['an unknown option', ['apply', '--bogus'], 2, 'E_USAGE'],
    ['an unknown command', ['aply'], 2, 'E_USAGE'],
    ['a bad number', ['rollback', '--to', 'x'], 2, 'E_USAGE'],
    ['a missing file', ['status', '--config', 'absent.yaml'], 2, 'E_CONFIG_NOT_FOUND'],
  ])('tells %s as a document', async (_name, args, code, errorCode) => {
    const result = await runCli([...args, '--format', 'json']);
    expect(result.code).toBe(code);
    const { error } = parseDocument(result);
    expect(error).toMatchObject({ code: errorCode, message: expect.stringMatching(/\S/) as unknown });
    expect(result.stderr).toBe('');
  });

  it('takes the format with an equals sign too', async () => {
    expect(parseDocument(await runCli(['aply', '--format=json']))).toMatchObject({
      error: { code: 'E_USAGE' },
    });
  });

  it.each([`password: 'abc`, `pwd="x`, 'a --db-password "b', `postgres://u:p"@h`])(
    'stays a document whatever a name holds: %s',
    async (name) => {
      const result = await runCli([
        'generate',
        '--department-id',
        'h-r',
        '--department',
        name,
        '--format',
        'json',
      ]);
      expect(parseDocument(result)).toMatchObject({ error: { code: 'E_NAME_INVALID' } });
      const good = await runCli([
        'generate',
        '--department-id',
        'hr',
        '--department',
        name,
        '--format',
        'json',
      ]);
      expect(parseDocument(good)).toMatchObject({ generate: { pack: 'federation' } });
    },
  );
});

it.each([['--help'], ['generate --help'], ['generate --department-id hr --department HR --stdout']])(
  '%s may be cut short by its reader',
  (args) => {
    const binary = fileURLToPath(new URL('../../bin/fedgen.js', import.meta.url));
    const script = `"${process.execPath}" "${binary}" ${args} | true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = spawnSync('bash', ['-c', script], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);
