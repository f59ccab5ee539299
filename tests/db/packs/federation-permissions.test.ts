import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { apply, rollback } from '../../../src/index.js';
import { loadPack } from '../../../src/packs/load.js';
import { createAttackedWorld, type AttackedWorld } from '../../support/attack.js';
import { insertsFor } from '../../support/rows.js';

const TABLES = (await loadPack('federation')).tables;
const SHARED: Readonly<Record<string, string>> = {
  drive_documents: 'drive_document_repository',
  emails: 'email_logs',
  contacts: 'contacts',
};
const DENIED = '42501';

let world: AttackedWorld;
/** For each table an INSERT that sales itself may run. */
const inserts = new Map<string, string>();

beforeAll(async () => {
  world = await createAttackedWorld(inject('testServer'), 'permissions');
  for (const [name, sql] of await insertsFor(world.database, 'sales')) {
    inserts.set(name, sql);
    expect([name, await world.run('sales', sql, 'commit')]).toEqual([name, 'INSERT 1']);
  }
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.run('superuser', 'delete from federation.cross_dept_permissions', 'commit');
  await sync('sales');
});

const admin = (sql: string): Promise<string> => world.run('adm', sql, 'commit');
const sync = (target: string): Promise<string> =>
  admin(`select federation.sync_cross_dept_grants('${target}')`);
const grant = (resource: string, source = 'hr', target = 'sales'): Promise<string> =>
  admin(
    `select federation.grant_cross_dept('${source}', '${target}', 'read', '${resource}', 'boss') is not null`,
  );
const revoke = (resource: string, source = 'hr', target = 'sales'): Promise<string> =>
  admin(`select federation.revoke_cross_dept('${source}', '${target}', 'read', '${resource}', 'boss')`);

/** The tables of sales whose rows a department reads. */
async function readable(actor: 'hr' | 'legal' = 'hr'): Promise<string[]> {
  const read: string[] = [];
  for (const { name } of TABLES) {
    const answer = await world
      .client(actor)
      .query(`select count(*)::int as n from sales_tenant.${name}`)
      .then(
        ({ rows }) => (rows as { n: number }[])[0]?.n,
        (error: unknown) => (error as { code: string }).code,
      );
    if (typeof answer === 'number' && answer > 0) read.push(name);
    else expect([name, answer === 0 ? DENIED : answer]).toEqual([name, DENIED]);
  }
  return read.sort();
}

/** Privileges that hr holds on the schema of sales and in it. */
const privileges = (): Promise<string> =>
  world.run(
    'superuser',
    `select concat_ws(' ', (select string_agg(c.relname || ':' || a.privilege_type, ' ' order by 1)
        from pg_class c, aclexplode(c.relacl) a
        where c.relnamespace = 'sales_tenant'::regnamespace and a.grantee = 'hr_role'::regrole),
      (select string_agg('schema:' || a.privilege_type, ' ') from pg_namespace n, aclexplode(n.nspacl) a
        where nspname = 'sales_tenant' and a.grantee = 'hr_role'::regrole))`,
  );

describe('a permission to read', () => {
  it.each(Object.entries(SHARED))('%s opens %s and nothing else', async (resource, table) => {
    expect(await readable()).toEqual([]);
    expect(await privileges()).toBe('');
    expect(await grant(resource)).toBe('true');
    expect(await readable()).toEqual([table]);
    expect(await privileges()).toBe(`${table}:SELECT schema:USAGE`);
    expect(await readable('legal')).toEqual([]);
    expect(await world.run('sales', 'select count(*) from hr_tenant.contacts')).toBe(DENIED);
    expect(await revoke(resource)).toBe('true');
    expect(await readable()).toEqual([]);
    expect(await privileges()).toBe('');
    expect(await revoke(resource)).toBe('false');
  });

  it('* opens the three shareable tables, and taking it back leaves single permissions', async () => {
    await grant('*');
    expect(await readable()).toEqual(Object.values(SHARED).sort());
    await grant('emails');
    expect(await revoke('*')).toBe('true');
    expect(await readable()).toEqual(['email_logs']);
  });

  it('never helps a write', async () => {
    await grant('*');
    for (const { name } of TABLES) {
      const table = `sales_tenant.${name}`;
      for (const sql of [
        inserts.get(name) ?? '',
        `update ${table} set department = department`,
        `delete from ${table}`,
        `truncate ${table}`,
        `select from ${table} for update`,
        `select from ${table} for key share`,
        `lock table ${table} in row exclusive mode`,
      ])
        expect([sql, await world.run('hr', sql)]).toEqual([sql, DENIED]);
    }
    expect(await world.run('sales', `update sales_tenant.contacts set department = department`)).toMatch(
      /^UPDATE [1-9]/,
    );
  });

  it.each([
    ['expired', `granted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'`],
    ['disabled', 'enabled = false'],
    ['moved to another resource', `resource_type = 'contacts'`],
    ['moved to another target', `target_department_id = 'legal'`],
    ['moved to another source', `source_department_id = 'legal'`],
  ])('that is %s opens nothing at once, and sync takes its grants back', async (_what, set) => {
    await grant('emails');
    expect(await readable()).toEqual(['email_logs']);
    await world.run('superuser', `update federation.cross_dept_permissions set ${set}`, 'commit');
    expect(await world.run('hr', 'select count(*) from sales_tenant.email_logs')).toBe('0');
    expect(await sync('sales')).not.toBe('0');
    expect(await world.run('hr', 'select count(*) from sales_tenant.email_logs')).toBe(DENIED);
    expect(await privileges()).toBe(set.includes('contacts') ? 'contacts:SELECT schema:USAGE' : '');
    expect(await sync('sales')).toBe('0');
  });

  it('renews an expired one under the same key', async () => {
    await grant('emails');
    const old = `update federation.cross_dept_permissions set granted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'`;
    expect(await world.run('superuser', old, 'commit')).toBe('UPDATE 1');
    await sync('sales');
    expect(await readable()).toEqual([]);
    await grant('emails');
    expect(await readable()).toEqual(['email_logs']);
    expect(await world.run('adm', 'select count(*) from federation.cross_dept_permissions')).toBe('1');
  });
});

describe('grant_cross_dept refuses', () => {
  const call = (values: string): string => `select federation.grant_cross_dept(${values})`;
  it.each([
    ['search, which nothing enforces', `'hr', 'sales', 'search', 'emails', 'b'`, '0A000'],
    ['aggregate, likewise', `'hr', 'sales', 'aggregate', 'emails', 'b'`, '0A000'],
    ['no permission at all', `'hr', 'sales', null, 'emails', 'b'`, '0A000'],
    ['financial_reports, which has no table', `'hr', 'sales', 'read', 'financial_reports', 'b'`, '22023'],
    ['api_keys', `'hr', 'sales', 'read', 'api_keys', 'b'`, '22023'],
    ['audit_trail', `'hr', 'sales', 'read', 'audit_trail', 'b'`, '22023'],
    ['a table by its name', `'hr', 'sales', 'read', 'email_logs', 'b'`, '22023'],
    ['no resource', `'hr', 'sales', 'read', null, 'b'`, '22023'],
    ['a department on itself', `'hr', 'hr', 'read', 'emails', 'b'`, '22023'],
    ['an unknown target', `'hr', 'nope', 'read', 'emails', 'b'`, '42704'],
    ['an unknown source', `'nope', 'sales', 'read', 'emails', 'b'`, '42704'],
    ['a time that is past', `'hr', 'sales', 'read', 'emails', 'b', now() - interval '1 second'`, '22023'],
    ['nobody as who granted it', `'hr', 'sales', 'read', 'emails', null`, '23502'],
    ['an empty name as who granted it', `'hr', 'sales', 'read', 'emails', ''`, '23514'],
  ])('%s', async (_what, values, code) => {
    expect(await admin(call(values))).toBe(code);
    expect(await readable()).toEqual([]);
    expect(await admin(call(`'hr', 'sales', 'read', 'emails', 'b', now() + interval '1 hour'`))).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });
});

describe('effective_permission', () => {
  const ask = (values: string): Promise<string> =>
    world.run('adm', `select federation.effective_permission(${values})`);
  it('says what holds, by source, target, resource and kind', async () => {
    await grant('emails');
    for (const [values, answer] of [
      [`'hr', 'sales', 'emails'`, 'true'],
      [`'hr', 'sales', 'emails', 'read'`, 'true'],
      [`'hr', 'sales', 'emails', 'search'`, 'false'],
      [`'hr', 'sales', 'contacts'`, 'false'],
      [`'hr', 'sales', '*'`, 'false'],
      [`'sales', 'hr', 'emails'`, 'false'],
      [`'legal', 'sales', 'emails'`, 'false'],
      [`null, 'sales', 'emails'`, 'false'],
    ] as const)
      expect([values, await ask(values)]).toEqual([values, answer]);
    await grant('*', 'legal');
    expect(await ask(`'legal', 'sales', 'drive_documents'`)).toBe('true');
    expect(await ask(`'legal', 'sales', 'api_keys'`)).toBe('false');
    expect(await world.run('hr', `select federation.may_read('sales', 'emails')`)).toBe('true');
    expect(await world.run('hr', `select federation.may_read('sales', 'contacts')`)).toBe('false');
  });
});

describe('the trace of a permission', () => {
  it('is a row for each grant and each revoke that did something, with who asked', async () => {
    const before = Number(await world.run('adm', 'select count(*) from federation.security_audit'));
    await grant('emails');
    await revoke('emails');
    await revoke('emails');
    const trace = await world.client('adm')
      .query(`select event_type, source_department_id, target_department_id, user_role,
      details ->> 'resource' as resource, coalesce(details ->> 'granted_by', details ->> 'revoked_by') as by, recorded_by
      from federation.security_audit order by created_at offset ${before}`);
    const adm = world.localize('adm_login');
    const event = {
      source_department_id: 'hr',
      target_department_id: 'sales',
      resource: 'emails',
      by: 'boss',
    };
    expect(trace.rows).toEqual(
      ['PERMISSION_GRANTED', 'PERMISSION_REVOKED'].map((event_type) => ({
        ...event,
        event_type,
        user_role: adm,
        recorded_by: adm,
      })),
    );
  });
});

describe('a department’s life', () => {
  const settings = (): { departmentId: string; department: string; settings: AttackedWorld['settings'] } => {
    return { departmentId: 'sales', department: 'Sales', settings: world.settings };
  };

  it('suspends what others may read while its last script is rolled back, and gives it back after', async () => {
    await grant('emails');
    await rollback({ ...settings(), goal: { kind: 'steps', steps: 1 } });
    expect(await privileges()).toBe('');
    expect(await admin(`select federation.grant_cross_dept('hr', 'sales', 'read', 'contacts', 'b')`)).toBe(
      '55000',
    );
    expect(await world.run('adm', 'select count(*) from federation.cross_dept_permissions')).toBe('1');
    await apply(settings());
    expect(await readable()).toEqual(['email_logs']);
  });

  it.each(['source', 'target'])('leaves nothing when it goes as a %s', async (side) => {
    await apply({ ...settings(), departmentId: 'intern', department: 'Interns' });
    const ends = side === 'source' ? (['intern', 'sales'] as const) : (['sales', 'intern'] as const);
    await grant('*', ...ends);
    await grant('emails', 'hr', 'sales');
    const held = (): Promise<string> =>
      world.run(
        'superuser',
        `select count(*) from pg_namespace n, aclexplode(n.nspacl) a
          where nspname = '${ends[1]}_tenant' and a.grantee = (select oid from pg_roles where rolname =
            '${world.database.rolePrefix}${ends[0]}_role')`,
      );
    expect(await held()).toBe('1');
    await rollback({ ...settings(), departmentId: 'intern', goal: { kind: 'all' } });
    expect(await held()).toBe('0');
    expect(
      await world.run(
        'adm',
        `select string_agg(source_department_id, ' ') from federation.cross_dept_permissions`,
      ),
    ).toBe('hr');
    expect(await readable()).toEqual(['email_logs']);
    const removed = `select count(*) from federation.security_audit where event_type = 'DEPARTMENT_REMOVED' and target_department_id = 'intern'`;
    expect(Number(await world.run('adm', removed))).toBeGreaterThan(0);
  });
});
