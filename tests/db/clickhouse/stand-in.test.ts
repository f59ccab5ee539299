import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.js';

// The tests of packs for ClickHouse rest on this: the real client, the real engine, and access rules that the engine enforces.
let server: TestClickHouse;
let admin: ClickHouseClient;

const connect = (username: string, password = ''): ClickHouseClient =>
  createClient({
    url: server.url,
    ...(username !== '' && { username, password }),
    log: { level: ClickHouseLogLevel.OFF },
  });
const rows = async (client: ClickHouseClient, query: string): Promise<unknown[]> =>
  (await client.query({ query, format: 'JSONCompactEachRow' })).json();

beforeAll(async () => {
  server = await startClickHouse();
  admin = connect('');
  for (const query of [
    'drop database if exists stand_in',
    'create database stand_in',
    'create table stand_in.events (tenant UInt32, what String) engine = MergeTree order by tenant',
    `insert into stand_in.events values (1, 'a'), (2, 'b''\\\\')`,
    'create role if not exists stand_in_role',
    'grant select on stand_in.events to stand_in_role',
    'create row policy if not exists floor on stand_in.events using 0 to all',
    'create row policy if not exists own on stand_in.events using tenant = 2 to stand_in_role',
    'create row policy if not exists admin on stand_in.events using 1 to current_user',
    `create user if not exists stand_in_user identified with plaintext_password by 'one' default role stand_in_role`,
    'grant stand_in_role to stand_in_user',
  ])
    await admin.command({ query });
});

afterAll(async () => {
  await admin.command({ query: 'drop user if exists stand_in_user' });
  await admin.command({ query: 'drop role if exists stand_in_role' });
  await admin.command({ query: 'drop row policy if exists floor, own, admin on stand_in.events' });
  await admin.command({ query: 'drop database if exists stand_in' });
  await admin.close();
  await server.stop();
});

it('answers the client with the rows of the engine', async () => {
  expect(await rows(admin, 'select * from stand_in.events order by tenant')).toEqual([
    [1, 'a'],
    [2, "b'\\"],
  ]);
  await expect(rows(admin, 'select * from stand_in.absent')).rejects.toMatchObject({ type: 'UNKNOWN_TABLE' });
});

it('tells the access rules through system tables', async () => {
  const query = `select short_name, select_filter, apply_to_all from system.row_policies where database = 'stand_in' order by 1`;
  expect(await rows(admin, query)).toEqual([
    ['admin', '1', 0],
    ['floor', '0', 1],
    ['own', 'tenant = 2', 0],
  ]);
});

it('lets a user see what its row policies let through, and nothing else', async () => {
  const user = connect('stand_in_user', 'one');
  expect(await rows(user, 'select tenant from stand_in.events')).toEqual([[2]]);
  const insert = user.command({ query: `insert into stand_in.events values (2, 'c')` });
  await expect(insert).rejects.toMatchObject({ type: 'ACCESS_DENIED' });
  await user.close();
  const stranger = connect('stand_in_user', 'two');
  await expect(rows(stranger, 'select 1')).rejects.toMatchObject({ type: 'AUTHENTICATION_FAILED' });
  await stranger.close();
});
