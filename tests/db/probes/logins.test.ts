import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { addTenant, apply, makeDatabase, validate, type Settings } from '../../../src/index.js';
import { parseDatabaseUrl } from '../../../src/config/settings.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { tenantRole } from '../../../src/plan/names.js';
import { ALPHA, BETA, lendingSettings, urlAs } from '../../support/lending.js';
import { reportedFindings } from './reported.js';

let database: TestDatabase;
let settings: Settings;
let role: string;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'logins');
  settings = lendingSettings(database);
  await apply({ settings });
  await addTenant({ settings, tenantId: ALPHA, name: 'Alpha', login: true });
  await addTenant({ settings, tenantId: BETA, name: 'Beta' });
  role = tenantRole('lending', ALPHA, database.rolePrefix);
  await withClient(database.url, (client) =>
    client.query(
      `insert into lending.books (library_id, id, isbn) values ('${ALPHA}', 1, 'of-alpha'), ('${BETA}', 1, 'of-beta');
       insert into lending.notices (library_id, body) values (null, 'to all'), ('${BETA}', 'to beta')`,
    ),
  );
});
afterAll(() => database.drop());

const loggedIn = async (password: string): Promise<string[]> => {
  const url = urlAs(database, role).replace('@', password === '' ? '@' : `:${password}@`);
  const fields = parseDatabaseUrl(url);
  const login = makeDatabase({ ...fields, host: fields.host ?? '' }, 'the test');
  const report = await validate({
    settings: { ...settings, validate: { ...settings.validate, logins: [login] } },
    only: ['real_logins', 'pooled_connections'],
  });
  return reportedFindings(report);
};

it('a tenant of shared tables that logs in reads its own rows, those of all, and no others', async () => {
  expect(await loggedIn('')).toEqual([]);
});

it('a server that takes any password is found', async () => {
  expect(await loggedIn('guessed')).toEqual([
    `real_logins ${role}: logs in with any password: the server does not ask for it`,
  ]);
});

it('a table that shows rows of others is found by the login and by the pool', async () => {
  await withClient(database.url, (client) =>
    client.query(`analyze lending.books; alter table lending.books disable row level security`),
  );
  const found = (await loggedIn('')).map((each) => each.split(': ')[0]);
  expect(found.sort()).toEqual(['pooled_connections lending.books', 'real_logins lending.books']);
});
