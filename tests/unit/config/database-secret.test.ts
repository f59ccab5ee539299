import { describe, expect, it } from 'vitest';
import { parseDatabaseSecret } from '../../../src/config/database-secret.js';
import { requireDatabase, type Settings } from '../../../src/config/settings.js';
import { failure, load } from './workspace.js';

const RDS = {
  username: 'rds_user',
  password: 'rds_pw',
  engine: 'postgres',
  host: 'rds',
  port: 5433,
  dbname: 'rds_db',
  dbInstanceIdentifier: 'x',
};
const ONLY_LOGIN = { username: 'rds_user', password: 'rds_pw' };

/** What would be sent, in the clear. */
function sent(settings: Settings): Record<string, unknown> {
  const { host, port, name, user, password, source } = requireDatabase(settings);
  return { host, port, name, user, password: password?.reveal(), source };
}

type Loading = Parameters<typeof load>[0];

/** Loads with secrets by their ids; `asked` are those that were fetched. */
async function loadWith(
  secrets: Readonly<Record<string, unknown>>,
  input: Loading,
): Promise<{ settings: Settings; asked: string[] }> {
  const asked: string[] = [];
  const readSecret = (id: string): Promise<string> => {
    asked.push(id);
    const secret = secrets[id];
    return Promise.resolve(typeof secret === 'string' ? secret : JSON.stringify(secret));
  };
  return { settings: await load({ ...input, readSecret }), asked };
}

describe('the text of a secret', () => {
  it('is what RDS writes', () => {
    expect(parseDatabaseSecret(JSON.stringify(RDS), 'X')).toEqual({
      host: 'rds',
      port: 5433,
      name: 'rds_db',
      user: 'rds_user',
      password: 'rds_pw',
    });
  });

  it('may leave the server out, and write the port as text', () => {
    const fields = parseDatabaseSecret(
      JSON.stringify({ ...ONLY_LOGIN, port: '6000', engine: 'aurora-postgresql' }),
      'X',
    );
    expect(fields).toEqual({
      user: 'rds_user',
      password: 'rds_pw',
      port: 6000,
      host: undefined,
      name: undefined,
    });
  });

  it('may be a connection URL', () => {
    expect(
      parseDatabaseSecret(' postgres://u:p%20w@h:1/d?sslmode=verify-full&schema=x\n', 'X'),
    ).toMatchObject({
      host: 'h',
      port: 1,
      name: 'd',
      user: 'u',
      password: 'p w',
      ssl: 'verify-full',
    });
  });

  it.each([
    ['hunter2', 'is neither JSON nor a connection URL'],
    ['{"password": "hunter2"', 'is neither JSON nor a connection URL'],
    ['["hunter2"]', 'is JSON, but no object'],
    ['null', 'is JSON, but no object'],
    ['{"password": "hunter2"}', 'username is missing'],
    ['{"username": "hunter2"}', 'password is missing'],
    ['{"username": "", "password": ""}', 'password is missing, username is missing'],
    ['{"username": "u", "password": ["hunter2"]}', 'password is no text'],
    ['{"username": "u\\u0000hunter2", "password": "p"}', 'username is no text'],
    ['{"username": "u", "password": "p", "port": "hunter2"}', 'port is no number from 1 to 65535'],
    ['{"username": "u", "password": "p", "port": 70000}', 'port is no number from 1 to 65535'],
    ['{"username": "u", "password": "hunter2", "engine": "mysql"}', 'another engine'],
    ['postgres://u:hunter2@h:70000/d', 'the port is not a number'],
    ['postgres://u@hunter2/d', 'without a password'],
  ])('%s is refused without repeating it', async (text, fault) => {
    const error = await failure(() => parseDatabaseSecret(text, 'FEDGEN_DB_SECRET'));
    expect([error.code, error.exitCode, error.cause]).toEqual(['E_SECRET_INVALID', 2, undefined]);
    expect(error.message).toContain('the secret of FEDGEN_DB_SECRET');
    expect(error.message).toContain(fault);
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('hunter2');
  });
});

describe('a secret that names a server', () => {
  const FILE = {
    'fedgen.config.yaml':
      'database: { host: file, port: 1, name: file_db, user: file_user, password: file_pw }',
  };

  it('replaces the server of the levels below as a whole', async () => {
    const { settings } = await loadWith(
      { s: { ...ONLY_LOGIN, host: 'rds' } },
      { files: FILE, env: { PGPORT: '7', DATABASE_URL: 'postgres://e:e@e:9/e' }, flags: { dbSecret: 's' } },
    );
    expect(sent(settings)).toEqual({
      host: 'rds',
      port: 5432,
      name: 'rds_user',
      user: 'rds_user',
      password: 'rds_pw',
      source: '--db-secret',
    });
  });

  it.each([
    ['flag', { flags: { dbSecret: 's' } }, '--db-secret'],
    ['variable', { env: { FEDGEN_DB_SECRET: 's' } }, 'FEDGEN_DB_SECRET'],
    ['.env', { files: { '.env': 'FEDGEN_DB_SECRET=s' } }, 'FEDGEN_DB_SECRET (.env)'],
    ['file', { files: { 'fedgen.config.yaml': 'database: { secret: s }' } }, 'fedgen.config.yaml'],
  ])('may be named by a %s', async (_name, input, source) => {
    const { settings } = await loadWith({ s: RDS }, input);
    expect(sent(settings)).toMatchObject({
      host: 'rds',
      port: 5433,
      name: 'rds_db',
      password: 'rds_pw',
      source,
    });
    expect(JSON.stringify(settings)).not.toContain('rds_pw');
  });

  it('gives way to what stands beside or above it', async () => {
    const { settings } = await loadWith(
      { s: RDS },
      { env: { FEDGEN_DB_SECRET: 's', FEDGEN_DB_NAME: 'beside' }, flags: { dbPassword: 'above' } },
    );
    expect(sent(settings)).toMatchObject({
      host: 'rds',
      name: 'beside',
      user: 'rds_user',
      password: 'above',
    });
    expect(settings.warnings).toEqual([]);
  });

  it.each([
    ['host', { FEDGEN_DB_HOST: 'other' }],
    ['port', { FEDGEN_DB_PORT: '6000' }],
    ['user', { FEDGEN_DB_USER: 'other' }],
  ])('does not give its password to another %s', async (_name, env) => {
    for (const input of [
      { env: { FEDGEN_DB_SECRET: 's', ...env } },
      { env, files: { 'fedgen.config.yaml': 'database: { secret: s }' } },
    ]) {
      const { settings } = await loadWith({ s: RDS }, input);
      expect(sent(settings).password).toBeUndefined();
      expect(settings.warnings).toEqual([expect.stringContaining('is not used')]);
    }
  });

  it('is not asked for below a URL or below another such secret', async () => {
    const env = { FEDGEN_DB_SECRET: 'low' };
    const byUrl = await loadWith({ low: RDS }, { env, flags: { databaseUrl: 'postgres://u@h/d' } });
    expect(byUrl.asked).toEqual([]);
    const bySecret = await loadWith(
      { low: RDS, high: { ...RDS, host: 'high' } },
      { env, flags: { dbSecret: 'high' } },
    );
    expect(bySecret.asked).toEqual(['high']);
    expect(sent(bySecret.settings)).toMatchObject({ host: 'high' });
  });
});

describe('a secret without a server', () => {
  it('completes the server that is named below it', async () => {
    const { settings } = await loadWith(
      { s: ONLY_LOGIN },
      {
        env: { FEDGEN_DB_SECRET: 's', PGUSER: 'pg_user', PGPASSWORD: 'pg_pw', PGHOST: 'h', PGDATABASE: 'd' },
      },
    );
    expect(sent(settings)).toEqual({
      host: 'h',
      port: 5432,
      name: 'd',
      user: 'rds_user',
      password: 'rds_pw',
      source: 'PGHOST',
    });
  });

  it('keeps its password from a host that a higher level names', async () => {
    const { settings } = await loadWith(
      { s: ONLY_LOGIN },
      { env: { FEDGEN_DB_SECRET: 's', FEDGEN_DB_HOST: 'h' }, flags: { dbHost: 'other' } },
    );
    expect(sent(settings)).toMatchObject({ host: 'other', user: 'rds_user', password: undefined });
    expect(settings.warnings).toEqual([
      'the password from FEDGEN_DB_SECRET is not used: --db-host names another server or user',
    ]);
  });

  it('is not enough alone', async () => {
    const { settings } = await loadWith({ s: ONLY_LOGIN }, { flags: { dbSecret: 's' } });
    expect(await failure(() => requireDatabase(settings))).toMatchObject({
      code: 'E_NO_DATABASE',
      message: expect.stringContaining('--db-secret is set, but nothing names a host') as string,
    });
  });
});

describe('naming a secret', () => {
  it.each([
    [
      'a flag beside a URL',
      { flags: { dbSecret: 's', databaseUrl: 'postgres://u@h/d' } },
      '--db-secret: cannot be given together with --database-url',
    ],
    [
      'a file beside a URL',
      { files: { 'fedgen.config.yaml': 'database: { secret: s, url: postgres://u@h/d }' } },
      'secret: cannot be given together with url',
    ],
    [
      'an ARN of something else',
      { flags: { dbSecret: 'arn:aws:s3:::bucket' } },
      '--db-secret: is no ARN of a secret',
    ],
    ['nothing', { flags: { dbSecret: '' } }, '--db-secret: must not be empty'],
  ])('is refused as %s', async (_name, input, message) => {
    const error = await failure(() => loadWith({}, input));
    expect(error).toMatchObject({ code: 'E_CONFIG_INVALID' });
    expect(error.message).toContain(message);
  });

  it('fetches nothing for work without a server', async () => {
    const { settings, asked } = await loadWith(
      { s: RDS },
      { flags: { dbSecret: 's' }, withoutDatabase: true },
    );
    expect(asked).toEqual([]);
    expect(settings.database).toBeUndefined();
  });
});
