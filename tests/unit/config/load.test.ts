import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings, type SettingsFlags } from '../../../src/config/load.js';
import { defaultSettings } from '../../../src/config/settings.js';
import { failure, load, workspace } from './workspace.js';

interface Where {
  readonly files: Record<string, string>;
  readonly env: Record<string, string>;
  readonly flags: SettingsFlags;
}

const empty = (): Where => ({ files: {}, env: {}, flags: {} });

/** Sets the connect timeout, which every level can set, to `seconds`. Lowest level first. */
const LEVELS: readonly (readonly [name: string, set: (where: Where, seconds: number) => Where])[] = [
  ['default', (where) => where],
  ['file', (where, seconds) => addFile(where, 'fedgen.config.yaml', `connectTimeout: ${seconds}s`)],
  ['.env PG*', (where, seconds) => addFile(where, '.env', `PGCONNECT_TIMEOUT=${seconds}`)],
  ['.env DATABASE_URL', (where, seconds) => addFile(where, '.env', `DATABASE_URL=${url(seconds)}`)],
  ['.env FEDGEN_*', (where, seconds) => addFile(where, '.env', `FEDGEN_CONNECT_TIMEOUT=${seconds}s`)],
  ['PG*', (where, seconds) => addEnv(where, 'PGCONNECT_TIMEOUT', String(seconds))],
  ['DATABASE_URL', (where, seconds) => addEnv(where, 'DATABASE_URL', url(seconds))],
  ['FEDGEN_DATABASE_URL', (where, seconds) => addEnv(where, 'FEDGEN_DATABASE_URL', url(seconds))],
  ['FEDGEN_*', (where, seconds) => addEnv(where, 'FEDGEN_CONNECT_TIMEOUT', `${seconds}s`)],
  [
    '--database-url',
    (where, seconds) => ({ ...where, flags: { ...where.flags, databaseUrl: url(seconds) } }),
  ],
  ['flag', (where, seconds) => ({ ...where, flags: { ...where.flags, connectTimeout: `${seconds}s` } })],
];

const url = (seconds: number): string => `postgres://h/db?connect_timeout=${seconds}`;

function addFile(where: Where, name: string, line: string): Where {
  return { ...where, files: { ...where.files, [name]: `${where.files[name] ?? ''}${line}\n` } };
}

function addEnv(where: Where, name: string, text: string): Where {
  return { ...where, env: { ...where.env, [name]: text } };
}

const pairs = LEVELS.flatMap(([lower, setLower], index) =>
  LEVELS.slice(index + 1).map(([higher, setHigher]) => ({ lower, higher, setLower, setHigher })),
);

describe('precedence', () => {
  it.each(pairs)('$higher beats $lower', async ({ setLower, setHigher }) => {
    const settings = await load(setHigher(setLower(empty(), 21), 42));
    expect(settings.connectTimeoutMs).toBe(42_000);
  });

  it.each(LEVELS.slice(1))('%s alone is enough', async (_name, set) => {
    expect((await load(set(empty(), 21))).connectTimeoutMs).toBe(21_000);
  });

  it('takes every scalar from FEDGEN_*', async () => {
    const settings = await load({
      env: {
        FEDGEN_ROLE_PREFIX: 'acme_',
        FEDGEN_PACK: 'shop',
        FEDGEN_OUTPUT_DIR: 'out',
        FEDGEN_LOCK_TIMEOUT: '100ms',
        FEDGEN_LOCK_RETRIES: '7',
        FEDGEN_LOCK_WAIT: '2min',
        FEDGEN_STATEMENT_TIMEOUT: '1500',
        FEDGEN_CONNECT_TIMEOUT: '',
      },
    });
    expect(settings).toMatchObject({
      rolePrefix: 'acme_',
      pack: 'shop',
      outputDir: expect.stringMatching(/\/out$/) as unknown,
      lockTimeoutMs: 100,
      lockRetries: 7,
      lockWaitMs: 120_000,
      statementTimeoutMs: 1500,
      connectTimeoutMs: 10_000,
    });
  });

  it('takes every scalar from flags, and an empty role prefix is a value there', async () => {
    const settings = await load({
      env: { FEDGEN_ROLE_PREFIX: 'acme_' },
      flags: {
        rolePrefix: '',
        pack: 'bi',
        lockTimeout: '0',
        lockRetries: '0',
        lockWait: '1h',
        packs: ['mine'],
      },
    });
    expect(settings).toMatchObject({
      rolePrefix: '',
      pack: 'bi',
      lockTimeoutMs: 0,
      lockRetries: 0,
      lockWaitMs: 3_600_000,
    });
    expect(settings.packDirs).toEqual([expect.stringMatching(/\/mine$/)]);
  });

  it('gives the defaults, frozen, when nothing is configured', async () => {
    const root = workspace();
    const settings = await loadSettings({ cwd: root, env: { HOME: root } });
    expect(settings).toEqual(defaultSettings({ outputDir: join(root, 'generated') }));
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.variables)).toBe(true);
  });
});

describe('the configuration file', () => {
  const json =
    '{ "$schema": "x", "pack": "shop", "variables": { "shop": { "n": 1, "on": true, "s": "t" } } }';
  const files: Readonly<Record<string, string>> = {
    'fedgen.config.yaml': json,
    'fedgen.config.yml': 'pack: shop\nvariables: { shop: { n: 1, on: true, s: t } }\n',
    'fedgen.config.json': json,
    'fedgen.config.ts': `interface A { pack: string }\nconst a: A = { pack: 'shop' };\nexport default { ...a, variables: { shop: { n: 1, on: true, s: 't' } } } satisfies object;`,
    'fedgen.config.js': `export default ${json}`,
    'fedgen.config.mjs': `export default ${json}`,
  };

  it.each(Object.keys(files))('%s', async (name) => {
    const root = workspace({ [name]: files[name] ?? '' });
    const settings = await loadSettings({ cwd: root, env: { HOME: root } });
    expect(settings.pack).toBe('shop');
    expect(settings.variables).toEqual({ shop: { n: 1, on: true, s: 't' } });
    expect(settings.configFile).toBe(join(root, name));
  });

  it('is searched upward, and its paths count from where it stands', async () => {
    const root = workspace({
      'fedgen.config.yaml': 'packs: [packs, ../shared]\noutputDir: out',
      'a/b/.keep': '',
    });
    const settings = await loadSettings({ cwd: join(root, 'a/b'), env: { HOME: root } });
    expect(settings.packDirs).toEqual([join(root, 'packs'), join(root, '../shared')]);
    expect(settings.outputDir).toBe(join(root, 'out'));
  });

  it('puts the default output folder beside itself', async () => {
    const root = workspace({ 'fedgen.config.yaml': '', 'a/.keep': '' });
    const settings = await loadSettings({ cwd: join(root, 'a'), env: { HOME: root } });
    expect(settings.outputDir).toBe(join(root, 'generated'));
  });

  it('is not searched above the home folder', async () => {
    const root = workspace({ 'fedgen.config.yaml': 'pack: shop', 'home/a/.keep': '' });
    const settings = await loadSettings({ cwd: join(root, 'home/a'), env: { HOME: join(root, 'home') } });
    expect(settings.pack).toBe('federation');
  });

  it('may be named: --config beats FEDGEN_CONFIG beats .env beats the search', async () => {
    const root = workspace({
      'fedgen.config.yaml': 'pack: searched',
      'flag.yaml': 'pack: flag',
      'env.json': '{"pack":"env"}',
      'dot.yml': 'pack: dot',
      '.env': 'FEDGEN_CONFIG=dot.yml',
    });
    const packOf = async (env: Record<string, string>, configFile?: string): Promise<string> =>
      (await loadSettings({ cwd: root, env: { HOME: root, ...env }, configFile })).pack;
    expect(await packOf({ FEDGEN_CONFIG: 'env.json' }, 'flag.yaml')).toBe('flag');
    expect(await packOf({ FEDGEN_CONFIG: 'env.json' })).toBe('env');
    expect(await packOf({})).toBe('dot');
  });

  it('must exist when it is named', async () => {
    const error = await failure(() => load({ configFile: 'nowhere.yaml' }));
    expect(error.code).toBe('E_CONFIG_NOT_FOUND');
    expect(error.message).toContain('nowhere.yaml');
  });

  it('must have a known format', async () => {
    const error = await failure(() => load({ configFile: 'a.toml', files: { 'a.toml': 'x = 1' } }));
    expect(error.code).toBe('E_CONFIG_INVALID');
    expect(error.message).toContain('a.toml');
  });

  it('warns about a second one beside it', async () => {
    const settings = await load({ files: { 'fedgen.config.yaml': 'pack: a', 'fedgen.config.json': '{}' } });
    expect(settings.pack).toBe('a');
    expect(settings.warnings).toEqual([
      'fedgen.config.json is not used: fedgen.config.yaml stands beside it and comes first',
    ]);
  });

  it('that throws is reported with its name and without its secrets', async () => {
    const content = "throw new Error('no postgres://a:hunter2@h')";
    const error = await failure(() => load({ files: { 'fedgen.config.mjs': content } }));
    expect(error.code).toBe('E_CONFIG_INVALID');
    expect(error.message).toContain('fedgen.config.mjs: cannot be loaded: no postgres://a:[redacted]@h');
  });

  it('in a script needs a default export', async () => {
    const error = await failure(() => load({ files: { 'fedgen.config.mjs': 'export const a = 1;' } }));
    expect(error.message).toContain('must export the configuration as default');
  });
});
