import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseClickHouseUrl } from '../../../src/config/clickhouse.js';
import { loadSettings } from '../../../src/config/load.js';
import { requireClickHouse } from '../../../src/config/settings.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'fedgen-config-'));
});
afterAll(() => rm(cwd, { recursive: true }));

describe('the URL of a ClickHouse server', () => {
  it('is taken apart', () => {
    const parsed = parseClickHouseUrl('https://ada:p%40ss@ch.example:8443/');
    expect(parsed).toMatchObject({ url: 'https://ch.example:8443', user: 'ada' });
    expect('password' in parsed && parsed.password.reveal()).toBe('p@ss');
    expect(JSON.stringify(parsed)).not.toContain('p@ss');
    expect(parseClickHouseUrl('http://localhost:8123')).toMatchObject({ user: 'default' });
  });

  it.each([
    ['localhost', 'is no URL'],
    ['postgres://localhost/app', 'speaks HTTP, not postgres'],
    ['http://localhost:8123/bi', 'leave out what follows the port'],
    ['http://localhost:8123?database=bi', 'leave out what follows the port'],
    ['http://ada:100%@localhost', 'holds a % that begins no escape'],
  ])('%s is refused', (url, problem) => {
    expect(parseClickHouseUrl(url)).toEqual({ problem: expect.stringContaining(problem) as string });
  });
});

describe('settings', () => {
  it('take it from a flag, the environment, and the file, in this order', async () => {
    await writeFile(
      path.join(cwd, 'fedgen.config.yaml'),
      'clickhouse:\n  url: http://file:8123\n  user: ada\n  password: secret\n',
    );
    const load = async (env: Record<string, string>, flag?: string): Promise<unknown> => {
      const flags = flag === undefined ? {} : { clickhouseUrl: flag };
      return (await loadSettings({ cwd, env, flags })).clickhouse;
    };
    expect(await load({})).toMatchObject({ url: 'http://file:8123', user: 'ada' });
    const env = { FEDGEN_CLICKHOUSE_URL: 'http://env:8123' };
    expect(await load(env)).toMatchObject({ url: 'http://env:8123', user: 'default' });
    expect(await load(env, 'http://flag:8123')).toMatchObject({ url: 'http://flag:8123' });
  });

  it('say where a wrong one was given, without it', async () => {
    const env = { FEDGEN_CLICKHOUSE_URL: 'tcp://ada:secret@localhost:9000' };
    const error: unknown = await loadSettings({ cwd, env }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'E_CONFIG_INVALID',
      message: expect.stringContaining('FEDGEN_CLICKHOUSE_URL') as string,
    });
    expect(String(error)).not.toContain('secret');
  });

  it('need one where a pack is for ClickHouse', async () => {
    const empty = await mkdtemp(path.join(tmpdir(), 'fedgen-config-'));
    const settings = await loadSettings({ cwd: empty, env: {} });
    expect(() => requireClickHouse(settings)).toThrow('no ClickHouse server is configured');
    await rm(empty, { recursive: true });
  });
});
