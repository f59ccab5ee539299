import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAttackedWorld, type AttackedWorld } from '../../support/attack.js';

let world: AttackedWorld;
beforeAll(async () => {
  world = await createAttackedWorld(inject('testServer'), 'registry');
  await world.client('owner').query(`insert into federation.packs (pack, schemas, tenant_group, identity_mode)
    values ('shop', '{shop}', 'shop_tenant', 'role')`);
});
afterAll(() => world.close());

/** The constraint (or the SQLSTATE) that refuses a statement of the owner; undefined if nothing does. */
async function refusal(sql: string): Promise<string | undefined> {
  const client = world.client('owner');
  await client.query('begin');
  try {
    await client.query(world.localize(sql));
    return undefined;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return error.constraint ?? error.code;
  } finally {
    await client.query('rollback');
  }
}

type Row = Readonly<Record<string, string>>;
/** An INSERT of a row that is accepted, with some columns changed; values are SQL. */
function insert(table: string, valid: Row, changed: Row): string {
  const row = { ...valid, ...changed };
  return `insert into federation.${table} (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`;
}

/** A block of SHA-256. */
const BLOCK = `decode(repeat('00', 64), 'hex')`;

const TABLES: readonly {
  readonly table: string;
  readonly valid: Row;
  readonly accepted: readonly Row[];
  readonly refused: readonly (readonly [Row, string])[];
}[] = [
  {
    table: 'departments',
    valid: { department_id: `'it'`, department_name: `'IT'`, tenant_schema: `'it_tenant'` },
    accepted: [
      { admin_email: 'null' },
      { admin_email: `'it@example.org'` },
      ...['PROVISIONING', 'ACTIVE', 'DEPROVISIONING', 'FAILED'].map((status) => ({ status: `'${status}'` })),
      { status: `'DEPROVISIONED'`, deprovisioned_at: 'now()' },
    ],
    refused: [
      [{ admin_email: `'it'` }, 'departments_admin_email_check'],
      [{ admin_email: `'it@'` }, 'departments_admin_email_check'],
      [{ admin_email: `'i t@example.org'` }, 'departments_admin_email_check'],
      [{ admin_email: `'a@b@c'` }, 'departments_admin_email_check'],
      [{ status: `'DONE'` }, 'valid_status'],
      [{ status: `'active'` }, 'valid_status'],
      [{ status: `'DEPROVISIONED'` }, 'departments_deprovisioned_check'],
      [{ deprovisioned_at: 'now()' }, 'departments_deprovisioned_check'],
      [{ department_id: `'hr'`, tenant_schema: `'hr_tenant'` }, 'departments_department_id_key'],
      [{ department_id: `'1t'`, tenant_schema: `'1t_tenant'` }, 'departments_department_id_check'],
      [{ department_id: `'i-t'`, tenant_schema: `'i-t_tenant'` }, 'departments_department_id_check'],
      [{ department_id: `'IT'`, tenant_schema: `'IT_tenant'` }, 'departments_department_id_check'],
      [
        { department_id: `repeat('a', 57)`, tenant_schema: `left(repeat('a', 57) || '_tenant', 63)` },
        'departments_department_id_check',
      ],
      [
        { department_id: `'federation'`, tenant_schema: `'federation_tenant'` },
        'departments_department_id_check',
      ],
      [{ tenant_schema: `'hr_tenant'` }, 'departments_tenant_schema_check'],
      [{ department_name: 'null' }, '23502'],
    ],
  },
  {
    table: 'tenants',
    valid: { role_name: `'x'`, tenant_id: `'x'`, pack: `'shop'`, tenant_name: `'X'` },
    accepted: [
      { department_id: 'null' },
      { tenant_id: `'hr'`, department_id: `'hr'`, pack: `'other'`, tenant_name: 'null' },
      { tenant_id: `'hr'` },
      { status: `'suspended'` },
      { role_name: 'null' },
    ],
    refused: [
      [{ role_name: `'hr_role'` }, 'tenants_role_name_key'],
      [{ tenant_id: `'hr'`, department_id: `'hr'`, pack: `'federation'` }, 'tenants_pkey'],
      [{ pack: `'other'` }, 'tenants_shared_pack_fkey'],
      [{ tenant_name: 'null' }, 'tenants_tenant_name_check'],
      [{ tenant_name: `''` }, 'tenants_tenant_name_check'],
      [
        { tenant_id: `'hr'`, department_id: `'hr'`, pack: `'other'`, role_name: 'null' },
        'tenants_role_name_check',
      ],
      [{ tenant_id: `''` }, 'tenants_tenant_id_check'],
      [{ status: `'gone'` }, 'tenants_status_check'],
      [{ department_id: `'hr'` }, 'tenants_department_check'],
      [{ tenant_id: `'nope'`, department_id: `'nope'` }, 'tenants_department_id_fkey'],
    ],
  },
  {
    table: 'packs',
    valid: { pack: `'bi'`, schemas: `'{bi}'`, tenant_group: `'bi_tenant'`, identity_mode: `'role'` },
    accepted: [{ identity_mode: `'signed'` }, { identity_mode: `'variable'` }, { schemas: `'{bi,bi_log}'` }],
    refused: [
      [{ pack: `'shop'` }, 'packs_pkey'],
      [{ pack: `'B'` }, 'packs_pack_check'],
      [{ tenant_group: `'shop_tenant'` }, 'packs_tenant_group_key'],
      [{ schemas: `'{}'` }, 'packs_schemas_check'],
      [{ identity_mode: `'trust'` }, 'packs_identity_mode_check'],
    ],
  },
  {
    table: 'pack_keys',
    valid: { pack: `'shop'`, key_id: `'0123456789abcdef'`, inner_pad: BLOCK, outer_pad: BLOCK },
    accepted: [{ expires_at: 'now()' }],
    refused: [
      [{ pack: `'nope'` }, 'pack_keys_pack_fkey'],
      [{ key_id: `'x'` }, 'pack_keys_key_id_check'],
      [{ inner_pad: `'\\x00'` }, 'pack_keys_pads_check'],
    ],
  },
  {
    table: 'provisioning_jobs',
    valid: { department_id: `'hr'` },
    accepted: [
      ...['PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED'].map((status) => ({ status: `'${status}'` })),
      { progress: `'{"database": "completed"}'` },
      { started_at: 'now()', completed_at: 'now()' },
      { started_at: 'now()' },
    ],
    refused: [
      [{ status: `'DONE'` }, 'valid_status'],
      [{ progress: `'[]'` }, 'provisioning_jobs_progress_check'],
      [{ progress: 'null' }, '23502'],
      [{ started_at: 'now()', completed_at: `now() - interval '1 s'` }, 'provisioning_jobs_times_check'],
      [{ department_id: `'nope'` }, 'provisioning_jobs_department_id_fkey'],
    ],
  },
  {
    table: 'oauth_credentials',
    valid: {
      department_id: `'hr'`,
      service_name: `'gmail'`,
      oauth_client_id: `'c'`,
      oauth_client_secret_encrypted: `'\\x00'`,
      encryption_key_id: `'k1'`,
    },
    accepted: [
      { service_name: `'calendar'`, scopes: `'["mail"]'` },
      { access_token_encrypted: `'\\x00'`, refresh_token_encrypted: `'\\x00'`, encryption_key_version: '2' },
    ],
    refused: [
      [{ department_id: `'nope'` }, 'oauth_credentials_department_id_fkey'],
      [{ encryption_key_version: '0' }, 'oauth_credentials_key_version_check'],
      [{ scopes: `'{}'` }, 'oauth_credentials_scopes_check'],
      [{ encryption_key_id: 'null' }, '23502'],
      [{ oauth_client_secret_encrypted: 'null' }, '23502'],
    ],
  },
  {
    table: 'cross_dept_permissions',
    valid: {
      source_department_id: `'hr'`,
      target_department_id: `'sales'`,
      permission_type: `'read'`,
      resource_type: `'emails'`,
      granted_by: `'boss'`,
    },
    accepted: [{ resource_type: `'*'` }, { expires_at: `now() + interval '1 s'` }],
    refused: [
      [{ source_department_id: `'legal'` }, 'unique_permission'],
      [{ target_department_id: `'hr'` }, 'cross_dept_permissions_not_self_check'],
      [{ permission_type: `'search'` }, 'cross_dept_permissions_type_check'],
      [{ resource_type: `'financial_reports'` }, 'cross_dept_permissions_resource_fkey'],
      [{ resource_type: 'null' }, '23502'],
      [{ source_department_id: `'nope'` }, 'cross_dept_permissions_source_fkey'],
      [{ target_department_id: `'nope'` }, 'cross_dept_permissions_target_fkey'],
      [{ granted_by: `''` }, 'cross_dept_permissions_granted_by_check'],
      [{ expires_at: 'now()' }, 'cross_dept_permissions_expires_check'],
    ],
  },
  {
    table: 'cross_dept_resources',
    valid: { resource_type: `'calendar'`, table_name: `'calendar_events'` },
    accepted: [],
    refused: [
      [{ resource_type: `'emails'` }, 'cross_dept_resources_pkey'],
      [{ table_name: `'email_logs'` }, 'cross_dept_resources_table_name_key'],
      [{ table_name: `'api_keys'` }, 'cross_dept_resources_never_check'],
      [{ table_name: `'audit_trail'` }, 'cross_dept_resources_never_check'],
      [{ table_name: 'null' }, 'cross_dept_resources_all_check'],
    ],
  },
];

describe.each(TABLES)('federation.$table', ({ table, valid, accepted, refused }) => {
  it.each([{}, ...accepted])('takes %j', async (changed) => {
    expect(await refusal(insert(table, valid, changed))).toBeUndefined();
  });

  it.each(refused)('refuses %j: %s', async (changed, constraint) => {
    expect(await refusal(insert(table, valid, changed))).toBe(constraint);
  });
});

describe('a department’s registration', () => {
  const secret = `insert into federation.oauth_credentials
    (department_id, service_name, oauth_client_id, oauth_client_secret_encrypted, encryption_key_id)
    values ('hr', 'gmail', 'c', '\\x00', 'k1')`;

  it('keeps one OAuth application per service', async () => {
    expect(await refusal(secret)).toBeUndefined();
    expect(await refusal(`${secret}; ${secret}`)).toBe('unique_dept_service');
    expect(await refusal(`${secret}; ${secret.replace('gmail', 'calendar')}`)).toBeUndefined();
    expect(await refusal(`${secret}; ${secret.replace(`'hr'`, `'sales'`)}`)).toBeUndefined();
  });

  it('takes credentials and jobs with it, but no permissions', async () => {
    const jobs = `insert into federation.provisioning_jobs (department_id) values ('hr')`;
    const count = `select count(*) from federation.oauth_credentials c full join federation.provisioning_jobs j using (department_id)`;
    const remove = `delete from federation.departments where department_id = 'hr'`;
    expect(await world.run('owner', `${secret}; ${jobs}; ${count}`)).toBe('1');
    expect(await world.run('owner', `${secret}; ${jobs}; ${remove}; ${count}`)).toBe('0');
    expect(await refusal(`delete from federation.departments where department_id = 'sales'`)).toBe(
      'cross_dept_permissions_target_fkey',
    );
  });

  it('is kept by administrators within bounds', async () => {
    const of = `where department_id = 'hr'`;
    for (const [sql, answer] of [
      [`update federation.departments set status = 'FAILED', admin_email = 'a@b' ${of}`, 'UPDATE 1'],
      [`update federation.departments set department_name = 'People', config = '{}' ${of}`, 'UPDATE 1'],
      [`update federation.departments set department_id = 'it' ${of}`, '42501'],
      [`update federation.departments set tenant_schema = 'it_tenant' ${of}`, '42501'],
      [`delete from federation.departments ${of}`, '42501'],
      [`${secret}; update federation.oauth_credentials set rotated_at = now() ${of}`, 'UPDATE 1'],
      [`insert into federation.provisioning_jobs (department_id) values ('hr')`, 'INSERT 1'],
    ] as const)
      expect([sql, await world.run('adm', sql)]).toEqual([sql, answer]);
  });

  it('has a true updated_at, whatever is written', async () => {
    const sql = `update federation.departments set updated_at = '2001-01-01' where department_id = 'hr';
      select updated_at = now() from federation.departments where department_id = 'hr'`;
    expect(await world.run('superuser', sql)).toBe('true');
  });
});
