import { afterEach, expect, inject, it, onTestFinished, vi } from 'vitest';
import { databaseUrl } from '../../support/database.js';
import { startDefaultTestServer, startTestServer } from '../../support/postgres.js';

const shared = inject('testServer');

afterEach(() => void vi.unstubAllEnvs());

it('a server named in the environment is used for its own major version, and left running', async () => {
  vi.stubEnv('FEDGEN_TEST_DATABASE_URL', databaseUrl(shared, shared.database));
  const named = await startDefaultTestServer();
  expect(named).toMatchObject(shared);
  await named.stop();
  const other = await startTestServer(17);
  onTestFinished(async () => await other.stop());
  expect(other.port).not.toBe(shared.port);
});

it.each([
  ['FEDGEN_TEST_DATABASE_URL', 'postgresql://postgres@127.0.0.1:1/x', 'cannot be used'],
  ['FEDGEN_TEST_ENGINE', 'oracle', 'FEDGEN_TEST_ENGINE is oracle'],
])('a useless %s fails and says how to get a server', async (name, value, message) => {
  vi.stubEnv(name, value);
  if (name === 'FEDGEN_TEST_ENGINE') vi.stubEnv('FEDGEN_TEST_DATABASE_URL', '');
  await expect(startTestServer(18)).rejects.toThrow(message);
  await expect(startTestServer(18)).rejects.toThrow('install-test-servers.mjs');
});
