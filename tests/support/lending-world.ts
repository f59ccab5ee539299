import pg from 'pg';
import { apply, type Settings } from '../../src/index.js';
import { runOnce } from './attack.js';
import { createTestDatabase, withClient, type TestDatabase } from './database.js';
import { addLibrary, ALPHA, BETA, lendingSettings, urlOf } from './lending.js';
import type { TestServerFacts } from './postgres.js';

/** alpha attacks; beta is attacked; adm administers; grouped is in the group of tenants and is none; app is a gateway. */
export type LendingActor = 'alpha' | 'beta' | 'adm' | 'grouped' | 'app' | 'superuser';

/** A database with two libraries in which everything stands that alpha could want. */
export interface LendingWorld {
  readonly database: TestDatabase;
  readonly settings: Settings;
  /**
   * Runs statements in a transaction that is rolled back (`commit`: kept) and answers in a word, as AttackedWorld.run
   * does; `leaked` when alpha hears of what only beta has.
   */
  run(actor: LendingActor, sql: string, end?: 'commit'): Promise<string>;
  close(): Promise<void>;
}

const LOGINS = {
  alpha: 'lending_alpha_role',
  beta: 'lending_beta_role',
  adm: 'adm_login',
  grouped: 'grouped_login',
  app: 'app_login',
} as const;
const ROLES =
  /\b(lending_\w+_role|adm_login|grouped_login|app_login|lending_tenant|federation_\w+|cross_dept_query_role)\b(?!\.)/g;
const CANARY = 'canary-of-beta';

const rowsOf = (slug: string): string => `
  insert into lending.books (id, isbn) values (1, 'canary-of-${slug}');
  insert into lending.books (id, isbn, sequel_of) values (2, 'second-of-${slug}', 1);
  insert into lending.loans (book_id, reader) values (1, 'canary-of-${slug}');
  insert into lending.notices (body) values ('canary-of-${slug}');
  insert into lending_log.visits default values${
    slug === 'beta'
      ? `;
  insert into lending.books (id, isbn) values (77, 'only-of-beta')`
      : ''
  }`;

const SET_UP = `
  create role adm_login login; grant federation_admin_role to adm_login;
  create role grouped_login login; grant lending_tenant to grouped_login;
  create role app_login login noinherit; grant cross_dept_query_role to app_login;
  grant lending_alpha_role, lending_beta_role to cross_dept_query_role;
  insert into lending.genres values ('novel');
  insert into lending.notices (library_id, body) values (null, 'to all')`;

/** Builds the world on a server. */
export async function createLendingWorld(server: TestServerFacts, label: string): Promise<LendingWorld> {
  const database = await createTestDatabase(server, label);
  const settings = lendingSettings(database);
  const localize = (sql: string): string => sql.replace(ROLES, `${database.rolePrefix}$1`);
  await apply({ settings });
  await addLibrary(database, ALPHA, 'alpha');
  await addLibrary(database, BETA, 'beta');
  await withClient(database.url, (client) => client.query(localize(SET_UP)));
  for (const slug of ['alpha', 'beta'] as const) {
    await withClient(urlOf(database, LOGINS[slug]), (client) => client.query(rowsOf(slug)));
  }
  const urls = { ...LOGINS, superuser: '' };
  const clients = new Map<LendingActor, pg.Client>();
  for (const actor of Object.keys(urls) as LendingActor[]) {
    const role = urls[actor];
    const client = new pg.Client({ connectionString: role === '' ? database.url : urlOf(database, role) });
    client.on('error', () => undefined);
    await client.connect();
    clients.set(actor, client);
  }
  return {
    database,
    settings,
    run: async (actor, sql, end) => {
      const client = clients.get(actor);
      if (!client) throw new Error(`nobody is ${actor}`);
      const { word, heard } = await runOnce(client, localize(sql), end ?? 'rollback');
      return actor === 'alpha' && heard.includes(CANARY) ? 'leaked' : word;
    },
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.end()));
      await database.drop();
    },
  };
}
