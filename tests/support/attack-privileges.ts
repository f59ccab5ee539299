import type { Attack } from './attack.js';

const DENIED = '42501';
const denied = (sql: string): Attack => ({ as: 'hr', sql, answer: DENIED });

const TARGETS = [
  'sales_role',
  'federation_owner',
  'federation_admin_role',
  'cross_dept_query_role',
  'adm_login',
] as const;

/** Becoming somebody else, or more than one is. */
export const BECOMING: readonly Attack[] = [
  ...TARGETS.flatMap((role) => [
    denied(`set local role ${role}`),
    denied(`select set_config('role', '${role}', true)`),
    denied(`set local session authorization ${role}`),
    denied(`select set_config('session_authorization', '${role}', true)`),
  ]),
  ...['federation_owner', 'federation_admin_role'].map((role): Attack => ({
    as: 'app',
    sql: `set local role ${role}`,
    answer: DENIED,
  })),
  ...['federation_owner', 'sales_role', 'cross_dept_query_role'].map((role): Attack => ({
    as: 'adm',
    sql: `set local role ${role}`,
    answer: DENIED,
  })),
  denied('grant federation_admin_role to hr_role'),
  denied('grant sales_role to hr_role'),
  denied('grant federation_owner to hr_role'),
  denied('revoke federation_tenant from sales_role'),
  // PostgreSQL 14 lets a role grant membership in itself (docs/isolation.md, residual risks).
  { ...denied('grant hr_role to stranger_login'), since: 15 },
  denied('alter role hr_role superuser'),
  denied('alter role hr_role bypassrls'),
  denied('alter role hr_role createrole'),
  denied('alter role sales_role rename to lab_role'),
  denied(`alter role sales_role password 'known'`),
  denied(`alter role sales_role set app.current_tenant_id = 'hr'`),
  denied('alter role sales_role nologin'),
  denied('create role lab_role'),
];

/** A place in each schema where objects could be planted. PUBLIC may create in public on 14 unless it is taken away. */
const PLACES = [
  { schema: 'hr_tenant' },
  { schema: 'sales_tenant' },
  { schema: 'federation' },
  { schema: 'information_schema' },
  { schema: 'public', since: 15 },
] as const;

/** Creating anything outside of pg_temp. */
export const PLANTING: readonly Attack[] = [
  ...PLACES.flatMap((place) =>
    [
      `create table ${place.schema}.planted (a integer)`,
      `create view ${place.schema}.planted as select 1 as a`,
      `create function ${place.schema}.planted() returns integer language sql as 'select 1'`,
      `create type ${place.schema}.planted as enum ('a')`,
      `create sequence ${place.schema}.planted`,
    ].map((sql): Attack => ({
      ...denied(sql),
      ...('since' in place ? { since: place.since } : {}),
    })),
  ),
  denied('create schema planted'),
  denied('create schema planted authorization hr_role'),
  denied('create publication planted'),
  denied('create foreign data wrapper planted'),
  denied(`create trusted language planted handler plpgsql_call_handler`),
  denied('alter default privileges for role sales_role grant select on tables to hr_role'),
  denied('alter default privileges for role federation_owner grant select on tables to hr_role'),
];

const PEEK = `execute function suppress_redundant_updates_trigger()`;

/** Taking the protection of a table away, or putting something on it. */
const MEDDLING = (table: string): readonly Attack[] =>
  [
    `create policy planted on ${table} using (true) with check (true)`,
    `alter policy admin_bypass on ${table} using (true)`,
    `drop policy admin_bypass on ${table}`,
    `create trigger planted before insert on ${table} for each row ${PEEK}`,
    `create rule planted as on insert to ${table} do also notify planted`,
    `alter table ${table} disable row level security`,
    `alter table ${table} no force row level security`,
    `alter table ${table} disable trigger all`,
    `alter table ${table} owner to hr_role`,
    `alter table ${table} add column planted text`,
    `alter table ${table} drop constraint ${table.split('.')[1] ?? ''}_department_check`,
    `create index planted on ${table} (department)`,
    `create statistics lab.planted on id, department from ${table}`,
    `drop table ${table}`,
    `comment on table ${table} is 'planted'`,
    // Keys and views from a schema in which it may create.
    `create table lab.planted (a varchar(100), b uuid, foreign key (a, b) references ${table} (department, id))`,
    `create table lab.planted () inherits (${table})`,
  ].map(denied);

/** Each on a table of its own, on evidence of its own, and on tables of another department. */
export const ALTERING: readonly Attack[] = [
  'hr_tenant.contacts',
  'hr_tenant.audit_trail',
  'sales_tenant.contacts',
  'sales_tenant.audit_trail',
].flatMap(MEDDLING);

/** Ways around row security and the privileges on tables. */
export const AROUND: readonly Attack[] = [
  {
    as: 'hr',
    sql: 'set local row_security = off; select count(*) from hr_tenant.contacts',
    answer: DENIED,
    control: {
      as: 'hr',
      sql: 'set local row_security = on; select count(*) from hr_tenant.contacts',
      answer: '1',
    },
  },
  {
    as: 'adm',
    sql: 'set local row_security = off; select count(*) from hr_tenant.contacts',
    answer: DENIED,
    control: { as: 'adm', sql: 'select count(*) from hr_tenant.contacts', answer: '1' },
  },
  {
    as: 'hr',
    sql: 'copy sales_tenant.contacts to stdout',
    answer: DENIED,
    control: { as: 'sales', sql: 'copy sales_tenant.contacts to stdout', answer: 'COPY 1' },
  },
  {
    as: 'hr',
    sql: 'copy (select * from sales_tenant.contacts) to stdout',
    answer: DENIED,
    control: { as: 'hr', sql: 'copy (select * from hr_tenant.contacts) to stdout', answer: 'COPY 1' },
  },
  denied(`copy hr_tenant.contacts to '/dev/null'`),
  denied(`copy (select 1) to program 'cat > /dev/null'`),
  denied(`select pg_read_file('PG_VERSION')`),
  denied(`select pg_ls_dir('.')`),
  denied(`select lo_import('PG_VERSION') is null`),
  denied('set local session_replication_role = replica'),
  denied(`select nextval('hr_tenant.conversation_history_id_seq')`),
  denied(`select setval('sales_tenant.conversation_history_id_seq', 1)`),
  {
    as: 'hr',
    sql: 'select sales_tenant.cleanup_expired_session_context()',
    answer: DENIED,
    control: { as: 'sales', sql: 'select sales_tenant.cleanup_expired_session_context()', answer: '0' },
  },
  {
    as: 'hr',
    sql: 'create view lab.planted as select * from sales_tenant.contacts',
    answer: DENIED,
    control: {
      as: 'hr',
      sql: 'create view lab.planted as select * from hr_tenant.contacts',
      answer: 'CREATE 0',
    },
  },
  {
    as: 'hr',
    sql: 'create temp table planted (created_at timestamptz); create trigger planted before insert on planted for each row execute function federation.stamp_created_at()',
    answer: DENIED,
    control: {
      as: 'hr',
      sql: `create temp table planted (created_at timestamptz); create trigger planted before insert on planted for each row ${PEEK.replace('insert', 'update')}`,
      answer: 'CREATE 0',
    },
  },
  {
    as: 'hr',
    sql: `select count(*) from pg_stats where schemaname = 'sales_tenant'`,
    answer: '0',
    control: {
      as: 'superuser',
      sql: `analyze sales_tenant.contacts; select count(*) > 0 from pg_stats where schemaname = 'sales_tenant'`,
      answer: 'true',
    },
  },
  {
    as: 'hr',
    sql: `select count(*) from pg_stat_activity where usename = 'sales_role' and query <> '<insufficient privilege>'`,
    answer: '0',
    control: {
      as: 'superuser',
      sql: `select count(*) > 0 from pg_stat_activity where usename = 'sales_role' and query <> ''`,
      answer: 'true',
    },
  },
];
