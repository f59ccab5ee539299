import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectError, makeInstallation, runCli, type Installation } from '../support/cli.js';
import { startSecretsManager, type FakeSecretsManager } from '../support/secrets-manager.js';

const ARN = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-1-AbCdEf';
const HIDDEN = 'hunter2-geheim';

let aws: FakeSecretsManager;
let at: Installation;

beforeAll(async () => {
  const server = inject('testServer');
  at = await makeInstallation(server, 'secret');
  const { host, port, user: username, password } = server;
  const login = { username, password: password || HIDDEN };
  aws = await startSecretsManager({
    [ARN]: { secret: JSON.stringify({ ...login, engine: 'postgres', host, port, dbname: at.name }) },
    'login-only': { secret: JSON.stringify(login) },
    url: { secret: `postgres://${username}:${login.password}@${host}:${port}/${at.name}` },
    'no-json': { secret: HIDDEN },
    'no-user': { secret: JSON.stringify({ password: HIDDEN }) },
    elsewhere: {
      secret: JSON.stringify({ ...login, password: HIDDEN, host: '127.0.0.1', port: 1, dbname: 'x' }),
    },
    binary: { body: '{"Name":"binary","SecretBinary":"aHVudGVyMg=="}' },
    garbled: { body: `{"SecretString":"${HIDDEN}` },
    forbidden: { error: 'AccessDeniedException' },
    locked: { error: 'DecryptionFailure' },
    deleted: { error: 'InvalidRequestException' },
    strange: { error: 'TeapotException', status: 418 },
  });
});
afterAll(async () => {
  await aws.stop();
  await at.drop();
});

/** `fedgen status` with nothing but these flags and this environment. */
const status = (flags: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(['status', ...flags], { env: { ...aws.env, ...env } });

describe('credentials from AWS Secrets Manager', () => {
  it('connect as RDS writes them, in the region of the ARN', async () => {
    const result = await status(['--db-secret', ARN]);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(result.stdout).toContain(at.name);
    expect(aws.asked).toContainEqual({ id: ARN, region: 'us-west-2' });
  });

  it('complete a server that is named beside them', async () => {
    const { host, port } = inject('testServer');
    const result = await status([], {
      FEDGEN_DB_SECRET: 'login-only',
      FEDGEN_DB_HOST: host,
      FEDGEN_DB_PORT: String(port),
      FEDGEN_DB_NAME: at.name,
    });
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(aws.asked).toContainEqual({ id: 'login-only', region: 'eu-central-1' });
  });

  it('may be a URL, come from the file, and from AWS_ENDPOINT_URL', async () => {
    await at.workspace.write('fedgen.config.yaml', 'database: { secret: url }\n');
    const { AWS_ENDPOINT_URL_SECRETS_MANAGER: AWS_ENDPOINT_URL = '', ...env } = aws.env;
    const result = await runCli(['status'], { env: { ...env, AWS_ENDPOINT_URL }, cwd: at.workspace.dir });
    expect(result, result.stderr).toMatchObject({ code: 0 });
  });

  it('are not asked for where no server is needed', async () => {
    const before = aws.asked.length;
    const result = await runCli(['generate', '--department', 'HR', '--department-id', 'hr', '--stdout'], {
      env: { ...aws.env, FEDGEN_DB_SECRET: 'url' },
    });
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(aws.asked.length).toBe(before);
  });
});

describe('a secret that cannot be had', () => {
  it.each([
    ['unknown', 3, 'E_SECRET_UNAVAILABLE', 'there is no such secret'],
    ['forbidden', 3, 'E_SECRET_UNAVAILABLE', 'AWS refuses it to these credentials'],
    ['locked', 3, 'E_SECRET_UNAVAILABLE', 'AWS refuses it to these credentials'],
    ['deleted', 3, 'E_SECRET_UNAVAILABLE', 'in its present state'],
    ['strange', 3, 'E_SECRET_UNAVAILABLE', 'answers with TeapotException'],
    ['garbled', 3, 'E_SECRET_UNAVAILABLE', 'answers with SyntaxError'],
    ['binary', 2, 'E_SECRET_INVALID', 'it is binary'],
    ['no-json', 2, 'E_SECRET_INVALID', 'is neither JSON nor a connection URL'],
    ['no-user', 2, 'E_SECRET_INVALID', 'username is missing'],
    ['elsewhere', 3, 'E_DB_UNREACHABLE', '127.0.0.1:1'],
  ])('%s exits with %i and %s', async (id, code, errorCode, message) => {
    for (const format of ['text', 'json']) {
      const result = await status(['--db-secret', id, '--format', format]);
      expect(result.code).toBe(code);
      expect(result.stdout + result.stderr).toContain(message);
      expect(result.stdout + result.stderr).not.toMatch(/hunter2|geheim|aHVudGVyMg/);
      if (format === 'text') expectError(result, code, errorCode);
    }
  });

  it('says so when nothing listens at the endpoint', async () => {
    const result = await status(['--db-secret', 'url'], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1',
    });
    expectError(result, 3, 'E_SECRET_UNAVAILABLE');
    expect(result.stderr).toContain('cannot be reached');
    expect(result.stderr).toContain('AWS_ENDPOINT_URL');
  });

  it.each(['', 'no region'])('says so when the region is "%s"', async (region) => {
    const result = await status(['--db-secret', 'url'], { AWS_REGION: region });
    expectError(result, 2, 'E_SECRET_INVALID');
    expect(result.stderr).toContain('in which AWS region');
  });

  it('says so when there are no credentials', async () => {
    const result = await status(['--db-secret', 'url'], { AWS_ACCESS_KEY_ID: '' });
    expectError(result, 3, 'E_SECRET_UNAVAILABLE');
    expect(result.stderr).toContain('no AWS credentials');
  });

  it('says what to install without the SDK, which nothing else misses', async () => {
    const hooks = `export const resolve = (name, context, next) => {
      if (!name.startsWith('@aws-sdk/')) return next(name, context);
      throw Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
    };`;
    const asUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hooks))});`;
    const env = { NODE_OPTIONS: `--import=${asUrl(register)}` };
    const result = await status(['--db-secret', 'url'], env);
    expectError(result, 2, 'E_SECRET_INVALID');
    expect(result.stderr).toContain('npm install @aws-sdk/client-secrets-manager');
    expect(await status(['--database-url', at.url], env)).toMatchObject({ code: 0 });
  });
});
