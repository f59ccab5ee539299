import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import * as source from '../../../src/index.js';
import {
  apply,
  FedgenError,
  generate,
  rollback,
  status,
  validate,
  type RunEvent,
  type Settings,
} from '../../../src/index.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';

const HR = { departmentId: 'hr', department: 'Human Resources' } as const;

let database: TestDatabase;
let settings: Settings;
beforeEach(async () => {
  database = await createTestDatabase(inject('testServer'), 'library');
  settings = testSettings(database);
});
afterEach(() => database.drop());

const ledger = (): Promise<{ target: string; script: string; state: string }[]> =>
  withClient(database.url, async (client) => {
    const { rows } = await client.query<{ target: string; script: string; state: string }>(
      'select target, script, state from federation.schema_migrations order by id',
    );
    return rows;
  });

describe('the library', () => {
  it('is what the package exports', async () => {
    const self = 'fedgen';
    const built = (await import(self)) as object;
    expect(Object.keys(built).sort()).toEqual(Object.keys(source).sort());
  });

  it('serves a provisioning service: generate, apply, and the schema name comes back', async () => {
    const generated = await generate({ ...HR, settings });
    const applied = await apply({ ...HR, settings });
    expect([generated.schema, applied.schema, applied.role]).toEqual([
      'hr_tenant',
      'hr_tenant',
      `${database.rolePrefix}hr_role`,
    ]);
    expect(applied.scripts.every((script) => script.state === 'applied')).toBe(true);
    expect(applied.controlPlane.length).toBeGreaterThan(0);
  });

  it('tells what happens in order, and books it in one run', async () => {
    const events: RunEvent[] = [];
    const { runId, scripts } = await apply({ ...HR, settings, onEvent: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ type: 'connected' });
    const done = events
      .filter((event) => event.type === 'script-done')
      .filter((event) => event.target === 'hr');
    expect(done.map((event) => event.script)).toEqual(scripts.map((script) => script.script));
    const { rows } = await withClient(database.url, (client) =>
      client.query(
        'select run_id, command, state, finished_at is not null as finished from federation.migration_runs',
      ),
    );
    expect(rows).toEqual([{ run_id: runId, command: 'apply', state: 'succeeded', finished: true }]);
  });

  it('does nothing the second time', async () => {
    await apply({ ...HR, settings });
    const before = await ledger();
    const again = await apply({ departmentId: 'hr', settings });
    expect(again.runId).toBeUndefined();
    expect(again.scripts.map((script) => script.state)).toEqual(
      before.filter((row) => row.target === 'hr').map(() => 'already-applied'),
    );
    expect(await ledger()).toEqual(before);
  });

  it('changes nothing in a dry run, and returns the SQL of the real one', async () => {
    const snapshot = (): Promise<string[]> => withClient(database.url, (client) => snapshotCatalogue(client));
    const before = await snapshot();
    const { pending } = await apply({ ...HR, settings, dryRun: true });
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
    const { scripts, controlPlane } = await apply({ ...HR, settings });
    expect(pending.map((each) => each.script)).toEqual(
      [...controlPlane, ...scripts].map((each) => each.script),
    );
    expect((await apply({ ...HR, settings, dryRun: true })).pending).toEqual([]);
  });

  it('keeps history when it rolls back', async () => {
    await apply({ ...HR, settings });
    const { scripts } = await rollback({ departmentId: 'hr', settings, goal: { kind: 'steps', steps: 2 } });
    expect(scripts.map((script) => script.state)).toEqual(['rolled-back', 'rolled-back']);
    const { departments } = await status({ settings, departmentId: 'hr' });
    expect(departments[0]?.scripts.slice(-2).map((script) => script.state)).toEqual([
      'rolled-back',
      'rolled-back',
    ]);
    await apply({ ...HR, settings });
    const newest = (await ledger()).filter((row) => row.script === scripts[0]?.script);
    expect(newest.map((row) => row.state)).toEqual(['rolled_back', 'applied']);
  });

  it('stops when the signal aborts: what was done stays, the rest comes with the next run', async () => {
    const abort = new AbortController();
    const stopAt = (event: RunEvent): void => {
      if (event.type === 'script-done' && event.target === 'hr' && event.script.startsWith('0003'))
        abort.abort();
    };
    const interrupted = apply({ ...HR, settings, signal: abort.signal, onEvent: stopAt });
    await expect(interrupted).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    const done = (await ledger()).filter((row) => row.target === 'hr').map((row) => row.script.slice(0, 4));
    expect(done).toEqual(['0001', '0002', '0003']);
    await apply({ ...HR, settings });
    expect((await validate({ departmentId: 'hr', settings })).passed).toBe(true);
  });

  it('refuses before it connects when the signal has aborted already', async () => {
    const signal = AbortSignal.abort();
    await expect(apply({ ...HR, settings, signal })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });

  it('throws FedgenErrors with a code, a hint and no secret', async () => {
    const error: unknown = await status({ settings, departmentId: 'Not a slug' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FedgenError);
    expect(error).toMatchObject({ code: 'E_NAME_INVALID', exitCode: 2 });
    await expect(validate({ departmentId: 'nobody', settings })).rejects.toMatchObject({
      code: 'E_TARGET_UNKNOWN',
    });
  });
});
