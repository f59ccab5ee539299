import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load.js';
import { requireDatabase, type Settings } from '../../../src/config/settings.js';
import { failure, load, workspace } from './workspace.js';

const FILE = 'database: { host: file, port: 1, name: file_db, user: file_user, password: file_pw }';
const PG = { PGHOST: 'pg', PGPORT: '2', PGDATABASE: 'pg_db', PGUSER: 'pg_user', PGPASSWORD: 'pg_pw' };

/** What would be sent, in the clear. */
function sent(settings: Settings): Record<string, unknown> {
  const { host, port, name, user, password, source } = requireDatabase(settings);
  return { host, port, name, user, password: password?.reveal(), source };
}

describe('a URL', () => {
  it.each([
    ['the file', {}, {}],
    ['PG*', PG, {}],
    ['.env', {}, { '.env': 'DATABASE_URL=postgres://e:e_pw@e:9/e' }],
  ])('replaces the server of %s as a whole', async (_name, env, files) => {
    const settings = await load({
      files: { 'fedgen.config.yaml': FILE, ...files },
      env: { ...env, DATABASE_URL: 'postgres://me@url' },
    });
    expect(sent(settings)).toEqual({
      host: 'url',
      port: 5432,
      name: 'me',
      user: 'me',
      password: undefined,
      source: 'DATABASE_URL',
    });
  });

  it.each([
    ['--database-url', { FEDGEN_DATABASE_URL: 'postgres://b/x' }, { databaseUrl: 'postgres://a/x' }],
    ['FEDGEN_DATABASE_URL', { FEDGEN_DATABASE_URL: 'postgres://a/x', DATABASE_URL: 'postgres://b/x' }, {}],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://a/x', ...PG }, {}],
  ])('%s comes before the one below', async (source, env, flags) => {
    expect(sent(await load({ env, flags }))).toMatchObject({ host: 'a', source });
  });

  it('keeps what is not about one server', async () => {
    const settings = await load({
      env: {
        PGSSLMODE: 'verify-full',
        PGAPPNAME: 'app',
        PGOPTIONS: '-c a=b',
        DATABASE_URL: 'postgres://u@h/d',
      },
    });
    expect(settings.database).toMatchObject({
      ssl: 'verify-full',
      applicationName: 'app',
      options: '-c a=b',
    });
  });

  it('is completed by fields of its own level and wins over them', async () => {
    const settings = await load({
      flags: { databaseUrl: 'postgres://u@h/d', dbPassword: 'flag_pw', dbName: 'other' },
    });
    expect(sent(settings)).toMatchObject({ host: 'h', name: 'd', password: 'flag_pw' });
    expect(settings.warnings).toEqual(['--db-name is not used: --database-url names it']);
  });

  it('names the parameters that fedgen does not use', async () => {
    const settings = await load({
      env: { DATABASE_URL: 'postgres://u@h/d?schema=public&channel_binding=require' },
    });
    expect(settings.warnings).toEqual(['DATABASE_URL: not used by fedgen: schema, channel_binding']);
  });

  it('may stand in the file, as text or as database.url', async () => {
    for (const database of ['postgres://u@h/d', '{ url: postgres://u@h/d, ssl: require }']) {
      const settings = await load({ files: { 'fedgen.config.yaml': `database: ${database}` } });
      expect(sent(settings)).toMatchObject({ host: 'h', name: 'd', source: 'fedgen.config.yaml' });
    }
  });
});

describe('single fields', () => {
  it('override single fields of lower levels', async () => {
    const settings = await load({
      env: { DATABASE_URL: 'postgres://u:pw@h:7/d' },
      flags: { dbName: 'other' },
    });
    expect(sent(settings)).toEqual({
      host: 'h',
      port: 7,
      name: 'other',
      user: 'u',
      password: 'pw',
      source: 'DATABASE_URL',
    });
  });

  it('may bring the password for a server that a lower level names', async () => {
    const settings = await load({
      files: { 'fedgen.config.yaml': 'database: { host: file, user: u }', '.env': 'PGPASSWORD=dot_pw' },
    });
    expect(sent(settings)).toMatchObject({ host: 'file', password: 'dot_pw' });
  });

  it.each([
    ['host', { dbHost: 'evil' }, '--db-host'],
    ['port', { dbPort: '8' }, '--db-port'],
    ['user', { dbUser: 'other' }, '--db-user'],
  ])('never take a password to another %s', async (_name, flags, label) => {
    const settings = await load({ env: { DATABASE_URL: 'postgres://u:pw@h:7/d' }, flags });
    expect(settings.database?.password).toBeUndefined();
    expect(settings.warnings).toEqual([
      `the password from DATABASE_URL is not used: ${label} names another server or user`,
    ]);
  });

  it.each([
    ['the file', { 'fedgen.config.yaml': FILE }],
    ['.env', { '.env': 'PGHOST=dot\nPGPASSWORD=dot_pw' }],
  ])('of PG* never take the password of %s to another server', async (_name, files) => {
    const settings = await load({ files, env: { PGHOST: 'pg' } });
    expect(sent(settings)).toMatchObject({ host: 'pg', password: undefined });
  });

  it('keep the password when they repeat what is there', async () => {
    const settings = await load({
      env: { DATABASE_URL: 'postgres://u:pw@h/d' },
      flags: { dbHost: 'h', dbPort: '5432', dbUser: 'u' },
    });
    expect(sent(settings)).toMatchObject({ password: 'pw' });
  });

  it('come from every libpq variable', async () => {
    const settings = await load({
      env: { ...PG, PGSSLMODE: 'allow', PGSSLROOTCERT: 'ca.pem', PGCONNECT_TIMEOUT: '3' },
    });
    expect(sent(settings)).toEqual({
      host: 'pg',
      port: 2,
      name: 'pg_db',
      user: 'pg_user',
      password: 'pg_pw',
      source: 'PGHOST',
    });
    expect(settings.database?.ssl).toBe('prefer');
    expect(settings.database?.sslRootCert).toMatch(/^\/.*\/ca\.pem$/);
    expect(settings.connectTimeoutMs).toBe(3000);
  });

  it('come from .env, named as such', async () => {
    const settings = await load({ files: { '.env': '# local\nPGHOST="dot"\nPGPORT=3 # comment' } });
    expect(sent(settings)).toMatchObject({ host: 'dot', port: 3, source: 'PGHOST (.env)' });
  });
});

describe('without a host', () => {
  it('localhost is not guessed', async () => {
    const settings = await load();
    const error = await failure(() => requireDatabase(settings));
    expect(error.code).toBe('E_NO_DATABASE');
    expect(error.message).toBe('no database is configured: nothing names a host');
    for (const way of [
      '--database-url',
      'DATABASE_URL',
      'PGHOST',
      'fedgen.config.yaml',
      'fedgen dev start',
    ]) {
      expect(error.hint).toContain(way);
    }
  });

  it('what was given is named', async () => {
    const settings = await load({ env: { PGDATABASE: 'd', PGPASSWORD: 'hunter2' }, flags: { dbPort: '7' } });
    const error = await failure(() => requireDatabase(settings));
    expect(error.message).toContain('PGDATABASE, PGPASSWORD, --db-port are set, but nothing names a host');
  });

  it('a URL without a host names none', async () => {
    const settings = await load({ env: { DATABASE_URL: 'postgres:///d', PGHOST: 'pg' } });
    expect((await failure(() => requireDatabase(settings))).message).toContain('DATABASE_URL');
  });

  it('PGSERVICE is refused, but only then', async () => {
    const alone = await load({ env: { PGSERVICE: 'prod' } });
    expect((await failure(() => requireDatabase(alone))).message).toContain('PGSERVICE');
    const named = await load({ env: { PGSERVICE: 'prod', PGHOST: 'h' } });
    expect(requireDatabase(named).host).toBe('h');
  });
});

describe('the password file', () => {
  const line = 'h:5432:d:u:from\\:file:pw\n';

  it('is asked when no level has a password', async () => {
    const settings = await load({ files: { '.pgpass': line }, env: { DATABASE_URL: 'postgres://u@h/d' } });
    expect(sent(settings)).toMatchObject({ password: 'from:file:pw' });
  });

  it('may be named by PGPASSFILE', async () => {
    const root = workspace({ secrets: line });
    const env = { PGPASSFILE: join(root, 'secrets'), PGHOST: 'h', PGUSER: 'u', PGDATABASE: 'd' };
    expect(sent(await loadSettings({ cwd: root, env }))).toMatchObject({ password: 'from:file:pw' });
  });

  it('is not asked when there is one', async () => {
    const settings = await load({ files: { '.pgpass': line }, env: { DATABASE_URL: 'postgres://u:pw@h/d' } });
    expect(sent(settings)).toMatchObject({ password: 'pw' });
  });

  it('is not used when others may read it', async () => {
    const root = workspace({ '.pgpass': line });
    chmodSync(join(root, '.pgpass'), 0o644);
    const env = { HOME: root, DATABASE_URL: 'postgres://u@h/d' };
    const settings = await loadSettings({ cwd: root, env });
    expect(settings.database?.password).toBeUndefined();
    expect(settings.warnings.join()).toContain('others may read it');
  });
});
