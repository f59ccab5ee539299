import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, type Settings } from '../../../src/index.js';
import { BI, CSUITE } from '../../support/built-in-packs.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { addTenants, findingsOf, packSettings, roleOf } from '../../support/shared-pack.js';

describe.each([BI, CSUITE])('pack $name', (pack) => {
  let database: TestDatabase;
  let settings: Settings;
  const run = (sql: string): Promise<unknown> => withClient(database.url, (client) => client.query(sql));

  beforeAll(async () => {
    database = await createTestDatabase(inject('testServer'), `${pack.name} validate`);
    settings = packSettings(pack, database);
    await apply({ settings });
    await addTenants(settings, pack);
  });
  afterAll(() => database.drop());

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
    ['grants', 'grant select on $.tenant_slugs to public', 'revoke select on $.tenant_slugs from public'],
    ['drift', 'grant select on $.tenant_slugs to @', 'revoke select on $.tenant_slugs from @'],
    [
      'drift',
      'alter table $.tenants disable trigger keep_tenant_slug',
      'alter table $.tenants enable trigger keep_tenant_slug',
    ],
  ])('is found by %s after: %s', async (check, breakage, remedy) => {
    const localize = (sql: string): string =>
      sql.replace('$', pack.schema).replace('@', roleOf(database, `${pack.name}_tenant`));
    await run(localize(breakage));
    expect(await findingsOf(settings)).toContainEqual(expect.stringMatching(new RegExp(`^error ${check} `)));
    await run(localize(remedy));
    expect(await findingsOf(settings)).toEqual([]);
  });
});
