import { describe, expect, it } from 'vitest';
import { requireDatabase } from '../../../src/config/settings.js';
import { failure, load } from './workspace.js';

const FILE = `
groups: { canary: [hr, "test_*"] }
databases:
  north: { url: "postgres://fedgen@north.example/fleet", groups: [canary], departments: ["n_*"] }
  south: { urlEnv: SOUTH_URL, departments: ["*"], rolePrefix: south_ }
`;
const SOUTH_URL = 'postgres://fedgen:geheim@south.example:5433/fleet';
const withFile = (text: string, more: Parameters<typeof load>[0] = {}): ReturnType<typeof load> =>
  load({ ...more, files: { 'fedgen.config.yaml': text, ...more.files } });

describe('several databases', () => {
  it('are read in their order, with groups as patterns, and passwords from variables or the password file', async () => {
    const settings = await withFile(FILE, {
      env: { SOUTH_URL },
      files: { '.pgpass': 'north.example:*:*:fedgen:from-the-file\n' },
    });
    expect(settings.database).toBeUndefined();
    expect(settings.databases).toMatchObject([
      {
        name: 'north',
        departments: ['n_*', 'hr', 'test_*'],
        database: { host: 'north.example', port: 5432 },
      },
      { name: 'south', departments: ['*'], rolePrefix: 'south_', database: { port: 5433 } },
    ]);
    expect(settings.databases.map(({ database }) => database.password?.reveal())).toEqual([
      'from-the-file',
      'geheim',
    ]);
    expect(JSON.stringify(settings)).not.toContain('geheim');
    expect(settings.warnings).toEqual([]);
    expect((await failure(() => requireDatabase(settings))).message).toContain('(north, south)');
  });

  it('--database picks one of them, whatever variables name', async () => {
    const env = { SOUTH_URL, DATABASE_URL: 'postgres://app@elsewhere/app' };
    const settings = await withFile(FILE, { env, databaseName: 'south' });
    expect(settings).toMatchObject({ databases: [], rolePrefix: 'south_', warnings: [] });
    expect(requireDatabase(settings)).toMatchObject({ host: 'south.example' });
    // nobody is asked for what the others need
    expect(requireDatabase(await withFile(FILE, { databaseName: 'north' })).host).toBe('north.example');
  });

  it('give way to one database that a variable or a flag names, with a word', async () => {
    const given = { env: { SOUTH_URL, DATABASE_URL: 'postgres://app@elsewhere/app' } };
    const settings = await withFile(FILE, given);
    expect(settings.databases).toEqual([]);
    expect(settings.database?.host).toBe('elsewhere');
    expect(settings.warnings.join()).toContain('databases are not used: DATABASE_URL names the one database');
  });

  it.each([
    [
      'a group that is not there',
      'databases: { a: { host: h, groups: [b] } }',
      {},
      /a\.groups: there is no group named b/,
    ],
    ['no host', 'databases: { a: { name: b } }', {}, /databases\.a: names no host/],
    ['a variable that is not set', 'databases: { a: { urlEnv: NOT_SET } }', {}, /urlEnv: NOT_SET is not set/],
    ['two ways to say where', 'databases: { a: { urlEnv: X, host: h } }', {}, /given together with urlEnv/],
    [
      'one and several',
      'database: { host: h }\ndatabases: { a: { host: h } }',
      {},
      /given together with database/,
    ],
    ['an unknown key', 'databases: { a: { host: h, deparments: [] } }', {}, /did you mean "departments"/],
    [
      'an unknown name',
      FILE,
      { databaseName: 'west' },
      /--database: there is no database of that name: north, south/,
    ],
    ['a name without databases', '', { databaseName: 'west' }, /there are none/],
    [
      'a name beside a flag',
      FILE,
      { databaseName: 'north', flags: { dbHost: 'h' } },
      /given together with --db-host/,
    ],
  ] as const)('refuse %s', async (_what, text, more, message) => {
    const error = await failure(() => withFile(text, more));
    expect(error.code).toBe('E_CONFIG_INVALID');
    expect(error.message).toMatch(message);
  });

  it('are left alone where no server is needed', async () => {
    expect((await withFile(FILE, { withoutDatabase: true })).databases).toEqual([]);
  });
});
