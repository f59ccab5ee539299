import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, rollback } from '../../../src/index.js';
import { createAttackedWorld, type Actor, type AttackedWorld } from '../../support/attack.js';
import { diffCatalogues, snapshotCatalogue } from '../../support/catalogue.js';
import { withClient } from '../../support/database.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { loginUrl } from '../../support/rows.js';

const DENIED = '42501';

/** The functions of the control plane that answer; current_tenant() and current_tenant(pack) are two. */
const CALLABLE: Readonly<Partial<Record<Actor, readonly string[]>>> = {
  hr: ['challenge', 'current_tenant', 'current_tenant', 'enter', 'is_platform', 'may_read'],
  adm: [
    'challenge',
    'cleanup_old_audit_logs',
    'cleanup_old_security_audit',
    'current_tenant',
    'current_tenant',
    'effective_permission',
    'enter',
    'grant_cross_dept',
    'is_platform',
    'may_read',
    'revoke_cross_dept',
    'sync_cross_dept_grants',
  ],
  app: [],
  stranger: [],
};

/** Statements that are kept, and must leave no trace; many of them succeed with a warning. */
const TRACELESS: readonly (readonly [Actor, string, string, since?: number])[] = [
  ['hr', 'drop owned by hr_role', 'DROP 0'],
  ['hr', 'drop owned by federation_tenant', 'DROP 0'],
  ['hr', 'drop owned by federation_tenant cascade', 'DROP 0'],
  ['hr', 'drop owned by sales_role', DENIED],
  ['hr', 'drop owned by federation_owner', DENIED],
  ['hr', 'reassign owned by federation_tenant to hr_role', 'REASSIGN 0'],
  ['adm', 'drop owned by federation_admin_role', 'DROP 0'],
  ['adm', 'drop owned by adm_login', 'DROP 0'],
  ['app', 'set local role cross_dept_query_role; drop owned by cross_dept_query_role', 'DROP 0'],
  ['app', 'set local role hr_role; drop owned by hr_role, federation_tenant', 'DROP 0'],
  ['hr', 'grant select on hr_tenant.contacts to sales_role', 'GRANT 0'],
  ['hr', 'grant usage on schema hr_tenant to sales_role', 'GRANT 0'],
  ['hr', 'grant execute on function federation.current_tenant() to stranger_login', 'GRANT 0'],
  ['hr', 'revoke execute on function federation.current_tenant() from federation_tenant', 'REVOKE 0'],
  ['hr', 'revoke usage on schema sales_tenant from sales_role', DENIED],
  ['hr', 'revoke federation_tenant from hr_role', DENIED],
  // PostgreSQL 14 lets a role decide about membership in itself.
  ['hr', 'revoke hr_role from cross_dept_query_role', DENIED, 15],
];

/** Default privileges that a department can write: for itself, for its group, and in anybody's schema. */
const OWN_LITTER = [
  'alter default privileges grant select on tables to sales_role',
  'alter default privileges in schema sales_tenant grant select on tables to sales_role',
  'alter default privileges in schema federation grant execute on functions to sales_role',
];
const GROUP_LITTER =
  'alter default privileges for role federation_tenant grant select on tables to sales_role';

// Memberships differ on 14 and 15, and from 16 on; the catalogue's other rules are those of 14 or of 18.
describe.each([14, 16, 18] as const)('the catalogue under attack on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: AttackedWorld;
  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createAttackedWorld(server, `catalogue ${major}`);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });
  const snapshot = (): Promise<string[]> =>
    withClient(world.database.url, (client) => snapshotCatalogue(client));
  const rows = async (sql: string): Promise<string[]> => {
    const result = await world.client('superuser').query<[string]>({
      text: world.localize(sql),
      rowMode: 'array',
    });
    return result.rows.map(([row]) => row.replaceAll(world.database.rolePrefix, ''));
  };

  it('shows roles that can do nothing by themselves', async () => {
    const of = (name: string, login: boolean, inherit: boolean): string => `${name} ${login} ${inherit}`;
    expect(
      await rows(`select concat_ws(' ', rolname, rolcanlogin, rolinherit) from pg_roles
        where starts_with(rolname, '${world.database.rolePrefix}') and rolname !~ '_login$'
          and not (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls) order by 1`),
    ).toEqual(
      [
        of('cross_dept_query_role', false, false),
        of('federation_admin_role', false, true),
        of('federation_owner', false, true),
        of('federation_tenant', false, true),
        of('hr_role', true, true),
        of('legal_role', true, true),
        of('sales_role', true, true),
      ].map((line) => line.replaceAll('true', 't').replaceAll('false', 'f')),
    );
  });

  it('shows no membership but of departments in their group and of the gateway in departments', async () => {
    const options = (inherit: boolean): string => (major < 16 ? '' : ` inherit=${inherit} set=true`);
    expect(
      await rows(`select m.member::regrole || ' in ' || m.roleid::regrole || ' admin=' || m.admin_option ||
          coalesce(' inherit=' || (to_jsonb(m) ->> 'inherit_option') || ' set=' || (to_jsonb(m) ->> 'set_option'), '')
        from pg_auth_members m where starts_with(m.member::regrole::text, '${world.database.rolePrefix}')
          and m.member::regrole::text !~ '_login$' order by 1`),
    ).toEqual([
      ...['hr', 'legal', 'sales'].map(
        (id) => `cross_dept_query_role in ${id}_role admin=false${options(false)}`,
      ),
      ...['hr', 'legal', 'sales'].map((id) => `${id}_role in federation_tenant admin=false${options(true)}`),
    ]);
    expect(
      await rows(
        `select m.member::regrole::text from pg_auth_members m where m.roleid = 'federation_owner'::regrole`,
      ),
    ).toEqual([]);
  });

  it.each(['hr', 'app', 'stranger'] as const)(
    'lets %s reach no table of the control plane',
    async (actor) => {
      const tables = await rows(`select relname from pg_class where relnamespace = 'federation'::regnamespace
      and relkind = 'r' order by 1`);
      expect(tables).toContain('tenants');
      for (const table of tables) {
        const name = `federation.${table}`;
        const [column] = await rows(
          `select attname from pg_attribute where attrelid = '${name}'::regclass and attnum = 1`,
        );
        expect(await world.run('superuser', `select count(*) from ${name}`)).toMatch(/^\d+$/);
        for (const sql of [
          `select from ${name}`,
          `select ${column ?? ''} from ${name}`,
          `insert into ${name} default values`,
          `update ${name} set ${column ?? ''} = default`,
          `delete from ${name}`,
          `truncate ${name} cascade`,
          `lock table ${name} in access share mode`,
        ])
          expect([sql, await world.run(actor, sql)]).toEqual([sql, DENIED]);
      }
    },
  );

  it.each(Object.entries(CALLABLE))('lets %s call the declared functions only', async (actor, callable) => {
    const functions = await rows(`select p.oid::regprocedure::text from pg_proc p
      where pronamespace = 'federation'::regnamespace order by proname`);
    expect(functions).toContain('federation.unregister_department(text)');
    const answering: string[] = [];
    for (const signature of functions) {
      const call = `select ${signature.replace(/[^(,]+(?=[,)])/g, (type) => `null::${type}`)}`;
      // Trigger functions refuse a superuser too, but not for want of a privilege.
      expect([call, await world.run('superuser', call)]).not.toEqual([call, DENIED]);
      if ((await world.run(actor as Actor, call)) !== DENIED)
        answering.push(signature.replace(/^federation\.|\(.*$/g, ''));
    }
    expect(answering).toEqual(callable);
  });

  it.each([
    ['hr', ['archive_old_conversation_history', 'cleanup_expired_session_context', 'purge_expired']],
    ['adm', ['archive_old_conversation_history', 'cleanup_expired_session_context', 'purge_expired']],
    ['sales', []],
    ['app', []],
    ['stranger', []],
  ] as const)('lets %s call %j of a department', async (actor, callable) => {
    const functions = await rows(
      `select proname from pg_proc where pronamespace = 'hr_tenant'::regnamespace order by 1`,
    );
    expect(functions).toHaveLength(4);
    const answering: string[] = [];
    for (const name of functions)
      if ((await world.run(actor, `select hr_tenant.${name}()`)) !== DENIED) answering.push(name);
    expect(answering).toEqual(callable);
  });

  it('says nothing of a department in any relation that another may read', async () => {
    const sweep = async (client: pg.Client): Promise<readonly [number, readonly string[]]> => {
      const found = await client.query<{ name: string }>(`select c.oid::regclass::text as name
        from pg_class c where relkind in ('r', 'v', 'm', 'p', 'S') and has_schema_privilege(relnamespace, 'usage')
          and has_table_privilege(c.oid, 'select') order by 1`);
      const leaks: string[] = [];
      for (const { name } of found.rows) {
        const all = await client.query<{ text: string | null }>(
          `select string_agg(t::text, ' ') as text from ${name} t`,
        );
        if (all.rows[0]?.text?.includes(world.canary)) leaks.push(name);
      }
      return [found.rows.length, leaks];
    };
    await world.client('superuser').query('analyze sales_tenant.contacts, sales_tenant.notifications');
    const [seen, leaks] = await sweep(world.client('hr'));
    expect(leaks).toEqual([]);
    expect(seen).toBeGreaterThan(150);
    const [, ofLegal] = await sweep(world.client('legal'));
    expect(ofLegal).toEqual(['sales_tenant.email_logs']);
  });

  it('is left as it was by DROP OWNED, REASSIGN OWNED, GRANT and REVOKE', async () => {
    const before = await snapshot();
    for (const [actor, sql, answer, since = 14] of TRACELESS) {
      if (since > major) continue;
      expect([sql, await world.run(actor, sql, 'commit')]).toEqual([sql, answer]);
    }
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  });

  it('would lose to DROP OWNED a policy that were written to the group', async () => {
    const before = await snapshot();
    const policy = 'create policy careless on sales_tenant.contacts to federation_tenant using (true)';
    await world.run('superuser', policy, 'commit');
    expect(diffCatalogues(before, await snapshot())).toHaveLength(1);
    expect(await world.run('hr', 'drop owned by federation_tenant', 'commit')).toBe('DROP 0');
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  });

  it.each([
    ['all at once', { kind: 'all' }],
    ['script by script', { kind: 'to', number: 0 }],
  ] as const)('is rid of a department’s default privileges when it goes %s', async (_how, goal) => {
    const before = await snapshot();
    const { database, settings } = world;
    await apply({ departmentId: 'intern', department: 'Interns', settings });
    const applied = await snapshot();
    const into = 'alter default privileges in schema intern_tenant grant select on tables to sales_role';
    expect(await world.run('hr', into, 'commit')).toBe('ALTER 0');
    await withClient(loginUrl(database, 'intern'), async (client) => {
      for (const sql of [...OWN_LITTER, GROUP_LITTER]) await client.query(world.localize(sql));
      await client.query(world.localize(`alter role ${database.rolePrefix}intern_role set work_mem = '1MB'`));
    });
    expect(diffCatalogues(applied, await snapshot())).toHaveLength(6);
    await rollback({ departmentId: 'intern', settings, goal });
    // docs/isolation.md, residual risks: entries for the group are nobody's.
    expect(diffCatalogues(before, await snapshot())).toEqual([
      expect.stringMatching(/^\+ default acl .*_federation_tenant/),
    ]);
    await world.run('superuser', GROUP_LITTER.replace('grant', 'revoke').replace(' to ', ' from '), 'commit');
    expect(diffCatalogues(before, await snapshot())).toEqual([]);
  });
});
