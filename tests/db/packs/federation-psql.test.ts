import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, generate, rollback, rollbackControlPlane, status, validate } from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { shopSettings } from '../../support/shop.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';

const run = promisify(execFile);
const HR = { departmentId: 'hr', department: 'Human \'Resources\' \\ "1"' } as const;

/** Runs a file as docs/provisioning.md says: stop at the first error, all in one transaction. */
const psql = (database: TestDatabase, file: string): Promise<unknown> =>
  run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-1', '-d', database.url, '-f', file]);

const snapshot = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, (client) => snapshotCatalogue(client));

describe.each(MAJORS)('generated files with psql on PostgreSQL %i', (major) => {
  let server: TestServer;
  let dir: string;
  beforeAll(async () => {
    server = await startTestServer(major);
    dir = await mkdtemp(path.join(tmpdir(), 'fedgen-psql-'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it('leave the same catalogue and ledger as apply, and their rollbacks take everything back', async () => {
    const database = await createTestDatabase(server, 'psql');
    const settings = testSettings(database);
    const empty = await snapshot(database);
    await apply({ ...HR, settings });
    const applied = await snapshot(database);
    await rollback({ departmentId: 'hr', settings, goal: { kind: 'to', number: 0 } });

    const { files } = await generate({ ...HR, settings, outputDir: dir, controlPlane: true });
    const sql = files.map((file) => path.join(dir, file.name)).filter((file) => file.endsWith('.sql'));
    const [control, controlDown, schema, schemaDown, rls, rlsDown] = sql;
    if (!control || !controlDown || !schema || !schemaDown || !rls || !rlsDown)
      throw new Error('files are missing');
    await psql(database, controlDown);
    expect(diffCatalogues(empty, await snapshot(database))).toEqual([]);

    for (const file of [control, schema, rls]) await psql(database, file);
    expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
    const stands = await status({ settings, departmentId: 'hr' });
    expect(stands.departments[0]).toMatchObject({ name: HR.department, pending: 0, edited: 0 });
    expect((await apply({ ...HR, settings })).runId).toBeUndefined();
    expect((await validate({ ...HR, settings })).passed).toBe(true);

    for (const file of [rlsDown, schemaDown, controlDown]) await psql(database, file);
    expect(diffCatalogues(empty, await snapshot(database))).toEqual([]);
    await database.drop();
  });

  it('do the same for a shared pack', async () => {
    const database = await createTestDatabase(server, 'psql shop');
    const settings = shopSettings(database);
    const empty = await snapshot(database);
    await apply({ settings });
    const applied = await snapshot(database);
    await rollback({ settings, goal: { kind: 'all' } });
    await rollbackControlPlane({ settings, allowDataLoss: true });
    expect(diffCatalogues(empty, await snapshot(database))).toEqual([]);

    const { files } = await generate({ settings, outputDir: dir, controlPlane: true });
    const fileOf = (name: string): string =>
      path.join(dir, files.find((file) => file.name === name)?.name ?? '');
    const ups = ['control_plane.sql', 'schema_shop.sql', 'rls_policies_pack-shop.sql'];
    for (const name of ups) await psql(database, fileOf(name));
    expect(diffCatalogues(applied, await snapshot(database))).toEqual([]);
    expect((await status({ settings })).packs).toMatchObject([{ pack: 'shop', pending: 0, edited: 0 }]);
    for (const name of [...ups].reverse())
      await psql(database, fileOf(name.replace('.sql', '.rollback.sql')));
    expect(diffCatalogues(empty, await snapshot(database))).toEqual([]);
    await database.drop();
  });
});
