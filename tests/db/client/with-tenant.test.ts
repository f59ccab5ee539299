import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTenant } from '../../../src/client.js';
import { resumeTenant, suspendTenant } from '../../../src/index.js';
import { poll } from '../../support/poll.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { shopSettings } from '../../support/shop.js';
import { makeShopWorld, POOL_SIZE, WAYS, type ShopWorld } from '../../support/tenant-pool.js';
import { failure } from '../../unit/config/workspace.js';

const CONTEXT = `select current_setting('role') as role, coalesce(current_setting('app.current_tenant_id', true), '') as tenant,
  coalesce(current_setting('app.current_user_id', true), '') as "user", current_setting('statement_timeout') as timeout`;
const NOBODY = { role: 'none', tenant: '', user: '', timeout: '0' };
const ORDERS = 'select tenant_id, order_id from shop.orders order by 1, 2';
const NEW_ORDER = `insert into shop.orders (order_id, order_date) values ($1, '2024-03-01')`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(18);
});
afterAll(async () => {
  await server.stop();
});

describe.each(WAYS)('withTenant %s', (way) => {
  let world: ShopWorld;
  const orders = async (id: string): Promise<boolean> =>
    (await world.asSuperuser('select from shop.orders where order_id = $1', [id])).length > 0;

  beforeAll(async () => {
    world = await makeShopWorld(server, 'client', { way });
  });
  afterAll(async () => {
    await world.end();
  });

  it('acts for one tenant and commits', async () => {
    const seen = await withTenant(world.pool, world.as('T001', { userId: 'U001' }), async (client) => {
      await client.query(NEW_ORDER, ['kept']);
      const context = await client.query(CONTEXT);
      return { orders: (await client.query(ORDERS)).rows, context: context.rows[0] };
    });
    expect(seen.orders).toEqual(
      ['O001', 'O002', 'kept'].map((order_id) => ({ tenant_id: 'T001', order_id })),
    );
    expect(seen.context).toEqual({
      role: `${world.database.rolePrefix}shop_t001_role`,
      tenant: 'T001',
      user: 'U001',
      timeout: '0',
    });
    expect(await orders('kept')).toBe(true);
    await withTenant(world.pool, world.as('T001'), (client) =>
      client.query(`delete from shop.orders where order_id = 'kept'`),
    );
    expect(await orders('kept')).toBe(false);
  });

  it('leaves nothing behind, and says nothing of a tenant to whoever asks without one', async () => {
    await withTenant(world.pool, world.as('T002', { userId: 'U001', timeoutMs: 60_000 }), async (client) => {
      const { rows } = await client.query(CONTEXT);
      expect(rows[0]).toMatchObject({ tenant: 'T002', timeout: '61s' });
    });
    const clients: PoolClient[] = await Promise.all(
      Array.from({ length: POOL_SIZE }, () => world.pool.connect()),
    );
    try {
      for (const client of clients) {
        expect((await client.query(CONTEXT)).rows[0]).toEqual(NOBODY);
        await expect(client.query(ORDERS)).rejects.toMatchObject({ code: '42501' });
        await expect(client.query('insert into shop.orders default values')).rejects.toMatchObject({
          code: '42501',
        });
      }
    } finally {
      for (const client of clients) client.release();
    }
  });

  it('keeps another tenant’s rows from being inserted, changed and removed', async () => {
    const as = world.as('T001');
    const foreign = `insert into shop.orders (tenant_id, order_id, order_date) values ('T002', 'evil', '2024-03-01')`;
    await expect(withTenant(world.pool, as, (client) => client.query(foreign))).rejects.toMatchObject({
      code: '42501',
    });
    const changed = await withTenant(world.pool, as, async (client) => [
      (await client.query(`update shop.orders set items_count = 9 where tenant_id = 'T002'`)).rowCount,
      (await client.query(`delete from shop.orders where tenant_id = 'T002'`)).rowCount,
      (await client.query(`update shop.orders set items_count = 2 where order_id = 'O001'`)).rowCount,
    ]);
    expect(changed).toEqual([0, 0, 1]);
    const own = await withTenant(world.pool, world.as('T002'), (client) =>
      client.query(foreign.replace('evil', 'own')),
    );
    expect(own.rowCount).toBe(1);
    await world.asSuperuser(`delete from shop.orders where order_id in ('own', 'evil')`);
  });

  it('keeps nothing of a function that fails, and hands on its error', async () => {
    const error = new Error('thought better of it');
    const failing = withTenant(world.pool, world.as('T001'), async (client) => {
      await client.query(NEW_ORDER, ['undone']);
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect(await orders('undone')).toBe(false);
  });

  it('says so when a statement had failed and its error was caught', async () => {
    const hushed = withTenant(world.pool, world.as('T001'), async (client) => {
      await client.query(NEW_ORDER, ['hushed']);
      await client.query('select 1/0').catch(() => undefined);
    });
    expect(await failure(() => hushed)).toMatchObject({
      code: 'E_TRANSACTION_FAILED',
      details: { sqlState: '22012' },
    });
    expect(await orders('hushed')).toBe(false);
  });

  it('goes on after a savepoint that failed', async () => {
    await withTenant(world.pool, world.as('T001'), async (client) => {
      await client.query(NEW_ORDER, ['outside']);
      const inside = client.savepoint(async (inner) => {
        await inner.query(NEW_ORDER, ['inside']);
        await inner.query('select 1/0');
      });
      await expect(inside).rejects.toMatchObject({ code: '22012' });
      await client.savepoint((inner) => inner.query(NEW_ORDER, ['second']));
    });
    expect([await orders('outside'), await orders('inside'), await orders('second')]).toEqual([
      true,
      false,
      true,
    ]);
    await world.asSuperuser(`delete from shop.orders where order_id in ('outside', 'second')`);
  });

  it.each([
    'commit',
    'rollback',
    'set role none',
    'SET LOCAL ROLE none',
    '/* a */ -- b\n ; reset role',
    'set session authorization default',
    'prepare p as select 1',
    'listen x',
    'discard all',
    `set app.current_tenant_id = 'T002'`,
    `set local app.current_tenant_id = 'T002'`,
    'create temporary table t (i int)',
  ])('refuses %j before it is sent', async (text) => {
    const refused = await withTenant(world.pool, world.as('T001'), async (client) => {
      const code = (await failure(() => client.query(text))).code;
      await client.query(`set local work_mem = '1MB'`);
      return { code, after: (await client.query(CONTEXT)).rows[0] };
    });
    expect(refused).toMatchObject({ code: 'E_STATEMENT_REFUSED', after: { tenant: 'T001' } });
  });

  it('lets nothing hide behind a semicolon', async () => {
    const hidden = withTenant(world.pool, world.as('T001'), (client) =>
      client.query('select 1; commit; set role none'),
    );
    await expect(hidden).rejects.toMatchObject({ code: '42601' });
  });

  it('destroys a connection whose session was changed, and puts it right first', async () => {
    const pool = world.makePool({ max: 1 });
    const prefix = world.database.rolePrefix;
    const before = await pool.connect();
    before.release();
    await withTenant(pool, world.as('T001'), async (client) => {
      await client.query(`select set_config('app.current_tenant_id', 'T002', false), set_config('search_path', 'evil', false),
        set_config('role', '${prefix}shop_t001_role', false), pg_advisory_lock(1)`);
    });
    const after = await pool.connect();
    expect(after).not.toBe(before);
    after.release();
    for (const client of await Promise.all(Array.from({ length: 8 }, () => world.pool.connect()))) {
      const { rows } = await client.query<{ path: string }>(
        `${CONTEXT}, current_setting('search_path') as path`,
      );
      client.release();
      expect(rows[0]).toEqual({ ...NOBODY, path: '"$user", public' });
    }
    expect(await world.asSuperuser(`select from pg_locks where locktype = 'advisory'`)).toEqual([]);
  });

  it.each([
    ['its time is over', () => ({ timeoutMs: 300 }), 'E_TIMEOUT'],
    ['it is aborted', () => ({ signal: AbortSignal.timeout(300) }), 'E_INTERRUPTED'],
  ])('cancels on the server when %s, and destroys the connection', async (_when, limits, code) => {
    const pool = world.makePool({ max: 1 });
    const slow = withTenant(pool, world.as('T001', limits()), async (client) => {
      await client.query(NEW_ORDER, ['slow']);
      await client.query('select pg_sleep(60)');
    });
    expect(await failure(() => slow)).toMatchObject({ code });
    expect(pool.totalCount).toBe(0);
    const sleeping = `select from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active' and pid <> pg_backend_pid()`;
    await poll('the statement to end', async () =>
      (await world.asSuperuser(sleeping)).length === 0 ? true : undefined,
    );
    expect(await orders('slow')).toBe(false);
    expect(await withTenant(pool, world.as('T002'), () => 'again')).toBe('again');
  });

  it('gives up waiting for a connection, and returns the one that comes too late', async () => {
    const pool = world.makePool({ max: 1 });
    const held = await pool.connect();
    const waiting = withTenant(pool, world.as('T001', { timeoutMs: 100 }), () => 'never');
    expect((await failure(() => waiting)).code).toBe('E_TIMEOUT');
    held.release();
    expect(await withTenant(pool, world.as('T001', { timeoutMs: 10_000 }), () => 'now')).toBe('now');
    const aborted = withTenant(pool, world.as('T001', { signal: AbortSignal.abort() }), () => 'never');
    expect((await failure(() => aborted)).code).toBe('E_INTERRUPTED');
    expect(pool.idleCount).toBe(1);
  });

  it('tells a connection that broke, and survives it', async () => {
    const broken = withTenant(world.pool, world.as('T001'), async (client) => {
      await client.query(NEW_ORDER, ['lost']);
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await world.asSuperuser('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await client.query('select pg_sleep(5)');
    });
    expect((await failure(() => broken)).code).toBe('E_DB_LOST');
    expect(await orders('lost')).toBe(false);
    expect(await withTenant(world.pool, world.as('T001'), () => 'fine')).toBe('fine');
  });

  it('hands on what the server says at COMMIT', async () => {
    await world.asSuperuser(`create table public.once (tenant_id text, n int, constraint once_n unique (n) deferrable initially deferred);
      grant all on public.once to public`);
    const clash = withTenant(world.pool, world.as('T001'), (client) =>
      client.query('insert into public.once (n) values (1), (1)'),
    );
    await expect(clash).rejects.toMatchObject({ code: '23505' });
    await world.asSuperuser('drop table public.once');
  });

  it('refuses statements once it is over', async () => {
    const client = await withTenant(world.pool, world.as('T001'), (given) => Promise.resolve(given));
    expect((await failure(() => client.query(ORDERS))).code).toBe('E_USAGE');
  });

  it('runs nothing as a tenant that is unknown, suspended, or not its own', async () => {
    const told = async (tenantId: string, more = {}): Promise<string> =>
      (await failure(() => withTenant(world.pool, world.as(tenantId, more), () => 'in'))).code;
    expect(await told('T999')).toBe('E_TENANT_REFUSED');
    expect(await told('t001', { role: `${world.database.rolePrefix}shop_t001_role` })).toBe(
      'E_TENANT_REFUSED',
    );
    expect(await told('T001', { role: `${world.database.rolePrefix}shop_t002_role` })).toBe(
      'E_TENANT_REFUSED',
    );
    expect(await told('T001', { identity: 'variable' })).toBe('E_TENANT_REFUSED');
    const settings = shopSettings(world.database);
    await suspendTenant({ settings, tenantId: 'T003' });
    expect(await told('T003')).toBe('E_TENANT_REFUSED');
    await resumeTenant({ settings, tenantId: 'T003' });
    expect(await withTenant(world.pool, world.as('T003'), () => 'in')).toBe('in');
  });
});

it('refuses a login that row security does not hold', async () => {
  const world = await makeShopWorld(server, 'bypass');
  await world.asSuperuser(`alter role "${world.database.rolePrefix}shop_t001_role" bypassrls`);
  const refused = await failure(() => withTenant(world.pool, world.as('T001'), () => 'in'));
  expect(refused.code).toBe('E_TENANT_REFUSED');
  expect(refused.message).toContain('row security does not hold');
  await world.end();
});
