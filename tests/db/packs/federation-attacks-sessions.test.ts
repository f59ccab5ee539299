import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAttackedWorld, type AttackedWorld } from '../../support/attack.js';
import { withClient } from '../../support/database.js';
import { poll } from '../../support/poll.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { loginUrl } from '../../support/rows.js';

const DENIED = '42501';
const OWN = 'select count(*) from hr_tenant.contacts';
const SHARED = 'select count(*) from sales_tenant.email_logs';

describe.each([14, 16, 18] as const)('sessions on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: AttackedWorld;
  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createAttackedWorld(server, `sessions ${major}`);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });
  /** Statements of an administrator that a test takes back. */
  const undo: string[] = [];
  afterEach(async () => {
    for (const sql of undo.splice(0)) await world.run('superuser', sql, 'commit');
  });
  const change = async (sql: string, back: string): Promise<void> => {
    undo.unshift(back);
    expect(await world.run('superuser', sql, 'commit')).not.toMatch(/^\d/);
  };
  const expire = `update federation.cross_dept_permissions set granted_at = now() - interval '2 hours', expires_at = `;

  describe('a gateway', () => {
    it('has no rights of its own', async () => {
      for (const sql of [
        OWN,
        SHARED,
        'select federation.current_tenant()',
        'select * from federation.departments',
      ]) {
        expect([sql, await world.run('app', sql)]).toEqual([sql, DENIED]);
        const asGroup = `set local role cross_dept_query_role; ${sql}`;
        expect([asGroup, await world.run('app', asGroup)]).toEqual([asGroup, DENIED]);
      }
    });

    it.each(['hr', 'sales', 'legal'])('acts for %s, and for nobody else meanwhile', async (id) => {
      const as = `set local role ${id}_role`;
      expect(await world.run('app', `${as}; select federation.current_tenant()`)).toBe(id);
      expect(await world.run('app', `${as}; select contact_id from ${id}_tenant.contacts`)).toBe(
        `canary-of-${id}`,
      );
      for (const other of ['hr', 'sales', 'legal'].filter((each) => each !== id)) {
        expect(await world.run('app', `${as}; select count(*) from ${other}_tenant.contacts`)).toBe(DENIED);
        expect(
          await world.run(
            'app',
            `${as}; set local app.current_tenant_id = '${other}'; select count(*) from ${id}_tenant.contacts`,
          ),
        ).toBe('0');
      }
    });

    it('mixes no two departments up in one session, with generic plans', async () => {
      const app = world.client('app');
      await app.query(`set plan_cache_mode = force_generic_plan`);
      await app.query(world.localize('set role hr_role; prepare who as select federation.current_tenant()'));
      await app.query(`prepare own as select count(*) from hr_tenant.contacts`);
      await change(
        'grant usage on schema hr_tenant to sales_role; grant select on hr_tenant.contacts to sales_role',
        'revoke select on hr_tenant.contacts from sales_role; revoke usage on schema hr_tenant from sales_role',
      );
      for (const [id, rows] of [
        ['hr', '1'],
        ['sales', '0'],
        ['hr', '1'],
        ['legal', DENIED],
        ['hr', '1'],
      ] as const) {
        expect(await world.run('app', `set local role ${id}_role; execute who`)).toBe(id);
        expect(await world.run('app', `set local role ${id}_role; execute own`)).toBe(rows);
      }
      await app.query('discard all');
    });

    it('takes nothing over to the next transaction but what DISCARD ALL closes', async () => {
      const app = world.client('app');
      await app.query(world.localize('begin; set local role hr_role'));
      await app.query('declare held cursor with hold for select contact_id from hr_tenant.contacts');
      await app.query(`set local app.current_tenant_id = 'hr'; commit`);
      expect(await world.run('app', 'select current_user = session_user')).toBe('true');
      expect(await world.run('app', `set local role sales_role; select federation.current_tenant()`)).toBe(
        'sales',
      );
      // Its rows were fetched when it was made. docs/isolation.md tells gateways to close such cursors.
      expect(await world.run('app', 'fetch held')).toBe('canary-of-hr');
      await app.query('discard all');
      expect(await world.run('app', 'fetch held')).toBe('34000');
    });
  });

  describe('the identity functions, which run as the owner', () => {
    const TRAP = `create function lab.trap(anyelement) returns boolean language plpgsql
      as $$ begin raise exception 'trapped as %', current_user; end $$`;
    // Types are looked for in pg_temp first, unless the search_path names it last; their checks run code of hr.
    it.each(['name', 'text'])('take no temporary type %s that is a trap', async (type) => {
      const trap = `${TRAP}; create domain pg_temp.${type} as pg_catalog.${type} check (lab.trap(value))`;
      // A session of its own: PL/pgSQL keeps what it has once looked up.
      await withClient(loginUrl(world.database, 'hr'), async (client) => {
        await client.query(`begin; ${trap}; savepoint trapped`);
        await expect(client.query(`select 'x'::${type}`)).rejects.toMatchObject({ code: 'P0001' });
        await client.query('rollback to savepoint trapped');
        for (const call of ['current_tenant()', `may_read('sales', 'emails')`]) {
          const { rows } = await client.query<{ answer: unknown }>(`select federation.${call} as answer`);
          expect(rows).toEqual([{ answer: call.startsWith('may') ? false : 'hr' }]);
        }
        await client.query('rollback');
      });
    });
  });

  describe('a permitted reader', () => {
    const again = `${expire} null, enabled = true; select federation.sync_cross_dept_grants('sales')`;

    it('loses access under a prepared statement', async () => {
      const legal = world.client('legal');
      await legal.query('set plan_cache_mode = force_generic_plan');
      await legal.query(`prepare shared as ${SHARED}`);
      expect(await world.run('legal', 'execute shared')).toBe('1');
      await change(`${expire} now() - interval '1 hour'`, again);
      expect(await world.run('legal', 'execute shared')).toBe('0');
      await change(`select federation.revoke_cross_dept('legal', 'sales', 'read', 'emails', 'boss')`, again);
      expect(await world.run('legal', 'execute shared')).toBe(DENIED);
      await world.run('superuser', again, 'commit');
      expect(await world.run('legal', 'execute shared')).toBe('1');
      await legal.query('deallocate shared');
    });

    it('loses access inside an open transaction, when the time has come', async () => {
      const legal = world.client('legal');
      const read = async (sql: string): Promise<number> => (await legal.query(sql)).rows.length;
      await change(`${expire} clock_timestamp() + interval '1 second'`, again);
      await legal.query('begin isolation level repeatable read');
      expect(await read('select 1 from sales_tenant.email_logs')).toBe(1);
      await legal.query('declare early cursor for select 1 from sales_tenant.email_logs');
      await poll('the permission to expire', async () =>
        (await read('select 1 from sales_tenant.email_logs')) === 0 ? true : undefined,
      );
      expect(await read('fetch early')).toBe(0);
      await legal.query('commit');
    });

    it('keeps only what a cursor WITH HOLD has fetched', async () => {
      const legal = world.client('legal');
      await legal.query(
        'begin; declare held cursor with hold for select subject from sales_tenant.email_logs; commit',
      );
      await change(`select federation.revoke_cross_dept('legal', 'sales', 'read', 'emails', 'boss')`, again);
      expect(await world.run('legal', 'fetch held')).toBe('canary-of-sales');
      const next = 'declare another cursor with hold for select subject from sales_tenant.email_logs';
      expect(await world.run('legal', next)).toBe(DENIED);
      await legal.query('close held');
    });
  });

  describe('a suspended department', () => {
    it('reads and writes nothing, at once and in all sessions, until it is resumed', async () => {
      await world.client('hr').query(`prepare own as ${OWN}`);
      expect(await world.run('hr', 'execute own')).toBe('1');
      const suspend = `update federation.tenants set status = 'suspended' where tenant_id = 'hr'`;
      const resume = suspend.replace('suspended', 'active');
      expect(await world.run('adm', suspend, 'commit')).toBe('UPDATE 1');
      for (const [sql, answer] of [
        ['execute own', '0'],
        ['select federation.current_tenant()', 'null'],
        [`update hr_tenant.contacts set full_name = 'x'`, 'UPDATE 0'],
        ['delete from hr_tenant.contacts', 'DELETE 0'],
        [`insert into hr_tenant.contacts (contact_id) values ('x')`, DENIED],
      ] as const) {
        expect([sql, await world.run('hr', sql)]).toEqual([sql, answer]);
        if (sql !== 'execute own')
          expect([sql, await world.run('app', `set local role hr_role; ${sql}`)]).toEqual([sql, answer]);
      }
      expect(await world.run('adm', resume, 'commit')).toBe('UPDATE 1');
      expect(await world.run('hr', 'execute own')).toBe('1');
      const trace = `select string_agg(details ->> 'to', ' ' order by created_at) from federation.security_audit
        where event_type = 'TENANT_STATUS_CHANGED' and source_department_id = 'hr' and recorded_by = 'adm_login'`;
      expect(await world.run('adm', trace)).toBe('suspended active');
      await world.client('hr').query('deallocate own');
    });
  });

  describe('an administrator', () => {
    it.each(['hr', 'sales', 'legal'])('reads and writes the rows of %s, as rows of %s', async (id) => {
      const table = `${id}_tenant.notifications`;
      for (const [sql, answer] of [
        [`select title from ${table}`, `canary-of-${id}`],
        [`update ${table} set message = 'x'`, 'UPDATE 1'],
        [`delete from ${table}`, 'DELETE 1'],
        [`insert into ${table} (user_id, notification_type, title) values ('u', 't', 't')`, 'INSERT 1'],
        [
          `insert into ${table} (department, user_id, notification_type, title) values ('zz', 'u', 't', 't')`,
          DENIED,
        ],
        [`update ${table} set department = 'zz'`, DENIED],
        [`truncate ${table}`, DENIED],
        [`select event_type from ${id}_tenant.audit_trail`, `canary-of-${id}`],
      ] as const)
        expect([sql, await world.run('adm', sql)]).toEqual([sql, answer]);
    });
  });

  describe('the floor', () => {
    const STRAY = ['notifications', 'contacts'].map((table) => `sales_tenant.${table}`);
    const open = [
      'grant usage on schema sales_tenant to hr_role, stranger_login',
      ...STRAY.map((table) => `grant select, insert, update, delete on ${table} to hr_role, stranger_login`),
      ...STRAY.map((table) => `create policy careless on ${table} using (true) with check (true)`),
      `create function lab.peek(text) returns boolean language plpgsql cost 0.0000001
        as $$ begin raise exception 'saw %', $1; end $$`,
    ].join('; ');
    const close = [
      ...STRAY.map((table) => `drop policy careless on ${table}`),
      ...STRAY.map(
        (table) => `revoke select, insert, update, delete on ${table} from hr_role, stranger_login`,
      ),
      'revoke usage on schema sales_tenant from hr_role, stranger_login',
      'drop function lab.peek(text)',
    ].join('; ');

    it('holds against stray grants and policies USING (true), and hides rows from leaky functions', async () => {
      await change(open, close);
      expect(
        await world.run('hr', 'select count(*) from hr_tenant.notifications where lab.peek(title)'),
      ).toBe('P0001');
      for (const table of STRAY) {
        const text = table.endsWith('contacts') ? 'full_name' : 'title';
        for (const [sql, answer] of [
          [`select count(*) from ${table}`, '0'],
          [`select count(*) from ${table} where lab.peek(${text})`, '0'],
          [`update ${table} set created_at = created_at`, 'UPDATE 0'],
          [`delete from ${table}`, 'DELETE 0'],
        ] as const)
          expect([sql, await world.run('hr', sql)]).toEqual([sql, answer]);
        expect(await world.run('stranger', `select count(*) from ${table}`)).toBe(DENIED);
      }
      expect(await world.run('hr', `insert into sales_tenant.contacts (contact_id) values ('x')`)).toBe(
        DENIED,
      );
      // Without the floor the same grants and policies open everything.
      await change(
        'alter policy floor on sales_tenant.notifications using (true)',
        `alter policy floor on sales_tenant.notifications using (department = (select case when
          pg_has_role('federation_admin_role', 'usage') then 'sales' else federation.current_tenant() end))`,
      );
      expect(await world.run('hr', 'select count(*) from sales_tenant.notifications')).toBe('1');
    });

    it('stands in parallel workers, which learn of the effective role', async () => {
      const parallel = `set local ${major < 16 ? 'force_parallel_mode' : 'debug_parallel_query'} = on`;
      const prelude = `${parallel}; set local role hr_role`;
      expect(await world.run('app', `${prelude}; select federation.current_tenant()`)).toBe('hr');
      expect(await world.run('app', `${prelude}; ${OWN}`)).toBe('1');
      expect(
        await world.run('app', `${prelude}; explain (costs off) select federation.current_tenant()`),
      ).toBe('Gather');
      expect(await world.run('legal', `${parallel}; ${SHARED}`)).toBe('1');
      expect(await world.run('legal', `${parallel}; select count(*) from sales_tenant.contacts`)).toBe(
        DENIED,
      );
    });
  });
});
