import { quoteIdentifier, quoteLiteral } from '../../../render/quote.js';
import type { Severity } from '../../model.js';
import type { Tenant } from '../arena.js';
import type { Attempt } from '../attempt.js';
import { asTenant, type Stage } from './stage.js';

/** Files, settings and tables of the server. None of it is a tenant's business. */
const SERVER: Readonly<Record<string, string>> = {
  'read a file': `select pg_catalog.pg_read_file('PG_VERSION')`,
  'read a file as bytes': `select pg_catalog.pg_read_binary_file('PG_VERSION')`,
  'list a folder': `select count(*) from pg_catalog.pg_ls_dir('.')`,
  'look at a file': `select pg_catalog.pg_stat_file('PG_VERSION')`,
  'list the log': `select count(*) from pg_catalog.pg_ls_logdir()`,
  'list the WAL': `select count(*) from pg_catalog.pg_ls_waldir()`,
  'load a file as large object': `select pg_catalog.lo_import('PG_VERSION')`,
  'copy to a file': `copy (select 1) to '/dev/null'`,
  'copy to a program': `copy (select 1) to program 'true'`,
  'switch triggers off': `set local session_replication_role = replica`,
  'open large objects of others': `set local lo_compat_privileges = on`,
  'change the log': `set local log_statement = 'none'`,
  'read passwords': `select count(*) from pg_catalog.pg_authid`,
  'read statistics of values': `select count(*) from pg_catalog.pg_statistic`,
  'read large objects': `select count(*) from pg_catalog.pg_largeobject`,
  'read pg_hba.conf': `select count(*) from pg_catalog.pg_hba_file_rules`,
  'read settings of files': `select count(*) from pg_catalog.pg_show_all_file_settings()`,
  'create a schema': `create schema fedgen_probe_created`,
  'create a publication': `create publication fedgen_probe_created`,
  'create a foreign data wrapper': `create foreign data wrapper fedgen_probe_created`,
  'create an event trigger': `create event trigger fedgen_probe_created on ddl_command_end execute function pg_catalog.suppress_redundant_updates_trigger()`,
};

/** Parameters that somebody was granted, and what a tenant holds on the database. Custom settings prove nothing anyway. */
const PARAMETERS = (role: string): string => `
select count(*) from pg_catalog.pg_parameter_acl p cross join pg_catalog.aclexplode(p.paracl) a
 where p.parname not like '%.%' and (a.grantee = 0 or pg_catalog.pg_has_role(${quoteLiteral(role)}, a.grantee, 'member'))`;

/** Attempts to reach what belongs to the server. */
export function serverAttempts(stage: Stage, tenant: Tenant): Attempt[] {
  const as = asTenant(stage, tenant);
  const attempt = (operation: string, sql: string): Attempt => ({
    check: operation.startsWith('create') ? 'create_anywhere' : 'server_reach',
    actor: tenant.role,
    object: tenant.role,
    operation,
    expect: 'refused',
    // It looked for the file.
    passes: ['58P01'],
    remedy: `Find what lets ${tenant.role} do this: attributes, predefined roles (pg_read_server_files and the like), grants on functions of pg_catalog or on parameters.`,
    act: { as, sql, counts: 'change' },
  });
  const parameters =
    stage.arena.session.serverVersion < 150_000
      ? []
      : [
          {
            ...attempt('set or alter granted parameters', PARAMETERS(tenant.role)),
            expect: 'nothing',
            act: { as, sql: PARAMETERS(tenant.role), counts: 'rows' },
          } as const,
        ];
  return [...Object.entries(SERVER).map(([operation, sql]) => attempt(operation, sql)), ...parameters];
}

/** A large object of the victim's: contents are its creator's alone. */
export const largeObjectAttempts = (stage: Stage, oid: string): Attempt[] =>
  [
    ['read a large object of another', `select pg_catalog.lo_get(${oid})`],
    ['write a large object of another', `select pg_catalog.lo_put(${oid}, 0, 'x')`],
    ['remove a large object of another', `select pg_catalog.lo_unlink(${oid})`],
  ].map(([operation = '', sql = '']) => ({
    check: 'server_reach',
    actor: stage.attacker.tenant.role,
    object: 'large objects',
    operation,
    expect: 'refused',
    remedy: 'Revoke grants on large objects, and keep lo_compat_privileges off.',
    act: { as: asTenant(stage, stage.attacker.tenant), sql, counts: 'change' },
  }));

/** Kinds of objects that could be planted in a schema. */
const KINDS = (schema: string): readonly (readonly [string, string])[] => [
  ['table', `create table ${schema}.fedgen_probe_created ()`],
  ['function', `create function ${schema}.fedgen_probe_created() returns integer language sql as 'select 1'`],
  ['type', `create type ${schema}.fedgen_probe_created as enum ('a')`],
  ['sequence', `create sequence ${schema}.fedgen_probe_created`],
];

/** Schemas in which a tenant may create, whatever they are. */
export const CREATABLE = `
select n.nspname as name from pg_namespace n
 where n.nspname !~ '^pg_(temp|toast)' and has_schema_privilege($1, n.oid, 'create') order by 1`;

/** Attempts to create objects in each schema of the arena and in those that let anybody in. */
export function creatingAttempts(stage: Stage, tenant: Tenant, open: readonly string[]): Attempt[] {
  const own = new Set([...stage.attacker.tenant.schemas, ...stage.victim.tenant.schemas]);
  const as = asTenant(stage, tenant);
  return [...new Set([...own, ...open, 'public', 'pg_catalog'])].flatMap((schema) => {
    // What stands in a schema of nobody's is looked for by nothing of ours; that anybody may put it there is worth a word.
    const severity: Severity = own.has(schema) || schema === 'pg_catalog' ? 'error' : 'warning';
    return KINDS(quoteIdentifier(schema)).map(([kind, sql]): Attempt => ({
      check: 'create_anywhere',
      actor: tenant.role,
      object: schema,
      operation: `create a ${kind}`,
      expect: 'refused',
      refusals: ['42501', '3F000'],
      severity,
      isolation: severity === 'error',
      remedy: `revoke create on schema ${quoteIdentifier(schema)} from public; and from roles of tenants.`,
      act: { as, sql, counts: 'change' },
    }));
  });
}
