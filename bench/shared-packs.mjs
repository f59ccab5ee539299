// What a tenant of a shared pack costs: adding it where few and where many stand, and one of its point queries through the
// full policies, against the same query on the same table by a role that row security does not concern.
import { existsSync } from 'node:fs';
import pg from 'pg';
import { makeDatabase, defaultSettings } from '../dist/config/settings.js';
import { startServer } from '../dist/dev/launch.js';
import { addTenant, apply, removeTenant } from '../dist/index.js';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const idOf = (at) => `T${String(at).padStart(5, '0')}`;

/**
 * @param tenants how many there are at most; each side of the first comparison has a server of its own, because roles
 *   belong to the whole cluster.
 * @returns milliseconds of adding the tenth and the last tenant; of a point query prepared once, and of one that the server
 *   has to parse each time, with row security and without.
 */
export async function sharedPackBench({ rounds, tenants, rows }) {
  // In memory, as for bench/apply.mjs.
  const memory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  const servers = [];
  try {
    const sides = [];
    for (const size of [10, tenants]) {
      const server = await startServer({ env: { ...process.env, ...memory } });
      servers.push(server);
      sides.push(await install(server, size));
    }
    const [tenth, last] = await addInTurns(sides, rounds);
    const queries = await pointQueries(sides[1], rounds, rows);
    return { tenth, last, ...queries };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The pack with all tenants but the last, which is added while the clock runs. */
async function install({ host, port, user, password, database: name }, size) {
  const database = makeDatabase({ host, port, user, password, name }, 'bench');
  const settings = defaultSettings({ database, pack: 'shop' });
  await apply({ settings });
  for (let at = 1; at < size; at += 1) await addTenant({ settings, tenantId: idOf(at), name: 'Bench' });
  return { settings, size, at: { host, port, database: name }, superuser: { user, password } };
}

async function addInTurns(sides, rounds) {
  const times = sides.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [side, { settings, size }] of sides.entries()) {
      const started = performance.now();
      await addTenant({ settings, tenantId: idOf(size), name: 'Bench' });
      times[side].push(performance.now() - started);
      await removeTenant({ settings, tenantId: idOf(size), allowDataLoss: true });
    }
  }
  return times.map(median);
}

async function pointQueries({ at, superuser, size }, rounds, rows) {
  const tenant = idOf(Math.ceil(size / 2));
  const admin = await connect({ ...at, ...superuser });
  await fill(admin, size - 1, rows);
  await admin.query(`alter role shop_${tenant.toLowerCase()}_role password 'bench'`);
  await admin.query(`create role bench_plain login bypassrls password 'bench'`);
  await admin.query('grant usage on schema shop to bench_plain; grant select on shop.orders to bench_plain');
  const { rows: ids } = await admin.query(
    'select order_id from shop.orders where tenant_id = $1 order by random()',
    [tenant],
  );
  const orders = ids.map((row) => row.order_id);
  await admin.end();
  const secured = await connect({ ...at, user: `shop_${tenant.toLowerCase()}_role`, password: 'bench' });
  const plain = await connect({ ...at, user: 'bench_plain', password: 'bench' });
  const sides = [
    { client: secured, text: 'select * from shop.orders where order_id = $1', values: (id) => [id] },
    {
      client: plain,
      text: 'select * from shop.orders where tenant_id = $1 and order_id = $2',
      values: (id) => [tenant, id],
    },
  ];
  const prepared = await askInTurns(sides, orders, rounds, 'point');
  const parsed = await askInTurns(sides, orders, rounds, undefined);
  await secured.end();
  await plain.end();
  return { prepared, parsed };
}

/** Rows of all tenants in one go; foreign keys need not be checked for rows that are known to be right. */
async function fill(admin, tenants, rows) {
  await admin.query('set session_replication_role = replica');
  await admin.query(
    `insert into shop.orders (tenant_id, order_id, order_date, store_id, region, gross_revenue)
     select 'T' || lpad((1 + at % $2)::text, 5, '0'), 'O-' || at, date '2024-01-01' + at % 700, 'S' || at % 9, 'R' || at % 5, 100
       from generate_series(1, $1::integer) at`,
    [rows, tenants],
  );
  await admin.query('vacuum analyze shop.orders');
}

async function connect(config) {
  const client = new pg.Client(config);
  await client.connect();
  return client;
}

/** Milliseconds of one query of each side, which take turns, also in who comes first and brings the row's pages into memory. */
async function askInTurns(sides, orders, rounds, name) {
  const times = sides.map(() => []);
  for (let turn = 0; turn < rounds * 500; turn += 1) {
    const id = orders[turn % orders.length];
    for (const side of turn % 2 === 0 ? [0, 1] : [1, 0]) {
      const { client, text, values } = sides[side];
      const started = performance.now();
      const { rowCount } = await client.query({ text, values: values(id), ...(name && { name }) });
      times[side].push(performance.now() - started);
      if (rowCount !== 1) throw new Error(`order ${id} was found ${rowCount} times`);
    }
  }
  const [secured, plain] = times.map(median);
  return { secured, plain };
}
