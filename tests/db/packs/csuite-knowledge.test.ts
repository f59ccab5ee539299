import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, generate, rollback, type Settings } from '../../../src/index.js';
import { CSUITE } from '../../support/built-in-packs.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { CSUITE_ROWS } from '../../support/pack-rows.js';
import { createPackWorld, type PackWorld } from '../../support/pack-world.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { VECTOR_STAND_IN } from '../../support/vector-stand-in.js';
import { findingsOf, packSettings } from '../../support/shared-pack.js';

const DENIED = '42501';
const VIOLATION = '23514';

describe.each([14, 18] as const)('knowledge of pack csuite on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: PackWorld;
  const { alpha } = CSUITE.tenants;
  const acting = `set local app.current_tenant_id = '${alpha}'`;
  const shared = `select count(*) from csuite.knowledge_entries where tenant_id is null`;
  const add = (id: string, tenant: string): string =>
    `insert into csuite.knowledge_entries (tenant_id, id, source, content) values (${tenant}, '${id}', 'hq', 'text')`;

  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createPackWorld(server, CSUITE, CSUITE_ROWS);
    expect(await world.run('adm', `${add('h1', 'null')}; ${add('h2', 'null')}`, 'commit')).toBe('INSERT 1');
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  // X6: of three shared rows the original let a tenant take one, delete another and plant a third.
  it('that is shared is read by all tenants', async () => {
    expect(await world.run('alpha', shared)).toBe('2');
    expect(await world.run('beta', shared)).toBe('2');
    expect(await world.run('app', shared)).toBe(DENIED);
    expect(await world.run('grouped', shared)).toBe('0');
  });

  it.each([
    ['planted', add('h3', 'null'), DENIED, 'INSERT 1'],
    ['changed', `update csuite.knowledge_entries set content = 'x' where id = 'h1'`, 'UPDATE 0', 'UPDATE 1'],
    ['deleted', `delete from csuite.knowledge_entries where id = 'h1'`, 'DELETE 0', 'DELETE 1'],
    [
      'taken',
      `update csuite.knowledge_entries set tenant_id = '${alpha}' where id = 'h1'`,
      'UPDATE 0',
      DENIED,
    ],
    [
      'overwritten',
      `${add('h1', 'null')} on conflict (tenant_key, id) do update set content = 'x'`,
      DENIED,
      'INSERT 1',
    ],
    ['locked', `select 1 from csuite.knowledge_entries where id = 'h1' for update`, 'SELECT 0', '1'],
  ])('that is shared is %s by no tenant', async (_how, sql, refused, answer) => {
    expect(await world.run('alpha', sql)).toBe(refused);
    expect(await world.run('alpha', `set local app.current_tenant_id = ''; ${sql}`)).toBe(refused);
    expect(await world.run('adm', sql)).toBe(answer);
    expect(await world.run('superuser', shared)).toBe('2');
  });

  it('of a tenant is not given away to all, which the platform alone may do', async () => {
    const give = `update csuite.knowledge_entries set tenant_id = null where id = 'e1'`;
    expect(await world.run('alpha', give)).toBe(DENIED);
    expect(await world.run('adm', `${acting}; ${give}`)).toBe('UPDATE 1');
  });

  it('of a tenant may have the id of what is shared', async () => {
    expect(await world.run('alpha', add('h1', `'${alpha}'`))).toBe('INSERT 1');
    expect(await world.run('adm', add('h1', 'null'))).toBe('23505');
  });

  it('has embeddings of one length, without gaps', async () => {
    const embedding = (value: string): Promise<string> =>
      world.run('alpha', `update csuite.knowledge_entries set embedding = ${value} where id = 'e1'`);
    expect(await embedding('array_fill(0.5::real, array[1536])')).toBe('UPDATE 1');
    expect(await embedding('array_fill(0.5::real, array[1535])')).toBe(VIOLATION);
    expect(await embedding('array_fill(null::real, array[1536])')).toBe(VIOLATION);
    expect(await embedding('array_fill(0.5::real, array[2, 768])')).toBe(VIOLATION);
  });
});

describe('embeddings of pack csuite as pgvector', () => {
  let server: TestServer;
  let database: TestDatabase;
  let settings: Settings;
  const VECTOR = { embedding_storage: 'vector', embedding_dimensions: 3, vector_schema: 'ext' };
  const run = (sql: string): Promise<unknown> => withClient(database.url, (client) => client.query(sql));
  const snapshot = (): Promise<string[]> => withClient(database.url, (client) => snapshotCatalogue(client));

  beforeAll(async () => {
    server = await startTestServer(18);
    database = await createTestDatabase(server, 'csuite vector');
    settings = packSettings(CSUITE, database, { variables: { csuite: VECTOR } });
    await run('create schema ext; grant usage on schema ext to public');
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
  });

  it('are a column of its type, without the check that the type makes needless', async () => {
    const sql = (await generate({ settings })).files.map(({ content }) => content).join('\n');
    expect(sql).toContain('  embedding  "ext"."vector"(3),\n');
    expect(sql).not.toContain('knowledge_entries_embedding_check');
    const usual = await generate({ settings: packSettings(CSUITE, database) });
    expect(usual.files.map(({ content }) => content).join('\n')).toContain('  embedding  real[],\n');
  });

  it('say what is missing without it', async () => {
    await expect(apply({ settings })).rejects.toMatchObject({
      code: 'E_APPLY_FAILED',
      message: expect.stringContaining('type "ext.vector" does not exist (SQLSTATE 42704)') as string,
    });
  });

  it('apply, validate and go without a trace with it', async () => {
    await run(VECTOR_STAND_IN);
    await rollback({ settings, goal: { kind: 'all' } });
    const before = await snapshot();
    await apply({ settings });
    expect(await findingsOf(settings)).toEqual([]);
    await rollback({ settings, goal: { kind: 'all' } });
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  });
});
