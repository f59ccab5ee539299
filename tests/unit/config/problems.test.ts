import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/config/duration.js';
import { configJsonSchema } from '../../../src/config/schema.js';
import { suggestSimilar } from '../../../src/config/suggest.js';
import { failure, load } from './workspace.js';

const messageOf = async (yaml: string): Promise<string> =>
  (await failure(() => load({ files: { 'fedgen.config.yaml': yaml } }))).message;

describe('problems', () => {
  it('are reported all at once, each with its place', async () => {
    const yaml = [
      'databse: postgres://u:hunter2@h/d',
      'rolePrefix: Acme-',
      'lockTimeout: soon',
      'lockRetries: 1.5',
      'packs: packs',
      'database:',
      '  hots: h',
      '  port: 70000',
      '  password: 12345',
      '  ssl: yes',
      'variables:',
      '  shop:',
      '    list: [1]',
    ].join('\n');
    const error = await failure(() =>
      load({
        files: { 'fedgen.config.yaml': yaml },
        env: { PGPORT: 'x', DATABASE_URL: 'mysql://u:hunter2@h' },
        flags: { lockWait: '-1s', rolePrefix: 'pg_x' },
      }),
    );
    expect(error.code).toBe('E_CONFIG_INVALID');
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatchInlineSnapshot(`
      "the configuration has 14 problems:
        - fedgen.config.yaml:1: databse: unknown key "databse", did you mean "database"?
        - fedgen.config.yaml:2: rolePrefix: must be lower-case letters, digits and _, starting with a letter
        - fedgen.config.yaml:3: lockTimeout: expected a duration such as "5s", "100ms" or "2min", or a number of milliseconds
        - fedgen.config.yaml:4: lockRetries: expected a whole number from 0 to 1000
        - fedgen.config.yaml:5: packs: expected array, received string
        - fedgen.config.yaml:7: database.hots: unknown key "hots", did you mean "host"?
        - fedgen.config.yaml:8: database.port: expected a whole number from 1 to 65535
        - fedgen.config.yaml:9: database.password: expected string, received number
        - fedgen.config.yaml:10: database.ssl: expected one of "disable"|"prefer"|"require"|"verify-ca"|"verify-full"
        - fedgen.config.yaml:13: variables.shop.list: expected string or number or boolean
        - PGPORT: expected a whole number from 1 to 65535
        - DATABASE_URL: not a usable connection URL: it does not start with postgres:// or postgresql://
        - --role-prefix: must not start with pg_, which PostgreSQL reserves
        - --lock-wait: expected a duration such as "5s", "100ms" or "2min", or a number of milliseconds"
    `);
    expect(error.details['problems']).toHaveLength(14);
    expect(JSON.stringify(error.details)).not.toMatch(/hunter2|12345/);
  });

  it('have the line in JSON too', async () => {
    const error = await failure(() =>
      load({ files: { 'fedgen.config.json': '{\n  "pack": "a",\n  "packs": 3\n}' } }),
    );
    expect(error.message).toBe(
      'the configuration is not valid: fedgen.config.json:3: packs: expected array, received number',
    );
  });

  it('of a script have no line', async () => {
    const error = await failure(() => load({ files: { 'fedgen.config.mjs': 'export default { pakc: 1 }' } }));
    expect(error.message).toContain('fedgen.config.mjs: pakc: unknown key "pakc", did you mean "pack"?');
  });

  it.each([
    ['database: { url: "postgres://h", host: h }', 'database.host: cannot be given together with url'],
    ['database: 5', 'database: expected string or object'],
    ['database: { host: "a,b" }', 'several hosts are not supported'],
    ['database: { host: h, user: "a\\0b" }', 'must not hold a NUL character'],
    [`rolePrefix: ${'a'.repeat(41)}`, 'must not be longer than 40 bytes'],
    ['lockTimeout: 40d', 'expected a duration such as'],
    ['lockTimeout: 1000h', "PostgreSQL's limit"],
    ['lockTimeout: -1', 'expected a duration such as'],
    ['- a', 'expected object'],
    ['just text', 'expected object'],
    ['zzzzzz: 1', 'zzzzzz: unknown key "zzzzzz"'],
  ])('%s', async (yaml, expected) => {
    expect(await messageOf(yaml)).toContain(expected);
  });

  it.each([
    ['fedgen.config.yaml', 'database:\n  password: hunter2: x', ':2: not valid YAML'],
    ['fedgen.config.yaml', 'database: {\n  password: hunter2\n', 'not valid YAML'],
    ['fedgen.config.yaml', 'pack: a\npack: hunter2', ':2: not valid YAML: Map keys must be unique'],
    ['fedgen.config.yaml', 'pack: *hunter2', 'not valid YAML'],
    ['fedgen.config.json', '{\n "password": "hunter2"\n "a" }', 'not valid JSON'],
    ['fedgen.config.json', '{ "password": hunter2 }', 'not valid JSON'],
  ])('of the syntax do not quote the file: %s %j', async (name, content, expected) => {
    const error = await failure(() => load({ files: { [name]: content } }));
    expect(error.code).toBe('E_CONFIG_INVALID');
    expect(error.message).toContain(expected);
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('hunter2');
  });
});

describe('suggestSimilar', () => {
  it.each([
    ['databse', 'database'],
    ['rolePerfix', 'rolePrefix'],
    ['lock_timeout', 'lockTimeout'],
    ['outputdir', 'outputDir'],
    ['xyz', undefined],
  ])('%s: %s', (word, expected) => {
    expect(suggestSimilar(word, ['database', 'rolePrefix', 'lockTimeout', 'lockWait', 'outputDir'])).toBe(
      expected,
    );
  });
});

describe('parseDuration', () => {
  it.each([
    [0, 0],
    [1500, 1500],
    ['1500', 1500],
    ['100ms', 100],
    ['5s', 5000],
    ['1.5 s', 1500],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['', undefined],
    ['-1s', undefined],
    ['5 parsecs', undefined],
    ['1e3', undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [2 ** 31, undefined],
  ])('%j is %j', (value, expected) => {
    expect(parseDuration(value)).toBe(expected);
  });
});

describe('configJsonSchema', () => {
  it('describes every key', () => {
    const undescribed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, child] of Object.entries(value)) {
        if (
          path.endsWith('/properties') &&
          !(typeof child === 'object' && child !== null && 'description' in child)
        ) {
          undescribed.push(`${path}/${key}`);
        }
        visit(child, `${path}/${key}`);
      }
    };
    visit(configJsonSchema(), '');
    expect(undescribed).toEqual([]);
  });

  it('refuses unknown keys', () => {
    expect(configJsonSchema()).toMatchObject({ type: 'object', additionalProperties: false });
  });
});
