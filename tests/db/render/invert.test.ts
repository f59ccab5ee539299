import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deriveRollback } from '../../../src/render/invert.js';
import { loadSqlParser, parseSql } from '../../../src/render/sql.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient } from '../../support/database.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';
import { OLDER, SCRIPTS, TOGETHER } from './invert-fixtures.js';

const VIEW_OPTION = ' with (security_invoker = true)';

function derive(sql: string): string {
  const { sql: down, problems } = deriveRollback(parseSql(sql));
  expect(problems).toEqual([]);
  return down;
}

describe.each(MAJORS)('derived rollbacks on PostgreSQL %i', (major) => {
  let server: TestServer;
  // view options came with 15
  const adapt = (sql: string): string => (major < 15 ? sql.replace(VIEW_OPTION, '') : sql);

  beforeAll(async () => {
    await loadSqlParser();
    server = await startTestServer(major);
  });
  afterAll(async () => await server.stop());

  /** Applies scripts one by one on a new database, then undoes them in reverse, comparing the catalogue each time. */
  async function roundTrip(older: string, scripts: readonly { name: string; sql: string }[]): Promise<void> {
    const database = await createTestDatabase(server, 'invert');
    const named = (sql: string): string => adapt(sql).replaceAll('ROLE', database.rolePrefix);
    try {
      await withClient(database.url, async (client) => {
        await client.query(named(older));
        const states: string[][] = [await snapshotCatalogue(client)];
        for (const { sql } of scripts) {
          await client.query(`begin; ${named(sql)}; commit`);
          states.push(await snapshotCatalogue(client));
        }
        for (const [index, { name, sql }] of [...scripts.entries()].reverse()) {
          expect(
            diffCatalogues(states[index] ?? [], states[index + 1] ?? []),
            `${name} does something`,
          ).not.toEqual([]);
          await client.query(`begin; ${derive(named(sql))} commit`);
          const left = diffCatalogues(states[index] ?? [], await snapshotCatalogue(client));
          expect(left, `after the rollback of ${name}`).toEqual([]);
        }
      });
    } finally {
      await database.drop();
    }
  }

  it('restores the catalogue after each of several scripts, some of them altering older objects', async () => {
    await roundTrip(OLDER, SCRIPTS);
  });

  it('restores the catalogue after all of it in one script', async () => {
    await roundTrip(OLDER, [TOGETHER]);
  });

  it('leaves no default privilege behind after taking EXECUTE and USAGE from PUBLIC', async () => {
    const sql = `alter default privileges revoke execute on functions from public;
      alter default privileges revoke all on types from public;
      alter default privileges revoke all on tables from public;`;
    const database = await createTestDatabase(server, 'invert');
    try {
      await withClient(database.url, async (client) => {
        await client.query(sql);
        expect((await client.query('select from pg_default_acl')).rowCount).toBe(2);
        await client.query(derive(sql));
        expect((await client.query('select from pg_default_acl')).rowCount).toBe(0);
      });
    } finally {
      await database.drop();
    }
  });
});
