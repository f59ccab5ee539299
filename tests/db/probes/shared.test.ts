import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { buildSharedWorld, codesOf, findingsOf, probeShared } from './shared-world.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'shared');
  await buildSharedWorld(database);
});
afterAll(() => database.drop());

const SPOOFABLE = `tenant_id = current_setting('app.current_tenant_id', true)`;

/** What breaks, and the checks that find it, all of them. */
const SABOTAGE: Readonly<Record<string, { readonly sql: string; readonly codes: readonly string[] }>> = {
  'row security switched off': {
    sql: 'alter table shared.project disable row level security',
    codes: ['foreign_read', 'foreign_write', 'hand_over', 'existence_oracle', 'canary_sweep'],
  },
  'a policy for reading that lets everybody in': {
    sql: 'create policy dbg on shared.task for select using (true)',
    codes: ['foreign_read', 'canary_sweep'],
  },
  'a policy for updates that lets everybody in': {
    sql: 'alter policy upd on shared.project using (true) with check (true)',
    codes: ['foreign_write', 'hand_over'],
  },
  'a policy for updates without a check': {
    sql: 'alter policy upd on shared.project with check (true)',
    codes: ['hand_over'],
  },
  'a policy for deletes that lets everybody in': {
    sql: 'alter policy del on shared.event using (true)',
    codes: ['foreign_write'],
  },
  'a policy for inserts that lets everybody in': {
    sql: 'alter policy ins on shared.journal with check (true)',
    codes: ['foreign_write'],
  },
  'a policy that believes the setting': {
    sql: `alter policy sel on shared.project using (${SPOOFABLE})`,
    codes: ['forged_context'],
  },
  'a policy that is open without a setting': {
    sql: `alter policy sel on shared.project using (coalesce(nullif(current_setting('app.current_tenant_id', true), ''), tenant_id) = tenant_id and (select fed.current_tenant()) is not distinct from nullif(current_setting('app.current_tenant_id', true), ''))`,
    codes: ['no_context', 'canary_sweep'],
  },
  'an identity that stays after the tenant was dismissed': {
    sql: `create or replace function fed.current_tenant() returns text language sql stable security definer set search_path = pg_catalog, pg_temp
      as $$ select case when current_setting('role') = '{p}' || current_setting('app.current_tenant_id', true) or session_user = '{p}' || current_setting('app.current_tenant_id', true)
        then current_setting('app.current_tenant_id', true) end $$`,
    codes: ['cached_plans'],
  },
  'a key over all tenants': {
    sql: 'alter table shared.project add unique (code)',
    codes: ['existence_oracle'],
  },
  'a unique index on an expression over all tenants': {
    sql: 'create unique index code_ix on shared.project (lower(code)) where budget >= 0',
    codes: ['existence_oracle'],
  },
  'an exclusion constraint over all tenants': {
    sql: `update shared.project set during = 'empty'; set constraints all immediate;
      alter table shared.project alter during set not null, add exclude using gist (during with &&)`,
    codes: ['existence_oracle'],
  },
  'a link without the tenant': {
    sql: `alter table shared.project add unique (id); alter table shared.task drop constraint task_tenant_id_project_id_fkey,
      add constraint link foreign key (project_id) references shared.project (id)`,
    codes: ['existence_oracle', 'foreign_link'],
  },
  'the owner among the groups': {
    sql: 'grant {p}owner to {p}tenant',
    codes: ['positive_controls', 'foreign_write', 'becoming_others', 'ddl_attempts', 'create_anywhere'],
  },
  'ownership of a table': {
    sql: 'alter table shared.journal owner to {p}tenant',
    codes: ['positive_controls', 'ddl_attempts'],
  },
  'a strong privilege': { sql: 'grant truncate on shared.project to {p}tenant', codes: ['ddl_attempts'] },
  'policies to a group': {
    sql: 'create policy p on shared.event as restrictive for all to {p}tenant using (true)',
    codes: ['ddl_attempts'],
  },
  'a partition within reach': {
    sql: 'alter table shared.event_p0 disable row level security; alter table shared.event_p1 disable row level security; grant select on shared.event_p0, shared.event_p1 to {p}tenant',
    codes: ['foreign_read', 'canary_sweep'],
  },
  'one column of a partition within reach': {
    sql: `do $$ declare t text; begin foreach t in array array['event_p0', 'event_p1'] loop
      execute format('alter table shared.%I disable row level security', t); execute format('grant select (payload) on shared.%I to public', t); end loop; end $$`,
    codes: ['foreign_read', 'canary_sweep'],
  },
  'a view of the owner of everything': {
    sql: 'create view shared.all_projects as select * from shared.project; grant select on shared.all_projects to {p}tenant',
    codes: ['canary_sweep'],
  },
  'a view in another schema': {
    sql: 'create schema other; grant usage on schema other to public; create view other.v as select payload from shared.event; grant select on other.v to public',
    codes: ['canary_sweep'],
  },
  'a view that can be written through': {
    sql: 'create view shared.v as select tenant_id, id, name from shared.project; grant select, update, delete on shared.v to {p}tenant',
    codes: ['foreign_write', 'canary_sweep'],
  },
  'a view that filters by itself': {
    sql: `create view shared.mine as select * from shared.project where tenant_id = (select fed.current_tenant()); grant select on shared.mine to {p}tenant`,
    codes: ['canary_sweep'],
  },
  'a materialised view, not refreshed yet': {
    sql: 'create materialized view shared.mv as select name from shared.project with no data; grant select on shared.mv to {p}tenant',
    codes: ['canary_sweep'],
  },
  'a function that shows rows': {
    sql: `create function shared.f() returns setof shared.project language sql security definer as 'select * from shared.project'; grant execute on function shared.f() to public`,
    codes: ['callable_functions'],
  },
  'a function that shows rows in its errors': {
    sql: `create function shared.f() returns void language plpgsql security definer as $$ begin
      raise exception '%', (select string_agg(name, ',') from shared.project); end $$; grant execute on function shared.f() to public`,
    codes: ['callable_functions'],
  },
  'a procedure that shows rows in a notice': {
    sql: `create procedure shared.f() language plpgsql security definer as $$ begin
      raise notice '%', (select string_agg(name, ',') from shared.project); end $$; grant execute on procedure shared.f() to public`,
    codes: ['callable_functions'],
  },
  'a function that shows the rows of whom it is asked for': {
    sql: `create function shared.f(who text) returns setof text language sql security definer as 'select name from shared.project where tenant_id = who'; grant execute on function shared.f(text) to public`,
    codes: ['callable_functions'],
  },
  'a trigger that raises rows of others': {
    sql: `create function shared.t() returns trigger language plpgsql security definer as $$ begin
      if (select count(*) from shared.journal where line like 'fgshared7v%') > 0 then raise exception '%', (select string_agg(line, ',') from shared.journal); end if; return new; end $$;
      create trigger t before update on shared.project for each row execute function shared.t()`,
    codes: ['positive_controls', 'foreign_write', 'hand_over'],
  },
  'membership of another tenant': {
    sql: 'create role {p}other; grant {p}other to {p}tenant',
    codes: ['becoming_others'],
  },
  'a role that passes by': {
    sql: 'create role {p}other bypassrls; grant {p}other to {p}tenant',
    codes: ['becoming_others'],
  },
  'a schema to create in': { sql: 'grant create on schema shared to {p}tenant', codes: ['create_anywhere'] },
  'files of the server': {
    sql: 'grant execute on function pg_read_file(text) to {p}tenant',
    codes: ['server_reach'],
  },
  'predefined roles': {
    sql: 'grant pg_read_all_settings, pg_monitor to {p}tenant',
    codes: ['becoming_others', 'server_reach'],
  },
  'a gateway with rights of its own': {
    sql: 'grant usage on schema shared to {p}gateway; alter role {p}gateway bypassrls; grant select on shared.journal to {p}gateway',
    codes: ['gateway_alone'],
  },
  'a gateway that inherits': {
    sql: `alter table shared.country enable row level security; do $$ begin
      if current_setting('server_version_num')::int >= 160000 then execute 'grant {p}real to {p}gateway with inherit true';
      else execute 'alter role {p}gateway inherit'; end if; end $$`,
    codes: ['gateway_alone'],
  },
  'a reference table that tenants write': {
    sql: 'grant update on shared.country to {p}tenant',
    codes: ['foreign_write'],
  },
  'an append-only table that is not': {
    sql: `grant delete on shared.journal to {p}tenant; create policy del on shared.journal for delete using (tenant_id = (select fed.current_tenant()))`,
    codes: ['positive_controls'],
  },
  'a table that its tenants cannot write': {
    sql: `drop policy ins on shared.event`,
    codes: ['positive_controls'],
  },
  'a table that nobody can fill': {
    sql: `create table shared.puzzle (tenant_id text not null, n integer not null check (n * n = 1522756)); alter table shared.puzzle enable row level security;
      create policy p on shared.puzzle using (tenant_id = (select fed.current_tenant())); grant select, insert, update, delete on shared.puzzle to {p}tenant`,
    codes: ['unprobed_tables'],
  },
};

describe('tenants in shared tables', () => {
  it('are apart as built', async () => {
    expect(findingsOf(await probeShared(database), ['error', 'warning'])).toEqual([]);
  });

  it.each(Object.entries(SABOTAGE))('are not with %s', async (_what, { sql, codes }) => {
    const report = await probeShared(database, sql);
    expect([codesOf(report), findingsOf(report).join('\n')]).toEqual([codes, expect.anything()]);
  });

  it.each([
    ['immutable', ['cached_plans']],
    ['stable', []],
  ])('of one role keep rows of others in plans when the identity is %s', async (volatility, codes) => {
    const sabotage = `create function fed.cur() returns text language sql ${volatility} as $$ select current_setting('app.current_tenant_id', true) $$;
      grant execute on function fed.cur() to {p}tenant; alter policy sel on shared.event using (tenant_id = fed.cur())`;
    const report = await probeShared(database, sabotage, (arena) => ({
      ...arena,
      attacker: { ...arena.attacker, id: 'two', enter: arena.victim.enter },
      victim: { ...arena.victim, id: 'one', role: arena.attacker.role, enter: arena.attacker.enter },
      forgeries: [],
      dismissal: [],
    }));
    expect(codesOf(report).filter((code) => code === 'cached_plans')).toEqual(codes);
  });
});
