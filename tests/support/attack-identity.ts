import type { Attack } from './attack.js';

/** Who am I? Every policy asks this function. */
const WHO = 'select federation.current_tenant()';
const asHr = { as: 'hr', sql: WHO, answer: 'hr' } as const;
const MAY_READ = `select federation.may_read('sales', 'emails')`;
/** legal holds the permission that hr pretends to have. */
const legalMay = { as: 'legal', sql: MAY_READ, answer: 'true' } as const;

/** Settings that claim another identity. */
export const FORGED_SETTINGS: readonly Attack[] = [
  { as: 'hr', sql: `set local app.current_tenant_id = 'sales'; ${WHO}`, answer: 'null', control: asHr },
  {
    as: 'hr',
    sql: `set local app.current_tenant_id = 'sales'; select count(*) from hr_tenant.contacts`,
    answer: '0',
    control: { as: 'hr', sql: 'select count(*) from hr_tenant.contacts', answer: '1' },
  },
  {
    as: 'hr',
    sql: `set local app.current_tenant_id = 'sales'; update hr_tenant.contacts set full_name = 'x'`,
    answer: 'UPDATE 0',
    control: { as: 'hr', sql: `update hr_tenant.contacts set full_name = 'x'`, answer: 'UPDATE 1' },
  },
  {
    as: 'hr',
    sql: `set local app.current_tenant_id = 'sales'; insert into hr_tenant.contacts (contact_id) values ('x')`,
    answer: '42501',
    control: {
      as: 'hr',
      sql: `set local app.current_tenant_id = 'hr'; insert into hr_tenant.contacts (contact_id) values ('x')`,
      answer: 'INSERT 1',
    },
  },
  { as: 'hr', sql: `set local app.current_tenant_id = ''; ${WHO}`, answer: 'hr', control: asHr },
  {
    as: 'hr',
    sql: `set local app.current_tenant_id = 'legal'; ${MAY_READ}`,
    answer: 'false',
    control: legalMay,
  },
  {
    as: 'hr',
    sql: `set local app.source_department = 'legal'; ${MAY_READ}`,
    answer: 'false',
    control: legalMay,
  },
  { as: 'hr', sql: `select set_config('role', 'none', true); ${WHO}`, answer: 'hr', control: asHr },
  { as: 'hr', sql: `set local role federation_tenant; ${WHO}`, answer: 'null', control: asHr },
  {
    as: 'hr',
    sql: 'set local role federation_tenant; select count(*) from hr_tenant.contacts',
    answer: '42501',
    control: {
      as: 'hr',
      sql: 'set local role hr_role; select count(*) from hr_tenant.contacts',
      answer: '1',
    },
  },
  {
    as: 'hr',
    sql: 'set local is_superuser = on',
    answer: '55P02',
    control: { as: 'hr', sql: `set local application_name = 'x'`, answer: 'SET 0' },
  },
  { as: 'adm', sql: `set local app.current_tenant_id = 'hr'; ${WHO}`, answer: 'null', control: asHr },
];

/** An object that stands in for one that identity functions or policies name, and the proof that it does stand in. */
interface Shadow {
  readonly make: string;
  readonly path: string;
  /** Shows in the same session that an unprotected statement takes the false one. */
  readonly proof: string;
  readonly fooled: string;
  readonly probe?: string;
  readonly answer?: string;
}

const SHADOWS: readonly Shadow[] = [
  {
    make: `create temp table tenants (role_name name, tenant_id text, pack text, department_id text, status text);
      insert into tenants values ('hr_role', 'sales', 'federation', 'sales', 'active')`,
    path: 'pg_temp, federation',
    proof: 'select tenant_id from tenants',
    fooled: 'sales',
  },
  {
    make: `create temp view tenants as select 'hr_role'::name as role_name, 'sales'::text as tenant_id, 'active' as status`,
    path: 'pg_temp, federation',
    proof: 'select tenant_id from tenants',
    fooled: 'sales',
  },
  {
    make: `create temp table cross_dept_permissions as select 'hr' as source_department_id, 'sales' as target_department_id,
      'read' as permission_type, '*' as resource_type, true as enabled, null::timestamptz as expires_at`,
    path: 'pg_temp, federation',
    proof: 'select source_department_id from cross_dept_permissions',
    fooled: 'hr',
    probe: MAY_READ,
    answer: 'false',
  },
  {
    make: `create function lab.current_setting(text) returns text language sql as 'select ''sales_role''';
      create function lab.current_setting(text, boolean) returns text language sql as 'select ''sales'''`,
    path: 'lab, pg_catalog',
    proof: `select current_setting('role')`,
    fooled: 'sales_role',
  },
  {
    make: `create function lab.pg_has_role(text, text) returns boolean language sql as 'select true'`,
    path: 'lab, pg_catalog',
    proof: `select pg_has_role('federation_admin_role', 'usage')`,
    fooled: 'true',
    // An administrator may write a department's row whoever he is; hr under a contradicting setting may not.
    probe: `set local app.current_tenant_id = 'sales'; select count(*) from hr_tenant.contacts`,
    answer: '0',
  },
  {
    make: `create function lab.equal(text, text) returns boolean language sql as 'select true';
      create operator lab.= (leftarg = text, rightarg = text, function = lab.equal)`,
    path: 'lab, pg_catalog',
    proof: `select 'a'::text = 'b'::text`,
    fooled: 'true',
  },
  {
    make: `create function lab.clock_timestamp() returns timestamptz language sql as 'select ''2000-01-01''::timestamptz'`,
    path: 'lab, pg_catalog',
    proof: `select clock_timestamp() < '2001-01-01'`,
    fooled: 'true',
    probe: `insert into hr_tenant.audit_trail (event_type, action) values ('e', 'a');
      select bool_and(created_at > '2001-01-01') from hr_tenant.audit_trail`,
    answer: 'true',
  },
];

/** Temporary tables, functions and operators in place of what current_tenant(), may_read() and the policies use. */
export const SHADOWING: readonly Attack[] = SHADOWS.map((shadow) => {
  const prelude = `${shadow.make}; set local search_path = ${shadow.path}`;
  return {
    as: 'hr',
    sql: `${prelude}; ${shadow.probe ?? WHO}`,
    answer: shadow.answer ?? 'hr',
    control: { as: 'hr', sql: `${prelude}; ${shadow.proof}`, answer: shadow.fooled },
  };
});

/** Whether another department's keys and rows show through constraints. */
export const ORACLES: readonly Attack[] = [
  {
    as: 'hr',
    sql: `insert into hr_tenant.contacts (contact_id) values ('canary-of-' || 'sales')`,
    answer: 'INSERT 1',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.contacts (contact_id) values ('canary-of-hr')`,
      answer: '23505',
    },
  },
  {
    as: 'hr',
    sql: `insert into hr_tenant.contacts (contact_id) values ('canary-of-' || 'sales') on conflict do nothing`,
    answer: 'INSERT 1',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.contacts (contact_id) values ('canary-of-hr') on conflict do nothing`,
      answer: 'INSERT 0',
    },
  },
  {
    as: 'hr',
    sql: `insert into hr_tenant.contacts (department, contact_id) values ('sales', 'canary-of-' || 'sales')
      on conflict (department, contact_id) do update set full_name = 'x' where contacts.full_name::int = 0`,
    answer: '42501',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.contacts (contact_id) values ('canary-of-hr')
        on conflict (department, contact_id) do update set full_name = 'x' where contacts.full_name::int = 0`,
      answer: '22P02',
    },
  },
  {
    as: 'hr',
    sql: `insert into hr_tenant.email_logs (session_id, recipient_email, subject, tool_call_id) values ('s', 'a', 'b', 'canary-of-' || 'sales')`,
    answer: '23503',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.email_logs (session_id, recipient_email, subject, tool_call_id) values ('s', 'a', 'b', 'canary-of-hr')`,
      answer: 'INSERT 1',
    },
  },
  {
    as: 'hr',
    sql: `insert into hr_tenant.email_logs (department, session_id, recipient_email, subject, tool_call_id) values ('sales', 's', 'a', 'b', 'canary-of-' || 'sales')`,
    answer: '42501',
    control: {
      as: 'hr',
      sql: `insert into hr_tenant.email_logs (department, session_id, recipient_email, subject) values ('hr', 's', 'a', 'b')`,
      answer: 'INSERT 1',
    },
  },
  {
    as: 'hr',
    sql: `update hr_tenant.contacts set department = 'sales'`,
    answer: '42501',
    control: { as: 'hr', sql: `update hr_tenant.contacts set department = 'hr'`, answer: 'UPDATE 1' },
  },
];
