import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createCsuiteWorld,
  insight,
  snapshot,
  type Asking,
  type CsuiteWorld,
} from '../../support/csuite-world.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const INSIGHTS = 'select id, summary from csuite.module_insights order by id';
const OTHER = 'test-tenant-2';
const DENIED = { code: '42501' };
const DUPLICATE = { code: '23505' };
/** As the original's suite allows. */
const MILLISECONDS = 1500;

/** The 27 cases of the original's suite for phase 2, by model, group and place in it. */
describe.each([14, 18] as const)('csuite phase 2 on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: CsuiteWorld;
  const pooled: Asking = (tenant, sql) => world.pooled(tenant, sql);
  const raw: Asking = (tenant, sql) => world.raw(tenant, sql);
  const rows = async (ask: Asking, tenant: 'alpha' | 'beta', sql: string): Promise<unknown[]> =>
    (await ask(tenant, sql)).rows;
  const count = async (ask: Asking, tenant: 'alpha' | 'beta', sql: string): Promise<number | null> =>
    (await ask(tenant, sql)).rowCount;
  const stands = (sql: string): Promise<unknown[]> => world.stands(sql);

  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createCsuiteWorld(server);
  });
  beforeEach(() => world.reset());
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  describe('ModuleInsight', () => {
    const own = (tenant: string): unknown[] => [
      { id: 'i1', summary: `of ${tenant}` },
      { id: 'i2', summary: `of ${tenant}` },
    ];
    const ofBeta = `select summary from csuite.module_insights where tenant_id = '${OTHER}' and id = 'i1'`;

    it('select 1: only own rows through the client', async () => {
      expect(await rows(pooled, 'alpha', INSIGHTS)).toEqual(own('alpha'));
      expect(await rows(pooled, 'beta', INSIGHTS)).toEqual(own('beta'));
    });
    it('select 2: only own rows through raw SQL', async () => {
      expect(await rows(raw, 'alpha', INSIGHTS)).toEqual(own('alpha'));
      expect(await rows(raw, 'alpha', ofBeta)).toEqual([]);
      expect(await rows(raw, 'beta', ofBeta)).toEqual([{ summary: 'of beta' }]);
    });
    it('select 3: filter by module inside the tenant', async () => {
      const churn = `select id, summary from csuite.module_insights where module_slug = 'churn-watch'`;
      expect(await rows(pooled, 'alpha', churn)).toEqual([{ id: 'i2', summary: 'of alpha' }]);
    });

    it('insert 1: matching tenant allowed', async () => {
      expect(await count(pooled, 'alpha', insight('i3', { tenant_id: 'test-tenant-1' }))).toBe(1);
      expect(await count(pooled, 'alpha', insight('i4'))).toBe(1);
      expect(await stands(`select distinct tenant_id from csuite.module_insights where id > 'i2'`)).toEqual([
        { tenant_id: 'test-tenant-1' },
      ]);
    });
    it('insert 2: other tenant refused', async () => {
      await expect(pooled('alpha', insight('i3', { tenant_id: OTHER }))).rejects.toMatchObject(DENIED);
      expect(await count(pooled, 'beta', insight('i3', { tenant_id: OTHER }))).toBe(1);
    });
    it('insert 3: other tenant refused in raw SQL', async () => {
      await expect(raw('alpha', insight('i3', { tenant_id: OTHER }))).rejects.toMatchObject(DENIED);
      expect(await count(raw, 'beta', insight('i3', { tenant_id: OTHER }))).toBe(1);
    });

    it('update 1: own row', async () => {
      const update = `update csuite.module_insights set summary = 'new' where id = 'i1'`;
      expect(await count(pooled, 'alpha', update)).toBe(1);
      expect(await rows(raw, 'alpha', `${INSIGHTS} limit 1`)).toEqual([{ id: 'i1', summary: 'new' }]);
    });
    it('update 2: row of the other tenant refused and unchanged', async () => {
      const update = `update csuite.module_insights set summary = 'taken' where tenant_id = '${OTHER}'`;
      expect(await count(pooled, 'alpha', update)).toBe(0);
      expect(await stands(ofBeta)).toEqual([{ summary: 'of beta' }]);
      expect(await count(pooled, 'beta', update)).toBe(2);
    });
    it('update 3: moving a row to the other tenant refused', async () => {
      const move = (tenant: string): string =>
        `update csuite.module_insights set id = 'i9', tenant_id = '${tenant}' where id = 'i1'`;
      await expect(pooled('alpha', move(OTHER))).rejects.toMatchObject(DENIED);
      expect(await count(pooled, 'alpha', move('test-tenant-1'))).toBe(1);
    });

    it('delete 1: own row', async () => {
      expect(await count(pooled, 'alpha', `delete from csuite.module_insights where id = 'i1'`)).toBe(1);
      expect(await rows(raw, 'alpha', INSIGHTS)).toEqual([{ id: 'i2', summary: 'of alpha' }]);
    });
    it('delete 2: row of the other tenant refused and still there', async () => {
      const remove = `delete from csuite.module_insights where tenant_id = '${OTHER}'`;
      expect(await count(pooled, 'alpha', remove)).toBe(0);
      expect(await stands(ofBeta)).toEqual([{ summary: 'of beta' }]);
      expect(await count(pooled, 'beta', remove)).toBe(2);
    });
  });

  describe('AnalyticsSnapshot', () => {
    const all = `select id, metadata ->> 'of' as of from csuite.analytics_snapshots order by id`;
    const own = (tenant: string): unknown[] => [
      { id: 'a1', of: tenant },
      { id: 'a2', of: tenant },
    ];
    const ofBeta = `select sessions from csuite.analytics_snapshots where tenant_id = '${OTHER}' and id = 'a1'`;

    it('select 1: only own rows through the client', async () => {
      expect(await rows(pooled, 'alpha', all)).toEqual(own('alpha'));
      expect(await rows(pooled, 'beta', all)).toEqual(own('beta'));
    });
    it('select 2: only own rows through raw SQL', async () => {
      expect(await rows(raw, 'alpha', all)).toEqual(own('alpha'));
      expect(await rows(raw, 'alpha', ofBeta)).toEqual([]);
      expect(await rows(raw, 'beta', ofBeta)).toEqual([{ sessions: 100 }]);
    });
    it('select 3: date range inside the tenant', async () => {
      const range = `select id from csuite.analytics_snapshots where date between '2024-01-02' and '2024-01-31'`;
      expect(await rows(pooled, 'alpha', range)).toEqual([{ id: 'a2' }]);
    });
    it('select 4: connector loaded with the snapshot', async () => {
      const loaded = `select a.id, k.provider from csuite.analytics_snapshots a
        join csuite.connectors k on k.id = a.connector_id`;
      expect(await rows(pooled, 'alpha', loaded)).toEqual([{ id: 'a1', provider: 'google' }]);
    });

    it('insert 1: matching tenant allowed', async () => {
      const linked = { tenant_id: 'test-tenant-1', connector_id: 'only-alpha' };
      expect(await count(pooled, 'alpha', snapshot('a3', '2024-02-01', linked))).toBe(1);
    });
    it('insert 2: other tenant refused', async () => {
      const foreign = snapshot('a3', '2024-02-01', { tenant_id: OTHER });
      await expect(pooled('alpha', foreign)).rejects.toMatchObject(DENIED);
      expect(await count(pooled, 'beta', foreign)).toBe(1);
    });
    it('insert 3: second row for the same tenant and date refused', async () => {
      await expect(pooled('alpha', snapshot('a3', '2024-01-01'))).rejects.toMatchObject(DUPLICATE);
      await expect(pooled('alpha', snapshot('a3', '2024-01-01 23:59'))).rejects.toMatchObject(DUPLICATE);
      expect(await count(pooled, 'alpha', snapshot('a3', '2024-01-02 00:01'))).toBe(1);
    });
    it('insert 4: same date for two tenants allowed', async () => {
      expect(await count(pooled, 'alpha', snapshot('a3', '2024-02-01'))).toBe(1);
      expect(await count(pooled, 'beta', snapshot('a3', '2024-02-01'))).toBe(1);
    });

    it('update 1: own row', async () => {
      const update = `update csuite.analytics_snapshots set revenue = 0.1 + 0.2 where id = 'a1' returning revenue`;
      expect(await rows(pooled, 'alpha', update)).toEqual([{ revenue: '0.30' }]);
    });
    it('update 2: row of the other tenant refused', async () => {
      const update = `update csuite.analytics_snapshots set sessions = 0 where tenant_id = '${OTHER}'`;
      expect(await count(pooled, 'alpha', update)).toBe(0);
      expect(await stands(ofBeta)).toEqual([{ sessions: 100 }]);
      expect(await count(pooled, 'beta', update)).toBe(2);
    });
    it('update 3: moving a row refused', async () => {
      const move = (tenant: string): string =>
        `update csuite.analytics_snapshots set id = 'a9', date = '2024-03-01', tenant_id = '${tenant}' where id = 'a2'`;
      await expect(pooled('alpha', move(OTHER))).rejects.toMatchObject(DENIED);
      expect(await count(pooled, 'alpha', move('test-tenant-1'))).toBe(1);
    });

    it('delete 1: own row', async () => {
      expect(await count(pooled, 'alpha', `delete from csuite.analytics_snapshots where id = 'a1'`)).toBe(1);
      expect(await rows(raw, 'alpha', all)).toEqual([{ id: 'a2', of: 'alpha' }]);
    });
    it('delete 2: row of the other tenant refused', async () => {
      const remove = `delete from csuite.analytics_snapshots where tenant_id = '${OTHER}'`;
      expect(await count(pooled, 'alpha', remove)).toBe(0);
      expect(await stands(ofBeta)).toEqual([{ sessions: 100 }]);
      expect(await count(pooled, 'beta', remove)).toBe(2);
    });

    it('cascade 1: deleting a connector leaves the snapshot with a null connector', async () => {
      const links = `select tenant_id, connector_id from csuite.analytics_snapshots where id = 'a1' order by 1`;
      expect(await count(pooled, 'alpha', `delete from csuite.connectors where id = 'k1'`)).toBe(1);
      expect(await stands(links)).toEqual([
        { tenant_id: 'test-tenant-1', connector_id: null },
        { tenant_id: 'test-tenant-2', connector_id: 'k1' },
      ]);
    });
  });

  it('performance 1: 30 insights + 30 snapshots of one tenant and 30 insights of another, read within 1500 ms', async () => {
    const many = (tenant: string): string =>
      Array.from({ length: 30 }, (_, n) => insight(`p${n}`, { summary: `of ${tenant}` })).join(';');
    const days = Array.from({ length: 30 }, (_, n) => snapshot(`p${n}`, `2024-04-${n + 1}`)).join(';');
    await raw('alpha', `${many('alpha')}; ${days}`);
    await raw('beta', many('beta'));
    const started = performance.now();
    const read = [
      await rows(pooled, 'alpha', INSIGHTS),
      await rows(pooled, 'alpha', 'select from csuite.analytics_snapshots'),
      await rows(pooled, 'beta', INSIGHTS),
    ];
    expect(performance.now() - started).toBeLessThan(MILLISECONDS);
    expect(read.map(({ length }) => length)).toEqual([32, 32, 32]);
    expect(JSON.stringify(read[0])).not.toContain('of beta');
  });

  it('combined 1: connectors, insights and snapshots of tenant 1 visible to it, none to tenant 2', async () => {
    await raw('beta', 'delete from csuite.connectors; delete from csuite.module_insights');
    await raw('beta', 'delete from csuite.analytics_snapshots');
    const all = `select (select count(*)::int from csuite.connectors) as connectors,
      (select count(*)::int from csuite.module_insights) as insights,
      (select count(*)::int from csuite.analytics_snapshots) as snapshots`;
    expect(await rows(pooled, 'alpha', all)).toEqual([{ connectors: 2, insights: 2, snapshots: 2 }]);
    expect(await rows(pooled, 'beta', all)).toEqual([{ connectors: 0, insights: 0, snapshots: 0 }]);
  });

  // What the original's suite never tried; each of them succeeded there.
  describe('never tested by the original', () => {
    it('X1: linking a connector of another tenant', async () => {
      const links = [
        (id: string) => snapshot('a9', '2024-05-01', { connector_id: id }),
        (id: string) => `update csuite.analytics_snapshots set connector_id = '${id}' where id = 'a1'`,
        (id: string) =>
          `insert into csuite.tasks (user_id, type, payload, connector_id) values ('test-user', 'sync', '{}', '${id}')`,
      ];
      for (const link of links) {
        await expect(pooled('alpha', link('only-beta'))).rejects.toMatchObject({ code: '23503' });
        expect(await count(pooled, 'alpha', link('only-alpha'))).toBe(1);
      }
    });

    it('X1: deleting a connector clears the task’s link too, and changes no other tenant’s row', async () => {
      const task = `insert into csuite.tasks (id, user_id, type, payload, module_slug, connector_id)
        values ('t1', 'test-user', 'sync', '{}', 'growth-pulse', 'k1')`;
      await raw('alpha', task);
      await raw('beta', task);
      const beta = `select t.ctid, t.xmin, t.* from csuite.tasks t where tenant_id = '${OTHER}'`;
      const before = await stands(beta);
      await pooled('alpha', `delete from csuite.connectors where id = 'k1'`);
      expect(await rows(pooled, 'alpha', 'select connector_id, module_slug from csuite.tasks')).toEqual([
        { connector_id: null, module_slug: 'growth-pulse' },
      ]);
      expect(await stands(beta)).toEqual(before);
    });

    it('X2: the day is a date', async () => {
      expect(
        await stands(`select pg_typeof(date)::text as type from csuite.analytics_snapshots limit 1`),
      ).toEqual([{ type: 'date' }]);
    });

    it('X12: severity, score, counts and revenue are checked', async () => {
      const wrong = [
        insight('i9', { severity: 'fatal' }),
        insight('i9', { score: 101 }),
        insight('i9', { score: -1 }),
        insight('i9', { score: 'NaN' }),
        insight('i9', { action_items: {} }),
        snapshot('a9', '2024-05-01', { sessions: -1 }),
        snapshot('a9', '2024-05-01', { revenue: 'NaN' }),
      ];
      for (const sql of wrong) await expect(pooled('alpha', sql)).rejects.toMatchObject({ code: '23514' });
      expect(await count(pooled, 'alpha', insight('i9', { severity: 'critical', score: 100 }))).toBe(1);
    });

    it('X12: updated_at is the server’s', async () => {
      const update = `update csuite.module_insights set updated_at = '2001-01-01' where id = 'i1'
        returning updated_at > now() - interval '1 hour' as recent`;
      expect(await rows(pooled, 'alpha', update)).toEqual([{ recent: true }]);
    });
  });
});
