import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, generate } from '../../../src/index.js';
import { tenantSql } from '../../../src/api/clickhouse/tenants.js';
import { prepareEngineTarget } from '../../../src/api/clickhouse/target.js';
import { splitStatements } from '../../../src/render/clickhouse/statements.js';
import { ask, startClickHouse, type Asking, type TestClickHouse } from '../../support/clickhouse.js';

let server: TestClickHouse;
let admin: Asking;
beforeAll(async () => {
  server = await startClickHouse();
  admin = ask(server);
});
afterAll(async () => {
  await admin.client.close();
  await server.stop();
});

const TENANT = { id: 'aaaaaaaa-0000-4000-8000-000000000001', role: 'a_role', login: 'a_user' };

/** Every statement as the engine understands it; fails where it does not. */
async function parsed(sql: string): Promise<string[]> {
  const statements = splitStatements(sql);
  if ('reason' in statements) throw new Error(statements.reason);
  const texts = await Promise.all(
    statements.map(async ({ text }) => {
      const answer = await admin.client.query({
        query: 'select formatQuerySingleLine({text:String})',
        query_params: { text },
        format: 'JSONCompactEachRow',
      });
      return (await answer.json<[string]>()).map(([line]) => line);
    }),
  );
  return texts.flat();
}

describe.each([
  ['one node', {}],
  ['one node, by day', { sort: 'day' }],
  ['a cluster', { cluster: 'main' }],
  ['a cluster, by day', { cluster: 'main', sort: 'day' }],
])('bi-analytics for %s', (_name, variables: Record<string, string>) => {
  const settings = defaultSettings({ pack: 'bi-analytics' });

  it('is parsed by the engine, statement by statement', async () => {
    const { files } = await generate({ settings, variables });
    const sqls = files.filter(({ name }) => name.endsWith('.sql'));
    expect(sqls.map(({ name }) => name)).toEqual([
      'schema_bi_analytics.sql',
      'schema_bi_analytics.rollback.sql',
      'rls_policies_pack-bi-analytics.sql',
      'rls_policies_pack-bi-analytics.rollback.sql',
    ]);
    const statements = (await Promise.all(sqls.map(({ content }) => parsed(content)))).flat();
    const isCluster = 'cluster' in variables;
    expect(statements.length).toBe(isCluster ? 56 : 32);
    const away = statements.filter((text) => !text.includes('ON CLUSTER main'));
    expect(away).toEqual(isCluster ? [] : statements);
    const made = statements.filter((text) => text.startsWith('CREATE TABLE'));
    const engines = made.map((text) => /ENGINE = (\w+)/.exec(text)?.[1]);
    expect(new Set(engines)).toEqual(
      new Set(isCluster ? ['ReplicatedReplacingMergeTree', 'Distributed'] : ['ReplacingMergeTree']),
    );
    for (const text of made.filter((each) => each.includes('ReplicatedReplacingMergeTree')))
      expect(text).toMatch(/'\/clickhouse\/tables\/\{shard\}\/bi_analytics\/\w+_local', '\{replica\}'/);
    const order = made
      .filter((text) => text.includes('ORDER BY'))
      .map((text) => /ORDER BY \((\w+, \w+)/.exec(text)?.[1]);
    const second =
      variables['sort'] === 'day' ? ['date', 'date', 'date'] : ['dashboard_id', 'data_source_id', 'user_id'];
    expect(order).toEqual(second.map((column) => `tenant_id, ${column}`));
  });

  it('lets tenants in, and shuts them out, with statements that it parses', async () => {
    const target = await prepareEngineTarget({ settings, variables });
    for (const verb of ['add', 'remove', 'erase', 'suspend', 'resume'] as const) {
      const statements = await parsed(tenantSql(target, verb, TENANT).sql);
      expect(statements).not.toEqual([]);
      expect(statements.every((text) => text.includes('ON CLUSTER main'))).toBe('cluster' in variables);
    }
  });
});
