import { inspect } from 'node:util';
import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import {
  defaultSettings,
  describeDatabase,
  makeDatabase,
  parseDatabaseUrl,
  Secret,
  toClientConfig,
} from '../../../src/config/settings.js';
import { matchPassword } from '../../../src/config/pgpass.js';
import { failure, load, workspace } from './workspace.js';

const SECRET = 'hunter2';
const db = makeDatabase({ host: 'h', user: 'u', name: 'd', password: SECRET }, 'test');

describe('a password', () => {
  const printers: Readonly<Record<string, (value: unknown) => string>> = {
    inspect: (value) => inspect(value, { depth: 9, showHidden: true, getters: true }),
    JSON: (value) => JSON.stringify(value),
    template: (value) => String(value),
  };

  it.each(Object.entries(printers))('is not printed by %s', (_name, print) => {
    const settings = defaultSettings({ database: db });
    for (const value of [
      db,
      settings,
      { ...db },
      new Secret(SECRET),
      [new Secret(SECRET)],
      toClientConfig(db),
    ]) {
      expect(print(value)).not.toContain(SECRET);
    }
    expect(print(new Secret(SECRET))).toContain('[redacted]');
  });

  it('survives a copy and is there when asked for', () => {
    expect({ ...db, name: 'other' }.password?.reveal()).toBe(SECRET);
  });

  it.each([
    'postgres://u:hunter2@h:port/d',
    'postgres://u:hunter2@h:99999/d',
    'postgres://u:hunt%er2hunter2@h/d',
    'postgres://u:hunter2/x@h/d',
    'postgres://u:1?hunter2@h/d',
    'postgres://u:1#hunter2@h/d',
    'postgres://u:hunter2@a,b/d',
    'postgres://u:hunter2@h/d?sslmode=maybe',
    'postgres://u:hunter2@h/d?sslkey=k',
    'postgres://u:hunter2@h/d?connect_timeout=hunter2',
    'postgres://u:hunter2%00x@h/d',
    'postgres://u:hunter2@[zz]/d',
    'mysql://u:hunter2@h/d',
    'hunter2',
    '',
  ])('is not in the error about %j', async (url) => {
    const direct = await failure(() => parseDatabaseUrl(url));
    const loaded = await failure(() => load({ flags: { databaseUrl: url } }));
    for (const error of [direct, loaded]) {
      expect(error.code).toBe('E_CONFIG_INVALID');
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
    }
    expect(loaded.message).toContain('--database-url: not a usable connection URL');
  });
});

describe('parseDatabaseUrl', () => {
  it.each([
    ['postgres://u:p@h:7/d', { user: 'u', password: 'p', host: 'h', port: 7, name: 'd' }],
    ['postgresql://h', { host: 'h' }],
    ['POSTGRES://h/', { host: 'h' }],
    ['postgres://', {}],
    ['postgres:///d', { name: 'd' }],
    ['postgres://u%40x:p%2F%3A%20@h/d%20b', { user: 'u@x', password: 'p/: ', host: 'h', name: 'd b' }],
    ['postgres://me@srv:p@ss@h', { user: 'me@srv', password: 'p@ss', host: 'h' }],
    ['postgres://[::1]:7/d', { host: '::1', port: 7, name: 'd' }],
    ['postgres://%2Fvar%2Frun/d', { host: '/var/run', name: 'd' }],
    ['postgres://u@/d?host=/tmp', { user: 'u', host: '/tmp', name: 'd' }],
    [
      'postgres://h/d?user=u&password=a+b%26&port=8&dbname=e',
      { host: 'h', user: 'u', password: 'a+b&', port: 8, name: 'e' },
    ],
    [
      'postgres://h?sslmode=verify-full&sslrootcert=/ca',
      { host: 'h', ssl: 'verify-full', sslRootCert: '/ca' },
    ],
    ['postgres://h?sslmode=allow', { host: 'h', ssl: 'prefer' }],
    ['postgres://h?sslmode=no-verify', { host: 'h', ssl: 'require' }],
    ['postgres://h?ssl=true', { host: 'h', ssl: 'verify-full' }],
    [
      'postgres://h?application_name=a&options=-c%20x%3Dy',
      { host: 'h', applicationName: 'a', options: '-c x=y' },
    ],
    ['postgres://h?connect_timeout=3', { host: 'h', connectTimeoutMs: 3000 }],
  ])('%s', (url, expected) => {
    const { ignored, ...fields } = parseDatabaseUrl(url);
    expect(JSON.parse(JSON.stringify(fields))).toEqual(expected);
    expect(ignored).toEqual([]);
  });

  it('reads back what was encoded', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => !value.includes('\0'));
    fc.assert(
      fc.property(text, text, text, (user, password, name) => {
        const encoded = [user, password, name].map(encodeURIComponent);
        const fields = parseDatabaseUrl(`postgres://${encoded[0]}:${encoded[1]}@h/${encoded[2]}`);
        expect(fields).toMatchObject({ user, password, name, host: 'h' });
      }),
    );
  });
});

describe('describeDatabase', () => {
  it('names user, host, port and database', () => {
    expect(describeDatabase(db)).toBe('u@h:5432/d');
    expect(describeDatabase(makeDatabase({ host: '::1', user: 'u', name: 'd' }, 'x'))).toBe('u@[::1]:5432/d');
  });
});

describe('toClientConfig', () => {
  const sslOf = (fields: object, host = 'h'): unknown =>
    toClientConfig(makeDatabase({ host, user: 'u', ...fields }, 'test')).ssl;

  it('gives node-pg everything, so that it takes nothing from the environment', () => {
    for (const name of ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE', 'PGSSLMODE', 'PGAPPNAME']) {
      vi.stubEnv(name, name === 'PGPORT' ? '9' : name === 'PGSSLMODE' ? 'require' : 'foreign');
    }
    const client = new pg.Client(toClientConfig(makeDatabase({ host: 'h', user: 'u', name: 'd' }, 'test')));
    vi.unstubAllEnvs();
    expect(client).toMatchObject({ host: 'h', port: 5432, user: 'u', database: 'd', ssl: false });
    expect(client.password).toBeTypeOf('function');
    expect(inspect(client, { depth: 9 })).not.toContain('foreign');
  });

  it('hands over the password only when asked', async () => {
    const { password } = toClientConfig(db);
    expect(typeof password === 'function' && (await password())).toBe(SECRET);
  });

  it('says so when the server asks for a password and there is none', async () => {
    const { password } = toClientConfig(makeDatabase({ host: 'h', user: 'u' }, 'test'));
    const error = await failure(() => typeof password === 'function' && password());
    expect(error.code).toBe('E_DB_AUTH');
  });

  it('maps the TLS modes', () => {
    const ca = 'PEM';
    const root = workspace({ 'ca.pem': ca });
    const sslRootCert = `${root}/ca.pem`;
    const verifyCa = { rejectUnauthorized: true, ca, checkServerIdentity: expect.any(Function) as unknown };
    expect(sslOf({})).toBe(false);
    expect(sslOf({ ssl: 'disable' })).toBe(false);
    expect(sslOf({ ssl: 'prefer' })).toEqual({ rejectUnauthorized: false });
    expect(sslOf({ ssl: 'require' })).toEqual({ rejectUnauthorized: false });
    expect(sslOf({ ssl: 'require', sslRootCert })).toEqual(verifyCa);
    expect(sslOf({ ssl: 'verify-ca', sslRootCert })).toEqual(verifyCa);
    expect(sslOf({ ssl: 'verify-full', sslRootCert })).toEqual({ rejectUnauthorized: true, ca });
    expect(sslOf({ ssl: 'verify-full', sslRootCert: 'system' })).toEqual({ rejectUnauthorized: true });
    expect(sslOf({ ssl: 'verify-full' }, '/tmp')).toBe(false);
  });

  it.each([
    [{ ssl: 'verify-ca' }, 'needs sslRootCert'],
    [{ ssl: 'verify-ca', sslRootCert: 'system' }, 'needs sslRootCert'],
    [{ ssl: 'verify-full', sslRootCert: '/nowhere/ca.pem' }, 'cannot be read'],
  ])('%j is refused', async (fields, expected) => {
    const error = await failure(() => sslOf(fields));
    expect(error.code).toBe('E_CONFIG_INVALID');
    expect(error.message).toContain(expected);
  });
});

describe('matchPassword', () => {
  const query = { host: 'h', port: 5432, name: 'd', user: 'u' };

  it.each([
    ['h:5432:d:u:pw', 'pw'],
    ['*:*:*:*:pw', 'pw'],
    ['# *:*:*:*:no\nx:*:*:*:no\nh:*:*:*:first\nh:*:*:*:second', 'first'],
    ['h:5432:d:u:a\\:b\\\\c:d', 'a:b\\c:d'],
    ['h:5432:d:u:pw\r\n', 'pw'],
    ['h:5433:d:u:no', undefined],
    ['h:5432:e:u:no', undefined],
    ['h:5432:d:v:no', undefined],
    ['h:5432:d:u:', undefined],
    ['nonsense', undefined],
    ['', undefined],
  ])('%j', (content, expected) => {
    expect(matchPassword(content, query)).toBe(expected);
  });

  it('takes localhost for the default socket folder only', () => {
    const content = 'localhost:*:*:*:pw';
    expect(matchPassword(content, { ...query, host: '/tmp' })).toBe('pw');
    expect(matchPassword(content, { ...query, host: '/srv/other' })).toBeUndefined();
  });
});
