import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, type Settings } from '../../../src/index.js';
import { PACKS_WITH_SLUGS, SHARED_PACKS, SHOP } from '../../support/built-in-packs.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { startTestServer, type TestServer, type TestServerFacts } from '../../support/postgres.js';
import {
  addTenants,
  findingsOf,
  packSettings,
  roleOf,
  type PackUnderTest,
} from '../../support/shared-pack.js';

interface Installed {
  readonly database: TestDatabase;
  readonly settings: Settings;
}

async function install(server: TestServerFacts, pack: PackUnderTest): Promise<Installed> {
  const database = await createTestDatabase(server, `${pack.name} validate`);
  const settings = packSettings(pack, database);
  await apply({ settings });
  await addTenants(settings, pack);
  return { database, settings };
}

/** Breaks something, expects a finding, mends it and expects none. `$` is the schema, `@` the group of tenants. */
async function expectFound(
  { database, settings }: Installed,
  pack: PackUnderTest,
  [finding, breakage, remedy]: readonly [RegExp, string, string],
): Promise<void> {
  const localize = (sql: string): string =>
    sql.replace('$', pack.schema).replace('@', roleOf(database, `${pack.name}_tenant`));
  const run = (sql: string): Promise<unknown> =>
    withClient(database.url, (client) => client.query(localize(sql)));
  await run(breakage);
  expect(await findingsOf(settings)).toContainEqual(expect.stringMatching(finding));
  await run(remedy);
  expect(await findingsOf(settings)).toEqual([]);
}

describe.each(SHARED_PACKS)('a weakness of pack $pack.name', ({ pack }) => {
  let installed: Installed;
  beforeAll(async () => void (installed = await install(inject('testServer'), pack)));
  afterAll(() => installed.database.drop());

  it.each([
    [
      'row_security',
      'alter table $.users no force row level security',
      'alter table $.users force row level security',
    ],
    ['policy_expressions', 'create policy open on $.users using (true)', 'drop policy open on $.users'],
    ['keys', 'create unique index leak on $.users (email)', 'drop index $.leak'],
    ['indexes', 'create index leak on $.users (created_at)', 'drop index $.leak'],
    ['grants', 'grant truncate on $.users to @', 'revoke truncate on $.users from @'],
  ])('is found by %s after: %s', async (check, breakage, remedy) => {
    await expectFound(installed, pack, [new RegExp(`^error ${check} `), breakage, remedy]);
  });
});

describe.each(PACKS_WITH_SLUGS)('a weakness of the directory of pack $pack.name', ({ pack }) => {
  let installed: Installed;
  beforeAll(async () => void (installed = await install(inject('testServer'), pack)));
  afterAll(() => installed.database.drop());

  it.each([
    ['grants', 'grant select on $.tenant_slugs to public', 'revoke select on $.tenant_slugs from public'],
    ['drift', 'grant select on $.tenant_slugs to @', 'revoke select on $.tenant_slugs from @'],
    [
      'drift',
      'alter table $.tenants disable trigger keep_tenant_slug',
      'alter table $.tenants enable trigger keep_tenant_slug',
    ],
  ])('is found by %s after: %s', async (check, breakage, remedy) => {
    await expectFound(installed, pack, [new RegExp(`^error ${check} `), breakage, remedy]);
  });
});

describe('views of pack shop on PostgreSQL 14, which has no security_invoker', () => {
  let server: TestServer;
  let installed: Installed;
  beforeAll(async () => {
    server = await startTestServer(14);
    installed = await install(server, SHOP);
  });
  afterAll(async () => {
    await installed.database.drop();
    await server.stop();
  });

  it.each([
    ['alter table $.orders no force row level security', 'alter table $.orders force row level security'],
    ['alter table $.orders disable row level security', 'alter table $.orders enable row level security'],
  ])('are errors as soon as their owner escapes row security: %s', async (breakage, remedy) => {
    await expectFound(installed, SHOP, [/^error views view shop\.visible_orders: /, breakage, remedy]);
  });
});
