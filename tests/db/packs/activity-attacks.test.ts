import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, createActivityWorld, order, scan, submit, type ActivityWorld } from '../../support/activity.js';
import { ATTACKS, DENIED, type Actor } from '../../support/activity-attacks.js';
import { runOnce } from '../../support/attack.js';
import { MAJORS, startTestServer, type TestServer } from '../../support/postgres.js';

describe.each(MAJORS)('a hostile user of pack activity on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: ActivityWorld;
  let clients: Record<Actor, pg.Client>;
  let mallory: string;
  let victim: pg.Client;
  const run = async (as: Actor, sql: string): Promise<string> =>
    (await runOnce(clients[as], sql.replaceAll('@', world.database.rolePrefix), 'rollback')).word;

  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createActivityWorld(server, `mcp attacks ${major}`);
    mallory = await world.addUser('mallory', { actions: ['order.placed'], maxRows: 10, budgetS: 60 });
    const name = await world.addUser('victim', { actions: ['user.signup'], maxRows: 777 });
    clients = { mallory: await world.connect(mallory), admin: world.admin, superuser: world.superuser };
    victim = await world.connect(name);
    await world.ingest(order('o1'), order('s1', { action: 'user.signup' }));
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  it.each(ATTACKS)('cannot %s', async (_what, attack, control) => {
    expect(await run('mallory', attack.sql)).toBe(attack.answer);
    expect(await run(control.as, control.sql)).toBe(
      control.answer.replaceAll('@', world.database.rolePrefix),
    );
  });

  it('gets the rows of its actions, and no others', async () => {
    const mine = await ask(clients.mallory, { actions: ['order.placed'] });
    expect(mine.rows).toMatchObject([{ event_id: 'o1', action: 'order.placed', attributes: { items: 3 } }]);
    const others = await ask(clients.mallory, { actions: ['user.signup'] });
    expect(others.verdict).toMatchObject({ status: 'rejected', kind: 'Permission denied' });
    expect((await ask(victim, { actions: ['user.signup'] })).rows).toMatchObject([{ event_id: 's1' }]);
  });

  it('is not taken for somebody else by SET ROLE or a setting', async () => {
    await clients.mallory.query(
      `set role ${world.database.rolePrefix}mcp_user; set app.current_tenant_id = 'x'`,
    );
    const verdict = await submit(clients.mallory, { actions: ['order.placed'] });
    await clients.mallory.query('reset role');
    expect(verdict).toMatchObject({ status: 'accepted', user: mallory });
  });

  it('cannot fetch, or tell apart from none, the query of another', async () => {
    const verdict = await submit(victim, { actions: ['user.signup'] });
    const message = async (client: pg.Client, id: string): Promise<string> =>
      scan(client, id).then(
        (rows) => `${rows.length} rows`,
        (error: unknown) => String(error).replace(id, 'ID'),
      );
    expect(await message(clients.mallory, verdict.query_id ?? '')).toBe(
      await message(clients.mallory, 'mcp_nobody_1'),
    );
    expect(await message(victim, verdict.query_id ?? '')).toBe('1 rows');
  });

  it('gets no rows for a reservation that it could take back', async () => {
    await clients.mallory.query('begin');
    const verdict = await submit(clients.mallory, { actions: ['order.placed'] });
    await expect(scan(clients.mallory, verdict.query_id ?? '')).rejects.toThrow(/commit/);
    await clients.mallory.query('rollback');
    await clients.mallory.query('begin; savepoint s');
    const inside = await submit(clients.mallory, { actions: ['order.placed'] });
    await clients.mallory.query('release s');
    await expect(scan(clients.mallory, inside.query_id ?? '')).rejects.toThrow(/commit/);
    await clients.mallory.query('rollback');
    expect((await ask(clients.mallory, { actions: ['order.placed'] })).rows).toHaveLength(1);
  });

  it('pays in full for rows that it rolls back', async () => {
    const spent = async (): Promise<number> =>
      Number(
        (
          await world.superuser.query<{ ms: string }>('select mcp.runtime_used_ms($1, now()) as ms', [
            mallory,
          ])
        ).rows[0]?.ms,
      );
    const before = await spent();
    const verdict = await submit(clients.mallory, { actions: ['order.placed'], timeout_s: 3 });
    await clients.mallory.query('begin');
    expect(await scan(clients.mallory, verdict.query_id ?? '')).toHaveLength(1);
    await clients.mallory.query('rollback');
    expect(await spent()).toBeCloseTo(before + 3000, 0);
    expect(await scan(clients.mallory, verdict.query_id ?? '')).toHaveLength(1);
    expect(await spent()).toBeLessThan(before + 3000);
    await expect(scan(clients.mallory, verdict.query_id ?? '')).rejects.toThrow(/has run already/);
  });

  it('gets nothing through a snapshot from before its revocation', async () => {
    const user = await world.addUser('dreamer', { actions: ['order.placed'] });
    const dreamer = await world.connect(user);
    expect((await ask(dreamer, { actions: ['order.placed'] })).rows).toHaveLength(1);
    const verdict = await submit(dreamer, { actions: ['order.placed'] });
    await dreamer.query('begin isolation level repeatable read; select 1');
    await world.admin.query('select mcp.revoke_user_permission($1, $2)', [user, 'gone']);
    await expect(scan(dreamer, verdict.query_id ?? '')).rejects.toThrow(/READ COMMITTED/);
    await dreamer.query('rollback');
    expect(await scan(dreamer, verdict.query_id ?? '')).toEqual([]);
    expect((await submit(dreamer, { actions: ['order.placed'] })).error).toBe('your permission was revoked');
    const { rows } = await world.admin.query(
      `select rejection_reason from mcp.query_rejections_last_7d where "user" = $1`,
      [user],
    );
    expect(rows).toHaveLength(2);
  });

  it('is shown nothing by a stray GRANT', async () => {
    const p = world.database.rolePrefix;
    await world.superuser.query(
      `grant usage on schema activity, landing to ${p}mcp_user; grant select on activity.events, landing.raw_events, mcp.current_user_permissions to ${p}mcp_user`,
    );
    for (const relation of ['activity.events', 'landing.raw_events', 'mcp.current_user_permissions'])
      expect(await run('mallory', `select count(*) from ${relation}`)).toBe('0');
    await world.superuser.query(
      `revoke usage on schema activity, landing from ${p}mcp_user; revoke select on activity.events, landing.raw_events, mcp.current_user_permissions from ${p}mcp_user`,
    );
  });

  it('is throttled when it probes', async () => {
    const user = await world.addUser('prober', { actions: ['order.placed'] });
    const prober = await world.connect(user);
    await prober.query(`select mcp.execute_query_plan('{"actions":["a.b"]}') from generate_series(1, 100)`);
    expect(await submit(prober, { actions: ['order.placed'] })).toMatchObject({
      status: 'rejected',
      kind: 'Throttled',
    });
    expect((await submit(clients.mallory, { actions: ['order.placed'] })).status).toBe('accepted');
  });

  it('leaves evidence that neither the service nor the owner can change', async () => {
    const p = world.database.rolePrefix;
    const changes = [
      `update activity.events set attributes = '{}'`,
      'delete from activity.events',
      'truncate activity.events',
      `update landing.raw_events set payload = '{}'`,
      'delete from landing.raw_events',
      'truncate landing.raw_events',
    ];
    for (const sql of changes) {
      expect(await run('superuser', `set local role ${p}mcp_service; ${sql}`), sql).toBe(DENIED);
      // The owner sees no row that it could update.
      const hidden = sql.startsWith('update landing');
      expect(await run('superuser', `set local role ${p}federation_owner; ${sql}`), sql).toBe(
        hidden ? 'UPDATE 0' : DENIED,
      );
      expect(await run('superuser', sql), sql).toBe(DENIED);
    }
  });
});
