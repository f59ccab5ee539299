import type { Actor, Attack, Attempt } from './attack.js';

const DENIED = '42501';
const TRAIL = 'hr_tenant.audit_trail';

/** The same kinds of statement on a table that is not evidence. */
const ordinary = (sql: string): string =>
  sql
    .replaceAll('audit_trail', 'notifications')
    .replaceAll('event_type', 'title')
    .replaceAll('action', 'message');

const CHANGES = [
  `update ${TRAIL} set action = 'x'`,
  `delete from ${TRAIL}`,
  `insert into ${TRAIL} (id, event_type, action) select id, 'x', 'y' from ${TRAIL} on conflict (department, id) do update set action = 'z'`,
] as const;

const fullInsert = (sql: string): string =>
  sql.replace(
    '(id, title, message) select id,',
    "(id, user_id, notification_type, title, message) select id, 'u', 't',",
  );

const MERGE = `merge into ${TRAIL} t using (select 1) s on true when matched then update set action = 'z'`;

const trail = (as: Actor, sql: string): Attack => ({
  as,
  sql,
  answer: DENIED,
  control: {
    as: 'hr',
    sql: fullInsert(ordinary(sql)),
    answer: sql.startsWith('update') ? 'UPDATE 1' : sql.startsWith('delete') ? 'DELETE 1' : 'INSERT 1',
  },
});

const written: Attempt = {
  as: 'hr',
  sql: `insert into ${TRAIL} (event_type, action) values ('e', 'a')`,
  answer: 'INSERT 1',
};

/** A department's own audit trail: nobody changes it, and nobody writes it but the department. */
export const TRAIL_ATTACKS: readonly Attack[] = [
  ...(['hr', 'adm', 'superuser'] as const).flatMap((as) => CHANGES.map((sql) => trail(as, sql))),
  ...(['hr', 'adm', 'superuser', 'owner'] as const).map((as): Attack => ({
    as,
    sql: `truncate ${TRAIL}`,
    answer: DENIED,
    control: { as: 'superuser', sql: 'truncate hr_tenant.notifications', answer: 'TRUNCATE 0' },
  })),
  {
    as: 'hr',
    sql: MERGE,
    answer: DENIED,
    since: 15,
    control: {
      as: 'hr',
      sql: `merge into hr_tenant.notifications t using (select 1) s on true when matched then update set message = 'z'`,
      answer: 'MERGE 1',
    },
  },
  { as: 'adm', sql: written.sql, answer: DENIED, control: written },
  { as: 'sales', sql: written.sql, answer: DENIED, control: written },
  {
    as: 'hr',
    sql: `insert into ${TRAIL} (event_type, action, created_at) values ('forged', 'a', '2001-01-01');
      select count(*) from ${TRAIL} where created_at < now() - interval '1 day'`,
    answer: '0',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.notifications (user_id, notification_type, title, created_at) values ('u', 't', 't', '2001-01-01');
        select count(*) from hr_tenant.notifications where created_at < now() - interval '1 day'`,
      answer: '1',
    },
  },
  {
    // A transaction held open would date its rows back.
    as: 'hr',
    sql: `insert into ${TRAIL} (event_type, action) values ('late', 'a');
      select created_at > now() from ${TRAIL} where event_type = 'late'`,
    answer: 'true',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.notifications (user_id, notification_type, title) values ('u', 't', 'late');
        select created_at > now() from hr_tenant.notifications where title = 'late'`,
      answer: 'false',
    },
  },
];

const AUDITS = [
  {
    table: 'federation.cross_dept_audit',
    change: `update federation.cross_dept_audit set success = false`,
    columns: 'source_department_id, query_type, success',
    values: `'hr', 'q', true`,
  },
  {
    table: 'federation.security_audit',
    change: `update federation.security_audit set severity = 'DEBUG'`,
    columns: 'event_type, user_role',
    values: `'GDPR_REQUEST', 'hr_role'`,
  },
] as const;

/** The audit tables of the control plane: written by administrators, changed by nobody. */
export const AUDIT_ATTACKS: readonly Attack[] = AUDITS.flatMap(({ table, change, columns, values }) => {
  const control: Attempt = {
    as: 'adm',
    sql: `insert into ${table} (${columns}) values (${values})`,
    answer: 'INSERT 1',
  };
  return [
    ...(['hr', 'app', 'adm', 'owner', 'superuser'] as const).flatMap((as) =>
      [change, `delete from ${table}`, `truncate ${table}`].map((sql): Attack => ({
        as,
        sql,
        answer: DENIED,
        control,
      })),
    ),
    ...['id', 'created_at', 'recorded_by'].map((column): Attack => ({
      as: 'adm',
      sql: `insert into ${table} (${columns}, ${column}) values (${values}, default)`,
      answer: DENIED,
      control,
    })),
    {
      as: 'superuser',
      sql: `insert into ${table} (${columns}, created_at, recorded_by) values (${values}, '2001-01-01', 'hr_role');
        select count(*) from ${table} where created_at < '2002-01-01' or recorded_by = 'hr_role'`,
      answer: '0',
      control,
    },
    {
      as: 'adm',
      sql: `insert into ${table} (${columns}) values (${values}); select recorded_by from ${table} order by created_at desc limit 1`,
      answer: 'adm_login',
      control,
    },
  ];
});

const bySuperuser = (sql: string, answer: string): Attack => ({
  as: 'adm',
  sql,
  answer: DENIED,
  control: { as: 'superuser', sql, answer },
});

/** What an administrator could make itself another department with, or hide its traces. */
export const ADMINISTRATOR_ATTACKS: readonly Attack[] = [
  bySuperuser(`update federation.tenants set role_name = 'adm_login' where tenant_id = 'hr'`, 'UPDATE 1'),
  bySuperuser(
    `insert into federation.tenants (role_name, tenant_id, pack, department_id) values ('adm_login', 'hr', 'other', 'hr')`,
    'INSERT 1',
  ),
  bySuperuser(`delete from federation.tenants where tenant_id = 'hr'`, 'DELETE 1'),
  bySuperuser(
    `insert into federation.cross_dept_permissions
      (source_department_id, target_department_id, permission_type, resource_type, granted_by)
      values ('hr', 'sales', 'read', '*', 'me')`,
    'INSERT 1',
  ),
  bySuperuser(`update federation.cross_dept_permissions set expires_at = null`, 'UPDATE 1'),
  bySuperuser(`delete from federation.cross_dept_permissions`, 'DELETE 1'),
  bySuperuser(
    `insert into federation.cross_dept_resources values ('calendar', 'calendar_events')`,
    'INSERT 1',
  ),
  bySuperuser(`update federation.departments set created_at = now() where department_id = 'hr'`, 'UPDATE 1'),
  bySuperuser(
    `update federation.schema_migrations set applied_by = 'x' where target = 'hr' and number = 1`,
    'UPDATE 1',
  ),
  bySuperuser(`select federation.unregister_department('hr')`, 'true'),
  {
    as: 'superuser',
    sql: `insert into federation.cross_dept_resources values ('keys', 'api_keys')`,
    answer: '23514',
    control: {
      as: 'superuser',
      sql: `insert into federation.cross_dept_resources values ('calendar', 'calendar_events')`,
      answer: 'INSERT 1',
    },
  },
  {
    as: 'superuser',
    sql: `insert into federation.cross_dept_resources values ('trail', 'audit_trail')`,
    answer: '23514',
    control: {
      as: 'superuser',
      sql: `insert into federation.cross_dept_resources values ('errors', 'error_logs')`,
      answer: 'INSERT 1',
    },
  },
];
