import pg from 'pg';
import { apply, seed } from '../../src/index.js';
import type { WithTenantOptions } from '../../src/client.js';
import { createTestDatabase, openPool, withClient, type TestDatabase } from './database.js';
import { startPgbouncer } from './pgbouncer.js';
import type { TestServer } from './postgres.js';
import { shopSettings } from './shop.js';

/** A seeded shop in a database of its own, and a pooled application before it. */
export interface ShopWorld {
  readonly database: TestDatabase;
  readonly pool: pg.Pool;
  /** Where the pool connects, and as whom. */
  readonly url: string;
  /** Options of a tenant's transaction. */
  readonly as: (tenantId: string, more?: Partial<WithTenantOptions>) => WithTenantOptions;
  /** A pool like the world's own. */
  readonly makePool: (config?: pg.PoolConfig) => pg.Pool;
  /** As a superuser, whom row security does not hold. */
  readonly asSuperuser: <R extends pg.QueryResultRow>(sql: string, values?: unknown[]) => Promise<R[]>;
  readonly end: () => Promise<void>;
}

/** How a world's pool reaches the server. */
export type Way = 'directly' | 'through pgbouncer';
export const WAYS: readonly Way[] = ['directly', 'through pgbouncer'];

export const POOL_SIZE = 8;

type Identity = NonNullable<WithTenantOptions['identity']>;

/** Applies and seeds the pack shop, and makes a pool whose login may do what docs/client.md grants it, and no more. */
export async function makeShopWorld(
  server: TestServer,
  label: string,
  { identity = 'role', way = 'directly' }: { identity?: Identity; way?: Way } = {},
): Promise<ShopWorld> {
  const database = await createTestDatabase(server, label);
  const settings = shopSettings(database, { variables: { shop: { identity } } });
  await apply({ settings });
  await seed({ settings });
  const login = await makeLogin(database, identity);
  const bouncer = way === 'directly' ? undefined : await startPgbouncer(server, [login]);
  const url = new URL(database.url);
  url.username = login;
  if (bouncer) url.port = String(bouncer.port);
  const pools: pg.Pool[] = [];
  const makePool = (config: pg.PoolConfig = {}): pg.Pool => {
    const pool = openPool(url.href, { max: POOL_SIZE, ...config });
    pools.push(pool);
    return pool;
  };
  return {
    database,
    url: url.href,
    pool: makePool(),
    makePool,
    as: (tenantId, more = {}) => ({
      pack: 'shop',
      tenantId,
      identity,
      rolePrefix: database.rolePrefix,
      ...more,
    }),
    asSuperuser: <R extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
      withClient(database.url, async (client) => (await client.query<R>(sql, values)).rows),
    end: async () => {
      for (const pool of pools) if (!pool.ended) await pool.end();
      await bouncer?.stop();
      await database.drop();
    },
  };
}

async function makeLogin({ url, rolePrefix }: TestDatabase, identity: Identity): Promise<string> {
  const login = `${rolePrefix}app`;
  const group = identity === 'role' ? 'cross_dept_query_role' : 'shop_tenant';
  await withClient(url, (client) =>
    client.query(
      `create role ${pg.escapeIdentifier(login)} login ${identity === 'role' ? 'noinherit' : ''};
       grant ${pg.escapeIdentifier(`${rolePrefix}${group}`)} to ${pg.escapeIdentifier(login)}`,
    ),
  );
  return login;
}
