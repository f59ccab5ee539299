import pg from 'pg';
import { addTenant, apply, defaultSettings, makeDatabase, type Settings } from '../../src/index.js';
import { databaseUrl, withClient } from '../support/database.js';
import type { Major, TestServer } from '../support/postgres.js';
import { readCluster, restoreCluster, type ClusterState } from './cluster.js';
import type { Fixture } from './fixtures.js';
import type { Mutation } from './model.js';

/** A mutated copy of a fixture's database. */
export interface Copy {
  readonly settings: Settings;
  /** Why the mutation could not be carried out. */
  readonly failed: string | undefined;
}

/** A fixture's database, from which each mutation gets a copy. */
export class Bench {
  readonly #admin: string;
  readonly #base: string;
  readonly #copy: string;
  /** Before and after the fixture stands. */
  #empty: ClusterState | undefined;
  #built: ClusterState | undefined;

  constructor(
    readonly server: TestServer,
    readonly fixture: Fixture,
    readonly version: Major,
  ) {
    this.#admin = databaseUrl(server, server.database);
    this.#base = `base_${fixture.name.replaceAll('-', '_')}`;
    this.#copy = `${this.#base}_copy`;
  }

  /** Makes the fixture. */
  async build(): Promise<void> {
    this.#empty = await this.#asAdmin((client) => readCluster(client, this.version));
    await this.#asAdmin((client) => client.query(`create database ${this.#base} template template0`));
    const settings = this.#settings(this.#base);
    const { departments, tenants = [], prepare } = this.fixture;
    for (const department of departments) await apply({ ...department, settings });
    if (departments.length === 0) await apply({ settings });
    for (const tenant of tenants) await addTenant({ ...tenant, settings });
    await withClient(databaseUrl(this.server, this.#base), (client) => client.query(prepare));
    this.#built = await this.#asAdmin((client) => readCluster(client, this.version));
  }

  /** Makes a copy and mutates it. */
  async mutate(mutation: Mutation): Promise<Copy> {
    await this.#asAdmin((client) => client.query(`create database ${this.#copy} template ${this.#base}`));
    const settings = this.#settings(this.#copy);
    try {
      await withClient(databaseUrl(this.server, this.#copy), async (client) => {
        if (mutation.prepare) await client.query(mutation.prepare.replaceAll('{database}', this.#copy));
        await client.query(mutation.sql.replaceAll('{database}', this.#copy));
      });
      return { settings, failed: undefined };
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError)) throw cause;
      return { settings, failed: `the mutation itself failed: ${cause.message}` };
    }
  }

  /** Removes the copy; the cluster is as before then. @throws Error when it is not: the server is of no use any more. */
  async clear(): Promise<void> {
    await this.#asAdmin(async (client) => {
      await client.query(`alter database ${this.#copy} with allow_connections true is_template false`);
    });
    await withClient(databaseUrl(this.server, this.#copy), async (client) => {
      // These stand for something in another database, or for a transaction that outlives its session.
      const { rows } = await client.query<{ statement: string }>(LEFT_BEHIND);
      for (const { statement } of rows) await client.query(statement);
    });
    await this.#drop(this.#copy, this.#built);
  }

  /** Removes the fixture. */
  async tearDown(): Promise<void> {
    await this.#drop(this.#base, this.#empty);
  }

  async #drop(name: string, before: ClusterState | undefined): Promise<void> {
    await this.#asAdmin(async (client) => {
      await client.query(`drop database ${name} with (force)`);
      if (before) await restoreCluster(client, this.version, before);
    });
  }

  #asAdmin<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.#admin, use);
  }

  #settings(database: string): Settings {
    const { host, port, user, password } = this.server;
    const { pack, packDirs, trustedRoles = [] } = this.fixture;
    return defaultSettings({
      database: makeDatabase({ host, port, user, password, name: database }, 'the mutation suite'),
      pack,
      packDirs,
      validate: { trustedRoles },
      variables: this.fixture.variables?.(this.version) ?? {},
    });
  }
}

/** What keeps a database from being dropped, as the statements that end it. */
const LEFT_BEHIND = `
select format(s, subname) as statement
  from pg_subscription cross join unnest(array['alter subscription %I disable', 'alter subscription %I set (slot_name = none)', 'drop subscription %I']) s
 where subdbid = (select oid from pg_database where datname = current_database())
union all
select format('rollback prepared %L', gid) from pg_prepared_xacts where database = current_database()`;
