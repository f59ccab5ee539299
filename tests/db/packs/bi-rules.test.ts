import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BI } from '../../support/built-in-packs.js';
import { BI_ROWS, insertRow, type Row } from '../../support/pack-rows.js';
import { createPackWorld, type PackWorld } from '../../support/pack-world.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const VIOLATION = '23514';
const DUPLICATE = '23505';
const DANGLING = '23503';
const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;

/** What the original accepted, by the weakness's number in the inventory. */
describe.each([14, 15, 18] as const)('pack bi on PostgreSQL %i', (major) => {
  let server: TestServer;
  let world: PackWorld;
  const run = (...statements: string[]): Promise<string> => world.run('alpha', statements.join(';\n'));
  const row = (table: string, n: number, changed: Row = {}): string =>
    insertRow(BI, table, { ...BI_ROWS[table]?.(n)[0], ...changed });
  const needed = (): string => ['roles', 'users'].map((table) => row(table, 8)).join(';\n');

  beforeAll(async () => {
    server = await startTestServer(major);
    world = await createPackWorld(server, BI, BI_ROWS);
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  describe('B2: roles and users', () => {
    it('a role’s name is taken once per tenant, case apart', async () => {
      expect(await run(row('roles', 8, { name: 'ROLE 1' }))).toBe(DUPLICATE);
      expect(await run(row('roles', 8, { name: 'Another' }))).toBe('INSERT 1');
    });
    it('a user has a role that exists', async () => {
      expect(await run(row('users', 8, { role_id: id(9) }))).toBe(DANGLING);
      expect(await run(row('users', 8, { role_id: id(1) }))).toBe('INSERT 1');
    });
    it('a role says each thing once', async () => {
      expect(await run(row('permissions', 8, { role_id: id(1) }))).toBe(DUPLICATE);
      expect(await run(row('permissions', 8, { role_id: id(1), action: 'edit' }))).toBe('INSERT 1');
    });
    it('who owns something cannot be deleted before it is handed over', async () => {
      expect(await run(`delete from bi.users where id = '${id(1)}'`)).toBe(DANGLING);
      expect(await run(needed(), `delete from bi.users where id = '${id(8)}'`)).toBe('DELETE 1');
    });
  });

  describe('B4: user names and e-mails', () => {
    it.each([
      ['username', 'USER1'],
      ['email', 'USER1@EXAMPLE.COM'],
    ])('%s is taken once per tenant, case apart', async (column, taken) => {
      expect(await run(row('users', 8, { role_id: id(1), [column]: taken }))).toBe(DUPLICATE);
      expect(await run(row('users', 8, { role_id: id(1), [column]: `New.${taken}` }))).toBe('INSERT 1');
    });
    it('are free in another tenant', async () => {
      const own = row('users', 8, { role_id: id(1), username: 'User7', email: 'User7@example.com' });
      expect(await world.run('beta', own)).toBe(DUPLICATE);
      expect(await run(own)).toBe('INSERT 1');
    });
  });

  describe('B3: grants of dashboards', () => {
    const grant = (changed: Row): string =>
      insertRow(BI, 'dashboard_permissions', { dashboard_id: id(1), permission_type: 'view', ...changed });

    it.each([
      ['a user', { user_id: id(1) }, { user_id: id(8) }],
      ['a role', { role_id: id(1) }, { role_id: id(8) }],
    ])('%s is granted a dashboard once', async (_who, taken, free) => {
      expect(await run(needed(), grant(taken))).toBe(DUPLICATE);
      expect(await run(needed(), grant({ ...taken, permission_type: 'admin' }))).toBe(DUPLICATE);
      expect(await run(needed(), grant(free))).toBe('INSERT 1');
    });
    it('have exactly one grantee', async () => {
      expect(await run(grant({}))).toBe(VIOLATION);
      expect(await run(needed(), grant({ user_id: id(8), role_id: id(8) }))).toBe(VIOLATION);
      expect(
        await run(`update bi.dashboard_permissions set role_id = '${id(2)}' where user_id = '${id(1)}'`),
      ).toBe(VIOLATION);
    });
    it.each(['view', 'edit', 'share', 'admin'])('may be for: %s', async (permission_type) => {
      expect(await run(needed(), grant({ user_id: id(8), permission_type }))).toBe('INSERT 1');
    });
    it('are for nothing else', async () => {
      expect(await run(needed(), grant({ user_id: id(8), permission_type: 'own' }))).toBe(VIOLATION);
    });
    it('stay when who granted them goes', async () => {
      const given = grant({ role_id: id(8), granted_by: id(8) });
      const left = `select granted_by is null from bi.dashboard_permissions where role_id = '${id(8)}'`;
      expect(await run(needed(), given, left)).toBe('false');
      const another = row('users', 8, { id: id(9), username: 'g', email: 'g@h' });
      const by = grant({ role_id: id(8), granted_by: id(9) });
      expect(await run(needed(), another, by, `delete from bi.users where id = '${id(9)}'`, left)).toBe(
        'true',
      );
    });
  });

  describe('B5: data sources hold no secret', () => {
    const source = (connection_config: object, changed: Row = {}): string =>
      row('data_sources', 8, { owner_id: id(1), connection_config, ...changed });

    it.each([
      [{ password: 'x' }],
      [{ Password: 'x' }],
      [{ user: 'u', pwd: 'x' }],
      [{ auth: { clientSecret: 'x' } }],
      [{ replicas: [{ host: 'a' }, { access_token: 'x' }] }],
      [{ api_key: 'x' }],
      [{ 'private-key': 'x' }],
      [{ credentials: { user: 'u' } }],
      [{ url: 'postgresql://u:x@db.example.com/app' }],
      [{ dsn: 'Server=db;User=u;Password=x' }],
      [{ pem: '-----BEGIN RSA PRIVATE KEY-----' }],
      [{ note: 'AKIAIOSFODNN7EXAMPLE' }],
    ])('%j is refused', async (config) => {
      expect(await run(source(config))).toBe(VIOLATION);
    });
    it.each([
      [{ host: 'db', port: 5432, user: 'u', sslmode: 'verify-full' }],
      [{ url: 'postgresql://u@db.example.com:5432/app' }],
      [{ password_ref: 'vault:bi/source' }],
      [{ tokenUrl: 'https://login.example.com/token', usePassword: true }],
      [{}],
    ])('%j is taken', async (config) => {
      expect(await run(source(config))).toBe('INSERT 1');
    });
    it('the configuration is an object', async () => {
      expect(await run(source(['password']))).toBe(VIOLATION);
    });
    it.each(['arn:aws:secretsmanager:eu-west-1:1:secret:bi-x', 'vault:bi/source', 'env:BI_SOURCE'])(
      'where the secret is may be said: %s',
      async (secret_ref) => {
        expect(await run(source({}, { secret_ref }))).toBe('INSERT 1');
      },
    );
    it.each(['hunter2', 'postgresql://u:x@db/app', 'vault:bi source', ''])(
      'what is no reference is refused: %j',
      async (secret_ref) => {
        expect(await run(source({}, { secret_ref }))).toBe(VIOLATION);
      },
    );
    it('types and states are checked, and a column is introspected once', async () => {
      expect(await run(source({}, { status: 'gone' }))).toBe(VIOLATION);
      expect(await run(source({}, { type: 'Postgre SQL' }))).toBe(VIOLATION);
      const column = row('data_source_schemas', 8, { data_source_id: id(1) });
      expect(await run(column)).toBe(DUPLICATE);
    });
  });

  describe('B8: times, references and retention', () => {
    it('updated_at is the server’s', async () => {
      const update = `update bi.dashboards set updated_at = '2001-01-01' where id = '${id(1)}'
        returning updated_at > now() - interval '1 hour'`;
      expect(await run(update)).toBe('true');
    });
    it('an alert outlives its query, and goes with its history', async () => {
      const left = `select count(*) from bi.alerts where id = '${id(1)}' and query_id is null`;
      const history = `select count(*) from bi.alert_history where alert_id = '${id(1)}'`;
      expect(await run(`delete from bi.saved_queries where id = '${id(1)}'`, left)).toBe('1');
      expect(await run(history)).toBe('1');
      expect(await run(`delete from bi.alerts where id = '${id(1)}'`, history)).toBe('0');
    });
    it('a purge removes exactly what is older than 90 days, of the tenant that asks, in batches', async () => {
      const old = (n: number, age: string): string =>
        row('alert_history', n, { alert_id: id(1) })
          .replace('insert into bi.alert_history (', 'insert into bi.alert_history (triggered_at, ')
          .replace(' values (', ` values (now() - interval '${age}', `);
      const aged = [old(3, '91 days'), old(4, '92 days'), old(5, '89 days')].join(';\n');
      const kept = `select string_agg(right(id::text, 1), ',' order by id) from bi.alert_history`;
      expect(await run(aged, 'select bi.purge_alert_history()')).toBe('2');
      expect(await run(aged, 'select bi.purge_alert_history()', kept)).toBe('1,2,5');
      expect(await run(aged, 'select bi.purge_alert_history(1)', kept)).toBe('1,2,3,5');
      expect(await world.run('beta', 'select bi.purge_alert_history()')).toBe('0');
      expect(await world.run('adm', 'select bi.purge_alert_history()')).toBe('0');
    });
  });
});
