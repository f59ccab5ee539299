import { describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { expectError, runCli } from '../support/cli.js';

const COMMANDS = [
  'generate',
  'apply',
  'plan',
  'rollback',
  'status',
  'validate',
  'seed',
  'doctor',
  'demo',
  'dev',
  'dev start',
  'dev status',
  'dev stop',
  'dev url',
  'tenant',
  'tenant add',
  'tenant list',
  'tenant show',
  'tenant suspend',
  'tenant resume',
  'tenant remove',
  'tenant rotate-key',
  'targets',
  'targets import',
  'activity',
  'activity grant',
  'activity revoke',
  'activity permissions',
  'activity user',
  'activity user add',
  'activity events',
  'activity events ingest',
];

describe('--help', () => {
  it.each(['', ...COMMANDS])('fedgen %s --help', async (command) => {
    const words = command.split(' ').filter(Boolean);
    const { code, stdout, stderr } = await runCli([...words, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`../golden/help/${['fedgen', ...words].join('-')}.txt`);
    // A group of commands leaves the examples to its members.
    if (!['dev', 'tenant', 'targets', 'activity', 'activity user', 'activity events'].includes(command))
      expect(stdout).toMatch(/\nExamples:\n {2}\$ \S/);
  });

  it('lists every command, and every command is listed here', async () => {
    const { stdout } = await runCli(['--help']);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) .*(?:\n {20,}.*)*/gm)].map(([, name]) => name ?? '');
    const known = new Set(COMMANDS.map((command) => command.split(' ')[0]));
    expect(new Set(listed.filter((name) => name !== 'help'))).toEqual(known);
  });

  it('fedgen help apply is the help of apply', async () => {
    const [long, short] = await Promise.all([runCli(['help', 'apply']), runCli(['apply', '--help'])]);
    expect(long).toEqual(short);
  });
});

it('--version prints the version of package.json', async () => {
  const manifest: unknown = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  const version = String(Reflect.get(Object(manifest), 'version'));
  for (const flag of ['--version', '-V'])
    expect(await runCli([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('usage errors', () => {
  it.each([[[]], [['dev']]])('%j prints the help on stderr', async (args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Commands:');
  });

  it.each([
    [['aply'], "unknown command 'aply'", 'Did you mean apply?'],
    [['dev', 'strt'], "unknown command 'strt'", 'Did you mean start?'],
    [['apply', '--departmnt-id', 'hr'], "unknown option '--departmnt-id'", 'Did you mean --department-id?'],
    [['status', '--chek'], "unknown option '--chek'", 'Did you mean --check?'],
    [['status', '--format', 'xml'], "argument 'xml' is invalid", 'text, json'],
    [['rollback', '--to', '-1'], "argument '-1' is invalid", 'not a whole number'],
    [['rollback', '--steps', '1.5'], "argument '1.5' is invalid", 'not a whole number'],
    [['apply', '--var', 'novalue'], "argument 'novalue' is invalid", 'name=value'],
    [['status', 'hr'], 'too many arguments', 'fedgen --help'],
  ])('%j', async (args, message, suggestion) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(suggestion);
  });

  it.each(['generate', 'apply', 'validate'])('%s without --department-id', async (command) => {
    const result = await runCli([command]);
    expectError(result, 2, 'E_USAGE');
    expect(result.stderr).toContain('--department-id');
  });

  it.each(['generate', 'apply'])('%s of a new department needs a name', async (command) => {
    const result = await runCli([command, '--department-id', 'hr', '--format', 'text']);
    expectError(result, 2, command === 'generate' ? 'E_USAGE' : 'E_NO_DATABASE');
  });

  it.each([
    ['__proto__=x'],
    ['toString=x'],
    ['nope=1'],
    ['embedding_dimensions=2001'],
    ['role_login=perhaps'],
  ])('--var %s is refused', async (assignment) => {
    const result = await runCli([
      'generate',
      '--department-id',
      'hr',
      '--department',
      'HR',
      '--var',
      assignment,
    ]);
    expectError(result, 2, 'E_VARIABLE_INVALID');
    expect(result.stderr).toContain(assignment.split('=')[0]);
  });
});
