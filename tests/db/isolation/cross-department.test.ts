import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply, validate, type Settings } from '../../../src/index.js';
import { loadPack } from '../../../src/packs/load.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import { insertsFor, loginUrl } from '../../support/rows.js';

const TABLES = (await loadPack('federation')).tables.map((table) => table.name);
const COMMANDS = ['select', 'count', 'insert', 'update', 'delete', 'truncate', 'lock', 'trigger'] as const;
type Command = (typeof COMMANDS)[number];

const DEPARTMENTS = [
  { departmentId: 'hr', department: 'Human Resources' },
  { departmentId: 'sales', department: 'Sales' },
] as const;

let database: TestDatabase;
let settings: Settings;
/** An INSERT for each table and department that its own role is allowed to run. */
const inserts = new Map<string, string>();

beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'isolation');
  settings = testSettings(database);
  for (const department of DEPARTMENTS) await apply({ ...department, settings });
  for (const { departmentId } of DEPARTMENTS) {
    const rows = await insertsFor(database, departmentId);
    await withClient(loginUrl(database, departmentId), async (client) => {
      for (const [table, sql] of rows) {
        inserts.set(`${departmentId}.${table}`, sql);
        await client.query(sql);
      }
    });
  }
});
afterAll(() => database.drop());

function attack(command: Command, victim: string, table: string): string {
  const name = `${victim}_tenant.${pg.escapeIdentifier(table)}`;
  const statements: Readonly<Record<Command, string>> = {
    select: `select * from ${name}`,
    count: `select count(*) from ${name}`,
    insert: inserts.get(`${victim}.${table}`) ?? '',
    update: `update ${name} set department = department`,
    delete: `delete from ${name}`,
    truncate: `truncate ${name}`,
    lock: `lock table ${name} in access share mode`,
    trigger: `create trigger spy before insert on ${name} for each row execute function suppress_redundant_updates_trigger()`,
  };
  return statements[command];
}

/** Tries a statement as a real login of the department; undoes it. Answers what happened. */
async function attempt(departmentId: string, sql: string): Promise<string> {
  return withClient(loginUrl(database, departmentId), async (client) => {
    await client.query('begin');
    try {
      const { rowCount } = await client.query(sql);
      return `done, ${rowCount ?? 0} rows`;
    } catch (error) {
      return error instanceof pg.DatabaseError ? (error.code ?? '') : String(error);
    } finally {
      await client.query('rollback');
    }
  });
}

/** Everything that hr gets out of sales, other than the refusal it should get. */
async function findHoles(tables: readonly string[]): Promise<string[]> {
  const holes: string[] = [];
  for (const table of tables) {
    for (const command of COMMANDS) {
      const answer = await attempt('hr', attack(command, 'sales', table));
      if (answer !== '42501') holes.push(`${command} ${table}: ${answer}`);
    }
  }
  return holes;
}

describe('a department as a real login', () => {
  it.each(TABLES)('works with its own %s', async (table) => {
    const isEvidence = table === 'audit_trail';
    expect(await attempt('hr', attack('select', 'hr', table))).toBe('done, 1 rows');
    expect(await attempt('hr', attack('update', 'hr', table))).toBe(isEvidence ? '42501' : 'done, 1 rows');
    expect(await attempt('hr', attack('delete', 'hr', table))).toMatch(
      // a tool call that other rows point at stays
      isEvidence ? /^42501$/ : table === 'tool_calls' ? /^(done, 1 rows|23503)$/ : /^done, 1 rows$/,
    );
    expect(await attempt('hr', attack('truncate', 'hr', table))).toBe('42501');
  });

  it.each(TABLES)('is refused every command on the %s of another', async (table) => {
    expect(await findHoles([table])).toEqual([]);
  });

  it('cannot put rows of another department into its own tables, or hand its own over', async () => {
    for (const table of TABLES) {
      const foreign = (inserts.get(`hr.${table}`) ?? '').replaceAll("'hr'", "'sales'");
      expect([table, await attempt('hr', foreign)]).toEqual([table, '42501']);
      const name = `hr_tenant.${pg.escapeIdentifier(table)}`;
      expect([table, await attempt('hr', `update ${name} set department = 'sales'`)]).toEqual([
        table,
        '42501',
      ]);
    }
  });

  it('gains nothing by forging the tenant setting, and loses its own rows by it', async () => {
    await withClient(loginUrl(database, 'hr'), async (client) => {
      await client.query(`set app.current_tenant_id = 'sales'`);
      const own = await client.query('select count(*)::int as n from hr_tenant.contacts');
      expect(own.rows).toEqual([{ n: 0 }]);
      await expect(client.query('select * from sales_tenant.contacts')).rejects.toMatchObject({
        code: '42501',
      });
      await client.query(`set app.current_tenant_id = 'hr'`);
      const again = await client.query('select count(*)::int as n from hr_tenant.contacts');
      expect(again.rows).toEqual([{ n: 1 }]);
    });
  });

  it('reads nothing of the control plane', async () => {
    const { rows } = await withClient(database.url, (client) =>
      client.query<{ name: string }>(
        `select relname as name from pg_class where relnamespace = 'federation'::regnamespace and relkind = 'r'`,
      ),
    );
    expect(rows.length).toBeGreaterThan(8);
    for (const { name } of rows) {
      const table = `federation.${pg.escapeIdentifier(name)}`;
      for (const sql of [`select * from ${table}`, `delete from ${table}`, `truncate ${table}`]) {
        expect([sql, await attempt('hr', sql)]).toEqual([sql, '42501']);
      }
    }
  });
});

describe('the same tests, when the protection is taken away', () => {
  const sabotage = (...statements: string[]): Promise<void> =>
    withClient(database.url, async (client) => {
      for (const sql of statements)
        await client.query(sql.replaceAll('hr_role', `${database.rolePrefix}hr_role`));
    });
  const found = async (): Promise<{ readonly broken: boolean; readonly objects: readonly string[] }> => {
    const report = await validate({ departmentId: 'hr', settings });
    const checks = report.targets.flatMap((target) => target.checks);
    return {
      broken: report.isolationBroken,
      objects: checks.flatMap(({ findings }) => findings.map(({ object }) => object)),
    };
  };
  const holding = (object: string): unknown => expect.arrayContaining([object]);

  it('find a grant', async () => {
    await sabotage(
      'grant usage on schema sales_tenant to hr_role',
      'grant select on sales_tenant.contacts to hr_role',
    );
    expect(await findHoles(['contacts'])).toEqual([
      'select contacts: done, 0 rows',
      'count contacts: done, 1 rows',
      'lock contacts: done, 0 rows',
    ]);
    expect(await found()).toEqual({ broken: true, objects: holding('sales_tenant.contacts') });
    await sabotage(
      'revoke select on sales_tenant.contacts from hr_role',
      'revoke usage on schema sales_tenant from hr_role',
    );
    expect(await findHoles(['contacts'])).toEqual([]);
    expect(await found()).toEqual({ broken: false, objects: [] });
  });

  it('find a grant with the policies gone', async () => {
    await sabotage(
      'grant usage on schema sales_tenant to hr_role',
      'grant select, insert, update, delete on sales_tenant.notifications to hr_role',
      'alter table sales_tenant.notifications disable row level security',
    );
    const holes = await findHoles(['notifications']);
    expect(holes).toContain('select notifications: done, 1 rows');
    expect(holes).toContain('update notifications: done, 1 rows');
    expect(holes).toContain('delete notifications: done, 1 rows');
    expect(await found()).toEqual({ broken: true, objects: holding('sales_tenant.notifications') });
    await sabotage(
      'alter table sales_tenant.notifications enable row level security',
      'revoke select, insert, update, delete on sales_tenant.notifications from hr_role',
      'revoke usage on schema sales_tenant from hr_role',
    );
    expect(await found()).toEqual({ broken: false, objects: [] });
  });

  it('find a membership and missing policies of its own', async () => {
    await sabotage(`grant "${database.rolePrefix}federation_admin_role" to hr_role`);
    expect(await found()).toEqual({ broken: true, objects: holding(`${database.rolePrefix}hr_role`) });
    await sabotage(
      `revoke "${database.rolePrefix}federation_admin_role" from hr_role`,
      'drop policy isolation on hr_tenant.contacts',
    );
    expect(await found()).toEqual({ broken: true, objects: holding('hr_tenant.contacts') });
  });
});
