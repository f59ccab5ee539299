import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addTenant,
  apply,
  listTenants,
  removeTenant,
  resumeTenant,
  rollback,
  showTenant,
  suspendTenant,
  type Settings,
} from '../../../src/index.js';
import { tenantRole } from '../../../src/plan/names.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { withProvisioner } from '../../support/department.js';
import { ALPHA, BETA, lendingSettings, urlAs } from '../../support/lending.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const COUNTS = `select concat_ws(',', (select count(*) from lending.books), (select count(*) from lending.loans),
  (select count(*) from lending_log.visits), (select count(*) from lending.libraries)) as counts`;
const FILL = `
  insert into lending.books (id, isbn) values (1, 'one');
  insert into lending.books (id, isbn, sequel_of) values (2, 'two', 1);
  insert into lending.loans (book_id, reader) values (1, 'somebody');
  insert into lending.notices (body) values ('closed on Monday');
  insert into lending_log.visits default values`;

describe.each([14, 18] as const)('tenants of a shared pack on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(major);
  });
  afterAll(async () => {
    await server.stop();
  });

  describe.each([
    ['a superuser', (database: TestDatabase) => Promise.resolve(database)],
    ['a CREATEROLE provisioner', withProvisioner],
  ])('kept by %s', (_who, connectAs) => {
    let database: TestDatabase;
    let settings: Settings;
    let installed: string[];
    const snapshot = (): Promise<string[]> => withClient(database.url, (client) => snapshotCatalogue(client));
    const counts = (url: string): Promise<string> =>
      withClient(url, async (client) =>
        String((await client.query<{ counts: string }>(COUNTS)).rows[0]?.counts),
      );
    const roleOf = (id: string): string => tenantRole('lending', id, database.rolePrefix);
    const urlFor = (id: string): string => urlAs(database, roleOf(id));

    beforeAll(async () => {
      database = await createTestDatabase(server, `tenants ${major}`);
      settings = lendingSettings(await connectAs(database));
      await apply({ settings });
      installed = await snapshot();
    });
    afterAll(async () => {
      await database.drop();
    });

    it('are added once, with a role that logs in and sees its own', async () => {
      const { tenant, added } = await addTenant({ settings, tenantId: ALPHA.toUpperCase(), name: "Al's" });
      const role = roleOf(ALPHA);
      expect(added).toBe(true);
      expect(tenant).toMatchObject({ tenantId: ALPHA, name: "Al's", status: 'active', role, login: true });
      const again = await addTenant({ settings, tenantId: ALPHA, name: 'Another' });
      expect(again).toMatchObject({ added: false, tenant: { name: "Al's" } });
      await addTenant({ settings, tenantId: BETA, name: 'Beta', login: false });
      expect((await listTenants({ settings })).map(({ tenantId, login }) => [tenantId, login])).toEqual([
        [ALPHA, true],
        [BETA, false],
      ]);
      expect(await counts(urlFor(ALPHA))).toBe('0,0,0,1');
      await withClient(urlFor(ALPHA), (client) => client.query(FILL));
      expect(await showTenant({ settings, tenantId: ALPHA })).toMatchObject({
        tenant: { sessions: 0 },
        rows: expect.arrayContaining([
          { object: 'lending.books', rows: 2, isMore: false },
          { object: 'lending_log.visits', rows: 1, isMore: false },
        ]) as unknown,
      });
    });

    it('leave traces of who came', async () => {
      const { rows } = await withClient(database.url, (client) =>
        client.query(`select event_type, details ->> 'tenant' as tenant from federation.security_audit
          where event_type in ('PACK_INSTALLED', 'TENANT_ADDED') order by created_at`),
      );
      expect(rows).toEqual([
        { event_type: 'PACK_INSTALLED', tenant: null },
        { event_type: 'TENANT_ADDED', tenant: ALPHA },
        { event_type: 'TENANT_ADDED', tenant: BETA },
      ]);
    });

    it('lose their sessions and their rows when they are suspended, and get them back', async () => {
      const alpha = new pg.Client({ connectionString: urlFor(ALPHA) });
      const ended = new Promise<string>((resolve) => alpha.on('error', (error) => resolve(error.message)));
      await alpha.connect();
      expect(await suspendTenant({ settings, tenantId: ALPHA })).toMatchObject({
        changed: true,
        tenant: { status: 'suspended', login: false, sessions: 0 },
        sessions: { ended: 1, left: [] },
      });
      expect(await ended).toContain('terminating connection');
      await expect(counts(urlFor(ALPHA))).rejects.toMatchObject({ code: '28000' });
      await withClient(database.url, async (client) => {
        await client.query(`set role "${roleOf(ALPHA)}"`);
        expect((await client.query<{ counts: string }>(COUNTS)).rows[0]?.counts).toBe('0,0,0,0');
      });
      expect(await suspendTenant({ settings, tenantId: ALPHA })).toMatchObject({ changed: false });
      expect(await resumeTenant({ settings, tenantId: ALPHA })).toMatchObject({
        changed: true,
        tenant: { status: 'active', login: true },
      });
      expect(await resumeTenant({ settings, tenantId: ALPHA })).toMatchObject({ changed: false });
      expect(await counts(urlFor(ALPHA))).toBe('2,1,1,1');
      await suspendTenant({ settings, tenantId: BETA });
      expect(await resumeTenant({ settings, tenantId: BETA })).toMatchObject({ tenant: { login: false } });
    });

    it('are removed with all that is theirs, and nothing that is others’', async () => {
      await withClient(database.url, async (client) => {
        await client.query(`set role "${roleOf(BETA)}"`);
        await client.query(FILL);
      });
      const refused = removeTenant({ settings, tenantId: BETA });
      await expect(refused).rejects.toMatchObject({
        code: 'E_DATA_LOSS',
        message: expect.stringContaining('lending_log.visits: 1 row') as string,
      });
      const preview = await removeTenant({ settings, tenantId: BETA, dryRun: true });
      expect(preview).toMatchObject({ removed: false, tenant: { status: 'active' } });
      expect(preview.losses.map(({ object }) => object).sort()).toEqual([
        'lending.books',
        'lending.loans',
        'lending.notices',
        'lending_log.visits',
      ]);
      const removed = await removeTenant({ settings, tenantId: BETA, allowDataLoss: true });
      expect(removed).toMatchObject({ removed: true, losses: preview.losses });
      expect(await removeTenant({ settings, tenantId: BETA })).toMatchObject({
        removed: false,
        tenant: undefined,
      });
      expect(await counts(urlFor(ALPHA))).toBe('2,1,1,1');
      expect(await counts(database.url)).toBe('2,1,1,1');
      await withClient(urlFor(ALPHA), (client) =>
        expect(client.query('delete from lending_log.visits')).rejects.toMatchObject({ code: '42501' }),
      );
    });

    it('leave no trace but in the evidence, whatever privileges their role was given', async () => {
      await withClient(database.url, async (client) => {
        const role = pg.escapeIdentifier(roleOf(ALPHA));
        await client.query(`create table public.extra (); grant select on public.extra to ${role}`);
        await client.query(
          `alter table public.extra owner to ${pg.escapeIdentifier(settings.database?.user ?? '')}`,
        );
      });
      await removeTenant({ settings, tenantId: ALPHA, allowDataLoss: true });
      await withClient(database.url, (client) => client.query('drop table public.extra'));
      expect(diffCatalogues(installed, await snapshot())).toEqual([]);
      expect(await listTenants({ settings })).toEqual([]);
      await rollback({ settings, goal: { kind: 'all' } });
    });
  });
});
