import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  apply,
  generate,
  rollback,
  rollbackControlPlane,
  validate,
  type Settings,
} from '../../../src/index.js';
import type { GivenVariables } from '../../../src/plan/variables.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { loginUrl } from '../../support/rows.js';
import { VECTOR_STAND_IN } from '../../support/vector-stand-in.js';

const HR = { departmentId: 'hr', department: 'HR' } as const;

let database: TestDatabase;
let settings: Settings;
beforeEach(async () => {
  database = await createTestDatabase(inject('testServer'), 'variables');
  settings = testSettings(database);
});
afterEach(() => database.drop());

const query = <T>(sql: string, url = database.url): Promise<T[]> =>
  withClient(url, async (client) => (await client.query<{ value: T }>(sql)).rows.map(({ value }) => value));
const run = (sql: string): Promise<unknown> => withClient(database.url, (client) => client.query(sql));
const applyWith = (variables: GivenVariables): Promise<unknown> => apply({ ...HR, settings, variables });

describe('role_login', () => {
  it.each([true, false])('%s: who may log in', async (role_login) => {
    await applyWith({ role_login });
    const login = query<string>('select federation.current_tenant() as value', loginUrl(database, 'hr'));
    if (role_login) expect(await login).toEqual(['hr']);
    else await expect(login).rejects.toMatchObject({ code: '28000' });

    // The gateway becomes the department either way.
    const gateway = `${database.rolePrefix}app`;
    await run(
      `create role "${gateway}" login noinherit in role "${database.rolePrefix}cross_dept_query_role"`,
    );
    const url = new URL(database.url);
    url.username = gateway;
    const acting = await withClient(url.href, async (client) => {
      await client.query(`set role "${database.rolePrefix}hr_role"`);
      return client.query('select federation.current_tenant() as tenant');
    });
    expect(acting.rows).toEqual([{ tenant: 'hr' }]);
    const trusting = testSettings(database, { validate: { ...settings.validate, trustedRoles: [gateway] } });
    expect((await validate({ ...HR, settings: trusting, variables: { role_login } })).passed).toBe(true);
  });
});

describe('embedding_dimensions', () => {
  const add = (vector: string): Promise<string> =>
    withClient(loginUrl(database, 'hr'), (client) =>
      client.query(`insert into hr_tenant.vector_store_embeddings
        (document_id, document_type, chunk_text, embedding_model, embedding_vector) values ('d', 't', 'c', 'm', ${vector})`),
    ).then(
      () => 'stored',
      (error: unknown) =>
        (error as { constraint?: string; code: string }).constraint ?? (error as { code: string }).code,
    );
  const DIMENSIONS = 'vector_store_embeddings_dimensions_check';

  it.each([1, 3, 384, 2000])('%i: takes vectors of this length only', async (embedding_dimensions) => {
    await applyWith({ embedding_dimensions });
    const of = (length: number): string => `array_fill(0.5::real, array[${length}])`;
    expect(await add(of(embedding_dimensions + 1))).toBe(DIMENSIONS);
    expect(await add(of(embedding_dimensions - 1))).toBe(DIMENSIONS);
    expect(await add(`array_fill(null::real, array[${embedding_dimensions}])`)).toBe(DIMENSIONS);
    expect(await add(`array_fill(0.5::real, array[1, ${embedding_dimensions}])`)).toBe(DIMENSIONS);
    expect(await add('null')).toBe('23502');
    expect(await add(of(embedding_dimensions))).toBe('stored');
    expect(await add(of(embedding_dimensions))).toBe('unique_document_chunk');
  });

  it.each([0, -1, 2001, 1.5, '384; drop table x', 'many'])(
    'refuses %j before anything connects',
    async (value) => {
      await expect(applyWith({ embedding_dimensions: value })).rejects.toMatchObject({
        code: 'E_VARIABLE_INVALID',
        message: expect.stringContaining('embedding_dimensions') as string,
      });
      expect(await query(`select to_regnamespace('federation')::text as value`)).toEqual([null]);
    },
  );
});

describe('embedding_storage', () => {
  const VECTOR = { embedding_storage: 'vector', embedding_dimensions: 3, vector_schema: 'ext' };
  const TEMPLATE = 'templates/federation/0004_create_documents.sql.njk';

  it('renders a column of the extension’s type with an HNSW index, and no check that the type makes needless', async () => {
    const { files } = await generate({ ...HR, settings, variables: VECTOR });
    const sql = files.find(({ name }) => name === 'schema_hr_tenant.sql')?.content ?? '';
    expect(sql).toContain('  embedding_vector "ext"."vector"(3) not null,\n');
    expect(sql).toContain(
      `create index idx_vector_store_embedding on "hr_tenant"."vector_store_embeddings"
  using hnsw (embedding_vector "ext"."vector_cosine_ops") with (m = 16, ef_construction = 64);`,
    );
    expect(sql).not.toContain('vector_store_embeddings_dimensions_check');
    expect(sql).not.toContain('real[]');
    const arrays = await generate({ ...HR, settings });
    const usual = arrays.files.find(({ name }) => name === 'schema_hr_tenant.sql')?.content ?? '';
    expect(usual).toContain('  embedding_vector real[] not null,\n');
    expect(usual).not.toMatch(/hnsw|"vector"/);
  });

  it('vector says what is missing on a server without pgvector, and where, and keeps the scripts before', async () => {
    await run('create schema ext; grant usage on schema ext to public');
    await expect(applyWith(VECTOR)).rejects.toMatchObject({
      code: 'E_APPLY_FAILED',
      message: expect.stringMatching(
        new RegExp(
          `${TEMPLATE}:\\d+: type "ext.vector" does not exist \\(SQLSTATE 42704\\)[^]*embedding_vector`,
        ),
      ) as string,
      details: { script: '0004_create_documents', sqlState: '42704' },
    });
    expect(await query(`select to_regclass('hr_tenant.tool_calls')::text as value`)).toEqual([
      'hr_tenant.tool_calls',
    ]);
    // Another value, and it goes on from there.
    await applyWith({ embedding_storage: 'array' });
    expect((await validate({ ...HR, settings })).passed).toBe(true);
  });

  it('vector needs USAGE on the schema of the extension, for the owner of the tables too', async () => {
    await run('create schema ext');
    await expect(applyWith(VECTOR)).rejects.toMatchObject({
      code: 'E_PRIVILEGE',
      message: expect.stringContaining('permission denied for schema ext') as string,
    });
  });

  it('vector gets as far as the options of its index where type, access method and operators are there, and goes without a trace', async () => {
    await run(STAND_IN.join('; '));
    const before = await withClient(database.url, (client) => snapshotCatalogue(client));
    // A B-tree knows no m and no ef_construction: everything but the options of the index is accepted.
    await expect(applyWith(VECTOR)).rejects.toMatchObject({
      code: 'E_APPLY_FAILED',
      message: expect.stringMatching(/unrecognized parameter "m"[^]*SQLSTATE 22023/) as string,
    });
    await rollback({ ...HR, settings, goal: { kind: 'all' } });
    await rollbackControlPlane({ settings, allowDataLoss: true });
    const after = await withClient(database.url, (client) => snapshotCatalogue(client));
    expect(diffCatalogues(before, after)).toEqual([]);
  });
});

/** What pgvector would bring, made of what the server has: a type with a length, and a B-tree under the name of HNSW. */
const STAND_IN = [
  'create schema ext',
  'grant usage on schema ext to public',
  VECTOR_STAND_IN,
  'create access method hnsw type index handler bthandler',
  `create function ext.compare(ext.vector, ext.vector) returns integer language internal immutable strict as 'bttextcmp'`,
  ...[
    ['<', 'lt', 'text_lt'],
    ['<=', 'le', 'text_le'],
    ['=', 'eq', 'texteq'],
    ['>=', 'ge', 'text_ge'],
    ['>', 'gt', 'text_gt'],
  ].map(
    ([operator = '', name = '', internal = '']) =>
      `create function ext.${name}(ext.vector, ext.vector) returns boolean language internal immutable strict as '${internal}';
       create operator ext.${operator} (leftarg = ext.vector, rightarg = ext.vector, function = ext.${name})`,
  ),
  `create operator class ext.vector_cosine_ops default for type ext.vector using hnsw as
    operator 1 ext.<, operator 2 ext.<=, operator 3 ext.=, operator 4 ext.>=, operator 5 ext.>,
    function 1 ext.compare(ext.vector, ext.vector)`,
] as const;
