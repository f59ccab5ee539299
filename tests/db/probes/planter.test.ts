import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Session } from '../../../src/db/session.js';
import { chooseImpersonation } from '../../../src/validate/probes/impersonate.js';
import { readLandscape } from '../../../src/validate/probes/relations.js';
import { plantTenant, type Planted } from '../../../src/validate/probes/rows/planter.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { NASTY } from './nasty.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'planter');
});
afterAll(() => database.drop());

const SIDE = 'fgtestv';

/** Plants in a schema of these tables, in a transaction that is rolled back; `look` sees what was planted. */
async function plantIn<T>(
  sql: string,
  options: { isScratch?: boolean; sample?: Readonly<Record<string, Readonly<Record<string, string>>>> },
  look: (planted: Planted, session: Session) => Promise<T> | T,
): Promise<T> {
  return withClient(database.url, async (client) => {
    const role = `${database.rolePrefix}planter`;
    await client.query('begin');
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    const session = { client, serverVersion: rows[0]?.version ?? 0, where: '', signal: undefined };
    await client.query(
      `create role "${role}"; ${sql.replaceAll('{schema}', 'nasty').replaceAll('{role}', `"${role}"`)}`,
    );
    const landscape = await readLandscape(session, ['nasty']);
    const planted = await plantTenant({
      session,
      by: await chooseImpersonation(session),
      tenant: { id: 'x', role, schemas: ['nasty'], name: 'x', enter: [], synthetic: true },
      side: SIDE,
      commonSide: 'fgcommon',
      landscape,
      relations: landscape.relations,
      tenantColumn: 'tenant',
      rules: Object.entries(options.sample ?? {}).map(([name, sample]) => ({
        name,
        appendOnly: false,
        sample,
      })),
      isScratch: options.isScratch ?? false,
      isShared: false,
      models: [],
    });
    const result = await look(planted, session);
    await client.query('rollback');
    return result;
  });
}

describe('planting', () => {
  it('finds a row for tables that it has never seen', async () => {
    const { missing, notes, texts } = await plantIn(NASTY, {}, (planted) => ({
      missing: planted.missing.map(({ relation, message }) => `${relation.name}: ${message}`),
      notes: planted.notes,
      texts: Object.fromEntries([...planted.rows].map(([name, row]) => [name, row.values])),
    }));
    expect(missing).toEqual([]);
    expect(notes).toEqual([]);
    expect(Object.keys(texts).sort()).toEqual(
      [
        'account',
        'booking',
        'customer',
        'event',
        'factor',
        'log',
        'member',
        'node',
        'nothing',
        'person',
        'plain',
        'product',
        'team',
        'zoo',
      ].map((name) => `nasty.${name}`),
    );
    expect(texts['nasty.account']?.['iban']).toMatch(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/);
    expect(texts['nasty.plain']?.['v']).toBe(SIDE);
  });
});
