import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, apply, removeTenant, rollback, status, type Settings } from '../../../src/index.js';
import { CSUITE } from '../../support/built-in-packs.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { CSUITE_ROWS, insertRow } from '../../support/pack-rows.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';
import { packSettings, urlOfTenant } from '../../support/shared-pack.js';

const PACK = fileURLToPath(new URL('../../../templates/csuite/', import.meta.url));
const PHASE_1 = ['users', 'tenant_members', 'conversations', 'connectors', 'tasks', 'knowledge_entries'];
const PHASE_2 = ['module_insights', 'analytics_snapshots'];
const POLICIES = PHASE_2.flatMap((table) =>
  ['select', 'insert', 'update', 'delete'].map((command) => `${table}_tenant_isolation_${command}`),
);
const INDEXES = [
  'module_insights_tenant_id_module_slug_idx',
  'module_insights_tenant_id_created_at_idx',
  'module_insights_severity_idx',
  'analytics_snapshots_tenant_id_date_key',
  'analytics_snapshots_tenant_id_date_idx',
  'analytics_snapshots_connector_id_idx',
  'tasks_module_slug_idx',
  'tasks_connector_id_idx',
];

describe.each(MAJORS)('phase 2 of csuite on PostgreSQL %i', (major) => {
  let server: TestServer;
  let database: TestDatabase;
  let folder: string;
  /** As the pack was before phase 2 was written: the same files without script 0006. */
  let phase1: Settings;
  let settings: Settings;
  const query = async (sql: string, url = database.url): Promise<unknown[]> =>
    withClient(url, async (client) => (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows);
  const names = async (sql: string): Promise<unknown[]> => (await query(sql)).flat();
  const snapshot = (): Promise<string[]> => withClient(database.url, (client) => snapshotCatalogue(client));
  const rows = (): Promise<unknown[]> =>
    query(
      PHASE_1.map(
        (table) =>
          `select '${table}', ctid::text, xmin::text, to_jsonb(t) - '{module_slug,connector_id}'::text[] from csuite.${table} t`,
      ).join(' union all '),
    );

  beforeAll(async () => {
    server = await startTestServer(major);
    database = await createTestDatabase(server, `csuite phases ${major}`);
    folder = await mkdtemp(path.join(tmpdir(), 'fedgen-phases-'));
    await cp(PACK, path.join(folder, 'csuite'), {
      recursive: true,
      filter: (file) => !path.basename(file).startsWith('0006'),
    });
    settings = packSettings(CSUITE, database);
    phase1 = packSettings(CSUITE, database, { packDirs: [folder] });
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('is one script that adds its tables, policies, indexes and columns to phase 1 with rows in it', async () => {
    await apply({ settings: phase1 });
    await addTenant({ settings: phase1, tenantId: CSUITE.tenants.alpha, name: 'alpha' });
    const planting = PHASE_1.flatMap((table) =>
      (CSUITE_ROWS[table]?.(1) ?? []).map((row) => {
        const { connector_id: _later, ...early } = row;
        return insertRow(CSUITE, table, early);
      }),
    );
    await query(planting.join(';'), urlOfTenant(database, CSUITE, 'alpha'));
    const kept = await rows();

    const { scripts } = await apply({ settings });
    expect(scripts.filter(({ state }) => state === 'applied').map(({ script }) => script)).toEqual([
      '0006_add_phase2',
    ]);
    const tables = `from pg_class where relnamespace = 'csuite'::regnamespace and relname = any (array['${[...PHASE_2, ...INDEXES].join("','")}'])`;
    expect((await names(`select relname::text ${tables}`)).sort()).toEqual([...PHASE_2, ...INDEXES].sort());
    expect(
      await names(
        `select polname::text from pg_policy where polpermissive and polrelid in (select oid ${tables}) order by 1`,
      ),
    ).toEqual([...POLICIES].sort());
    expect(await rows()).toEqual(kept);
  });

  it('goes without a trace: phase 1, its rows, its policies and FORCE are as before', async () => {
    await rollback({ settings, goal: { kind: 'to', number: 5 }, allowDataLoss: true });
    const without = await snapshot();
    const kept = await rows();
    expect(
      without.filter((fact) => /phase2|module_insights|analytics_snapshots|module_slug/.test(fact)),
    ).toEqual([]);
    expect(
      await names(`select relname::text from pg_class where relnamespace = 'csuite'::regnamespace and relkind = 'r'
        and not (relrowsecurity and relforcerowsecurity)`),
    ).toEqual([]);

    await apply({ settings });
    const whole = await snapshot();
    const added = diffCatalogues(without, whole);
    expect(added.filter((fact) => fact.startsWith('- '))).toEqual([]);
    await rollback({ settings, goal: { kind: 'steps', steps: 1 } });
    expect(diffCatalogues(without, await snapshot())).toEqual([]);
    expect(await rows()).toEqual(kept);
    await apply({ settings });
    expect(diffCatalogues(whole, await snapshot())).toEqual([]);
  });

  it('is the phase 1 that never knew of it', async () => {
    await removeTenant({ settings, tenantId: CSUITE.tenants.alpha, allowDataLoss: true });
    await rollback({ settings, goal: { kind: 'to', number: 5 } });
    const after = await snapshot();
    await rollback({ settings, goal: { kind: 'all' }, allowDataLoss: true });
    await apply({ settings: phase1 });
    expect(diffCatalogues(await snapshot(), after)).toEqual([]);
    expect((await status({ settings: phase1 })).packs).toMatchObject([
      { pack: 'csuite', version: 5, pending: 0 },
    ]);
  });

  it('says what would be lost', async () => {
    await apply({ settings });
    await addTenant({ settings, tenantId: CSUITE.tenants.beta, name: 'beta' });
    const beta = urlOfTenant(database, CSUITE, 'beta');
    const plant = ['users', 'connectors', 'tasks', 'module_insights'].flatMap((table) =>
      (CSUITE_ROWS[table]?.(1) ?? []).map((row) => insertRow(CSUITE, table, row)),
    );
    await query(plant.join(';'), beta);
    const applied = await snapshot();
    await expect(rollback({ settings, goal: { kind: 'to', number: 5 } })).rejects.toMatchObject({
      code: 'E_DATA_LOSS',
      message: expect.stringMatching(
        /csuite\.module_insights: 1 row\n {2}csuite\.tasks\.connector_id: 1 row/,
      ) as string,
    });
    expect(diffCatalogues(applied, await snapshot())).toEqual([]);
  });
});
