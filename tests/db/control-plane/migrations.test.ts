import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { renderControlPlane } from '../../../src/api/options.js';
import type { RenderedScript } from '../../../src/render/render.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';

let database: TestDatabase;
let scripts: readonly RenderedScript[];
beforeEach(async () => {
  database = await createTestDatabase(inject('testServer'), 'migrations');
  scripts = (await renderControlPlane(testSettings(database))).scripts;
});
afterEach(() => database.drop());

/** Runs one direction of one script as the runner would, and answers with the catalogue after it. */
async function step(script: RenderedScript, direction: 'up' | 'down'): Promise<string[]> {
  if (script.rollback.kind !== 'sql') throw new Error(`${script.source.name} has no way back`);
  const { sql } = direction === 'up' ? script.up : script.rollback.rendered;
  return withClient(database.url, async (client) => {
    await client.query('begin');
    if (script.source.directives.runAs === 'owner')
      await client.query(`set local role "${database.rolePrefix}federation_owner"`);
    await client.query(sql);
    await client.query('commit');
    return snapshotCatalogue(client);
  });
}

describe('the migrations of the control plane', () => {
  it('go back one by one, each to the catalogue before it, and come again one by one', async () => {
    const catalogues = [await withClient(database.url, (client) => snapshotCatalogue(client))];
    for (const script of scripts) {
      const after = await step(script, 'up');
      expect([script.source.name, diffCatalogues(catalogues.at(-1) ?? [], after)]).not.toEqual([
        script.source.name,
        [],
      ]);
      catalogues.push(after);
    }
    expect(catalogues.length).toBeGreaterThan(10);
    for (const [at, script] of [...scripts.entries()].reverse()) {
      const went = await step(script, 'down');
      expect([script.source.name, diffCatalogues(catalogues[at] ?? [], went)]).toEqual([
        script.source.name,
        [],
      ]);
      const came = await step(script, 'up');
      expect([script.source.name, diffCatalogues(catalogues[at + 1] ?? [], came)]).toEqual([
        script.source.name,
        [],
      ]);
      await step(script, 'down');
    }
    for (const [at, script] of scripts.entries()) {
      const came = await step(script, 'up');
      expect([script.source.name, diffCatalogues(catalogues[at + 1] ?? [], came)]).toEqual([
        script.source.name,
        [],
      ]);
    }
  });

  it('write every rollback by hand, since the ledger cannot be derived away', () => {
    expect(scripts.map(({ rollback }) => rollback.kind === 'sql' && rollback.derived)).toEqual(
      scripts.map(() => false),
    );
  });
});
