import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addTenant,
  apply,
  listTenants,
  resumeTenant,
  rotateTenantKey,
  signTenantToken,
  suspendTenant,
  type Settings,
} from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { ALPHA, BETA, lendingSettings, urlOf } from '../../support/lending.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const BOOKS = 'select string_agg(isbn, $$,$$ order by isbn) as books from lending.books';
const IN_A_MINUTE = (): Date => new Date(Date.now() + 60_000);

/** A pooled application: a login in the group of the pack's tenants, and nothing else. */
async function installWith(
  server: TestServer,
  identity: string,
): Promise<{ database: TestDatabase; settings: Settings; app: pg.Client; other: pg.Client }> {
  const database = await createTestDatabase(server, identity);
  const settings = lendingSettings(database, { variables: { lending: { identity } } });
  await apply({ settings });
  await addTenant({ settings, tenantId: ALPHA, name: 'Alpha' });
  await addTenant({ settings, tenantId: BETA, name: 'Beta' });
  await withClient(database.url, (client) =>
    client.query(`create role "${database.rolePrefix}app" login;
      grant "${database.rolePrefix}lending_tenant" to "${database.rolePrefix}app";
      create role "${database.rolePrefix}nobody" login;
      grant "${database.rolePrefix}federation_tenant" to "${database.rolePrefix}nobody";
      insert into lending.books (library_id, id, isbn) values ('${ALPHA}', 1, 'of-alpha'), ('${BETA}', 1, 'of-beta')`),
  );
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: urlOf(database, 'app') });
    await client.connect();
    return client;
  };
  return { database, settings, app: await connect(), other: await connect() };
}

/** Runs `use` in a transaction that is rolled back. */
async function inTransaction<T>(client: pg.Client, use: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    return await use();
  } finally {
    await client.query('rollback');
  }
}

async function one(client: pg.Client, sql: string, values: unknown[] = []): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(sql, values);
  return Object.values(rows[0] ?? {})[0] ?? null;
}

const challenge = async (client: pg.Client): Promise<string> =>
  String(await one(client, 'select federation.challenge()'));

describe.each([14, 18] as const)('an application that speaks for all tenants on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(major);
  });
  afterAll(async () => {
    await server.stop();
  });

  describe('with signed tokens', () => {
    let world: Awaited<ReturnType<typeof installWith>>;
    let key: string;
    const sign = async (
      client: pg.Client,
      tenantId: string,
      changed: Partial<Parameters<typeof signTenantToken>[0]> = {},
    ): Promise<string> =>
      signTenantToken({
        pack: 'lending',
        key,
        tenantId,
        challenge: await challenge(client),
        expiresAt: IN_A_MINUTE(),
        ...changed,
      });
    const enter = (client: pg.Client, token: string): Promise<unknown> =>
      one(client, `select federation.enter('lending', $1)`, [token]);

    beforeAll(async () => {
      world = await installWith(server, 'signed');
      key = (await rotateTenantKey({ settings: world.settings })).key;
    });
    afterAll(async () => {
      await Promise.all([world.app.end(), world.other.end()]);
      await world.database.drop();
    });

    it('has no roles of tenants', async () => {
      const roles = (await listTenants({ settings: world.settings })).map(({ role }) => role);
      expect(roles).toEqual([undefined, undefined]);
    });

    it('reads and writes as the tenant of the token, until the transaction ends', async () => {
      const { app } = world;
      await inTransaction(app, async () => {
        expect(await enter(app, await sign(app, ALPHA))).toBe(ALPHA);
        expect(await one(app, BOOKS)).toBe('of-alpha');
        await app.query(`insert into lending.books (id, isbn) values (9, 'new')`);
        expect(await one(app, BOOKS)).toBe('new,of-alpha');
        expect(await enter(app, await sign(app, BETA))).toBe(BETA);
        expect(await one(app, BOOKS)).toBe('of-beta');
      });
      expect(await one(app, BOOKS)).toBeNull();
      expect(await one(app, `select current_setting('app.tenant_token', true)`)).toBe('');
    });

    it('sees nothing without a token, whatever it claims', async () => {
      const { app } = world;
      await inTransaction(app, async () => {
        await app.query(`set local app.current_tenant_id = '${BETA}'`);
        expect(await one(app, BOOKS)).toBeNull();
      });
    });

    it('must not be contradicted by app.current_tenant_id', async () => {
      const { app } = world;
      await inTransaction(app, async () => {
        await enter(app, await sign(app, ALPHA));
        await app.query(`set local app.current_tenant_id = '${BETA}'`);
        expect(await one(app, BOOKS)).toBeNull();
      });
    });

    const FORGERIES: readonly (readonly [string, (client: pg.Client) => Promise<string>])[] = [
      ['of another tenant', async (client) => (await sign(client, ALPHA)).replace(ALPHA, BETA)],
      ['with another key', (client) => sign(client, BETA, { key: `${key.slice(0, 16)}.${'A'.repeat(43)}` })],
      ['with an unknown key', (client) => sign(client, BETA, { key: `${'0'.repeat(16)}${key.slice(16)}` })],
      ['for another pack', (client) => sign(client, BETA, { pack: 'shop' })],
      ['that is past', (client) => sign(client, BETA, { expiresAt: new Date(Date.now() - 1000) })],
      [
        'whose expiry was moved',
        async (client) => (await sign(client, BETA)).replace(/\.\d{10}\./, '.9999999999.'),
      ],
      ['of nobody', (client) => sign(client, '00000000-0000-4000-8000-000000000000')],
      ['of another backend', () => sign(world.other, BETA)],
      ['that is none', () => Promise.resolve('v1.x')],
      ['that is empty', () => Promise.resolve('')],
    ];
    it.each(FORGERIES)('refuses a token %s', async (_what, forge) => {
      const { app } = world;
      await inTransaction(app, async () => {
        const token = await forge(app);
        await app.query(`select set_config('app.tenant_token', $1, true)`, [token]);
        expect(await one(app, BOOKS)).toBeNull();
        await expect(enter(app, token)).rejects.toMatchObject({ code: '28000' });
      });
    });

    it('refuses a token of the transaction before, and of another session', async () => {
      const { app, other } = world;
      const token = await inTransaction(app, async () => {
        const signed = await sign(app, BETA);
        expect(await enter(app, signed)).toBe(BETA);
        await inTransaction(other, () =>
          expect(enter(other, signed)).rejects.toMatchObject({ code: '28000' }),
        );
        return signed;
      });
      await inTransaction(app, () => expect(enter(app, token)).rejects.toMatchObject({ code: '28000' }));
    });

    it('takes effect for members of the group only', async () => {
      await withClient(urlOf(world.database, 'nobody'), async (client) => {
        await inTransaction(client, async () => {
          const token = await sign(client, BETA);
          await expect(enter(client, token)).rejects.toMatchObject({ code: '28000' });
        });
      });
    });

    it('ends with the suspension of the tenant, within the transaction', async () => {
      const { app, settings } = world;
      await inTransaction(app, async () => {
        await enter(app, await sign(app, BETA));
        expect(await one(app, BOOKS)).toBe('of-beta');
        await suspendTenant({ settings, tenantId: BETA });
        expect(await one(app, BOOKS)).toBeNull();
        await resumeTenant({ settings, tenantId: BETA });
        expect(await one(app, BOOKS)).toBe('of-beta');
      });
    });

    it('keeps an old key for the overlap, and no longer', async () => {
      const { app, settings } = world;
      const old = key;
      const rotated = await rotateTenantKey({ settings, overlapMs: 60_000 });
      key = rotated.key;
      expect(rotated.keys.map(({ id, expiresAt }) => [id, expiresAt === undefined])).toEqual([
        [key.slice(0, 16), true],
        [old.slice(0, 16), false],
      ]);
      await inTransaction(app, async () => {
        expect(await enter(app, await sign(app, ALPHA, { key: old }))).toBe(ALPHA);
        expect(await enter(app, await sign(app, BETA))).toBe(BETA);
      });
      key = (await rotateTenantKey({ settings, overlapMs: 0 })).key;
      await inTransaction(app, async () => {
        expect(await enter(app, await sign(app, BETA))).toBe(BETA);
        const past = await sign(app, ALPHA, { key: rotated.key });
        await expect(enter(app, past)).rejects.toMatchObject({ code: '28000' });
      });
    });

    it('lets nobody read or guess the keys', async () => {
      for (const sql of [
        'select 1 from federation.pack_keys',
        `select federation.token_tenant('lending')`,
        `insert into federation.pack_keys (pack, key_id, inner_pad, outer_pad) values ('lending', '0', '', '')`,
      ]) {
        await expect(world.app.query(sql)).rejects.toMatchObject({ code: '42501' });
      }
    });

    it('looks rows up by the index that leads with the tenant', async () => {
      const { app } = world;
      await inTransaction(app, async () => {
        await enter(app, await sign(app, ALPHA));
        await app.query('set local enable_seqscan = off');
        const { rows } = await app.query('explain select * from lending.books where id = 1');
        expect(JSON.stringify(rows)).toMatch(/Index Cond: \(\(library_id = [^)]+\)[^"]* AND \(id = 1\)\)/);
      });
    });
  });

  describe('that is trusted to name the tenant', () => {
    let world: Awaited<ReturnType<typeof installWith>>;
    beforeAll(async () => {
      world = await installWith(server, 'variable');
    });
    afterAll(async () => {
      await Promise.all([world.app.end(), world.other.end()]);
      await world.database.drop();
    });

    it('reads and writes as the tenant that it names, and as nobody without a name', async () => {
      const { app } = world;
      await inTransaction(app, async () => {
        expect(await one(app, BOOKS)).toBeNull();
        await app.query(`set local app.current_tenant_id = '${ALPHA}'`);
        expect(await one(app, BOOKS)).toBe('of-alpha');
        const foreign = `insert into lending.books (library_id, isbn) values ('${BETA}', 'x')`;
        await expect(app.query(foreign)).rejects.toMatchObject({ code: '42501' });
      });
      expect(await one(app, BOOKS)).toBeNull();
    });

    it('names in vain whoever is unknown or suspended', async () => {
      const { app, settings } = world;
      await suspendTenant({ settings, tenantId: BETA });
      await inTransaction(app, async () => {
        for (const id of [BETA, '00000000-0000-4000-8000-000000000000', 'x']) {
          await app.query(`select set_config('app.current_tenant_id', $1, true)`, [id]);
          expect(await one(app, BOOKS)).toBeNull();
        }
      });
      await resumeTenant({ settings, tenantId: BETA });
    });

    it('is nobody’s way in who is not in the group', async () => {
      await withClient(urlOf(world.database, 'nobody'), async (client) => {
        await client.query(`set app.current_tenant_id = '${ALPHA}'`);
        expect(await one(client, `select federation.current_tenant('lending')`)).toBeNull();
        await expect(client.query(BOOKS)).rejects.toMatchObject({ code: '42501' });
      });
    });

    it('has no keys', async () => {
      await expect(rotateTenantKey({ settings: world.settings })).rejects.toMatchObject({ code: 'E_USAGE' });
    });
  });
});
