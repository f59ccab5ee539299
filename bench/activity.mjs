// Pack activity: taking events in against a bare COPY of the same lines, and the permission check of a query.
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from } from 'pg-copy-streams';
import { makeDatabase, defaultSettings } from '../dist/config/settings.js';
import { startServer } from '../dist/dev/launch.js';
import { apply, ingestEvents } from '../dist/index.js';
import { withSession } from '../dist/db/session.js';

const LINES = 100_000;
const EVENTS = 1_000_000;
const USERS = 10_000;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Medians: milliseconds per ingest, per bare COPY, and per permission check at a million events. */
export async function activityBench(rounds) {
  const memory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  const server = await startServer({ env: { ...process.env, ...memory }, settings: { max_wal_size: '4GB' } });
  try {
    const { host, port, user, password, database: name } = server;
    const settings = defaultSettings({
      database: makeDatabase({ host, port, user, password, name }, 'bench'),
      pack: 'activity',
    });
    await apply({ settings });
    return await withSession(settings.database, { connectTimeoutMs: 10_000 }, async ({ client }) => {
      await client.query('create table public.bare (payload jsonb)');
      const times = { ingest: [], copy: [] };
      for (let round = 0; round < rounds; round += 1) {
        const lines = makeLines(round);
        times.copy.push(await timed(() => bareCopy(client, lines)));
        times.ingest.push(await timed(() => ingestEvents({ settings, source: Readable.from([lines]) })));
      }
      return { ingest: median(times.ingest), copy: median(times.copy), check: await permissionCheck(client) };
    });
  } finally {
    await server.stop();
  }
}

const makeLines = (round) =>
  Buffer.from(
    Array.from({ length: LINES }, (_, n) =>
      JSON.stringify({
        event_id: `ord_${round}_${n}`,
        action: 'order.placed',
        occurred_at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
        actor_id: `customer_${n % 5000}`,
        source: 'ecommerce',
        object: { type: 'order', id: `ORD_${round}_${n}` },
        attributes: { amount: 99.99, items: n % 7 },
      }),
    ).join('\n') + '\n',
  );

const bareCopy = (client, lines) =>
  pipeline(
    Readable.from([lines]),
    client.query(from(`copy public.bare from stdin with (format csv, quote E'\\x01', delimiter E'\\x02')`)),
  );

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** What execute_query_plan asks before it accepts: the permission, the budget, the throttle. Milliseconds, without the client. */
async function permissionCheck(client) {
  await client.query(`
    set session_replication_role = replica;
    insert into activity.events (sequence, event_id, occurred_at, actor_id, action, object_type, object_id, source, schema_version, attributes, _source_lane, _recv_at)
    select 100000000 + n, 'p' || n, now() - n * interval '1 minute', 'admin', 'system.permission.granted', 'user', 'user_' || n % ${USERS}, 'system', '2.1.0',
           '{"allowed_actions": ["order.placed"], "max_rows": 100, "daily_runtime_budget_s": 60, "can_export": false}', 'ADMIN', now()
    from generate_series(1, ${USERS * 3}) n;
    insert into activity.events (sequence, event_id, occurred_at, actor_id, action, object_type, object_id, source, schema_version, attributes, _source_lane, _recv_at)
    select 200000000 + n, 'q' || n, now() - n * interval '0.2 seconds', 'user_' || n % ${USERS}, 'mcp.query.accepted', 'user', 'user_' || n % ${USERS}, 'mcp', '2.1.0',
           jsonb_build_object('number', n, 'reserved_ms', 1), 'MCP', now()
    from generate_series(1, ${USERS * 20}) n;
    insert into activity.events (sequence, event_id, occurred_at, action, source, schema_version, attributes, _source_lane, _recv_at)
    select 300000000 + n, 'f' || n, now() - n * interval '1 second', 'order.placed', 'shop', '2.1.0', '{}', 'DIRECT', now()
    from generate_series(1, ${EVENTS} - (select count(*) from activity.events)) n;
    set session_replication_role = origin`);
  await client.query('vacuum analyze activity.events');
  const { rows } = await client
    .query(
      `
    create function pg_temp.check(asking text) returns float8 language plpgsql as $$
    declare
      started timestamptz := clock_timestamp();
      permission activity.events := mcp.permission_at(asking, 'infinity');
    begin
      perform * from mcp.plan_fault('{"actions": ["order.placed"]}', permission, clock_timestamp(), false);
      perform mcp.must_change_password(asking);
      perform mcp.runtime_used_ms(asking, clock_timestamp());
      perform count(*) from (select from activity.events e where e.source = 'mcp' and e.actor_id = asking
        and e.action = 'mcp.query.rejected' and e.occurred_at > started - interval '1 hour' limit 100) x;
      return extract(epoch from clock_timestamp() - started) * 1000;
    end $$;
    select pg_temp.check('user_' || n) as ms from generate_series(1, 2000) n`,
    )
    .then((results) => results[1]);
  return median(rows.slice(100).map(({ ms }) => ms));
}
