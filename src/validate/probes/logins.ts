import type { Session } from '../../db/session.js';
import { quoteIdentifier, quoteLiteral } from '../../render/quote.js';
import { BEGIN_READING } from '../lock-timeout.js';
import type { Attempt, Result } from './attempt.js';
import { judge } from './attempt.js';
import { fullName, sqlName } from './relations.js';
import { runActs } from './run.js';

/** Somebody whose rows stand somewhere. */
export interface Owner {
  readonly id: string;
  readonly role: string;
}

/** A table and its schema. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** What a login is, and what stands around it. */
export interface LoginScene {
  /** The tenant that logs in; undefined for the login of a pool. */
  readonly tenant: Owner | undefined;
  /** Tables that the login itself must be able to read. */
  readonly own: readonly TableName[];
  /** Tables of others, each in a schema that is not the login's. */
  readonly foreign: readonly TableName[];
  /** Tables in which rows of all tenants stand. */
  readonly shared: readonly TableName[];
  readonly tenantColumn: string;
  /** Roles that it must not become. */
  readonly others: readonly string[];
}

/**
 * What a session that has really logged in can do: what defaults of roles and of the database, pg_hba.conf and
 * memberships make of it, which no imitation shows. Runs in a read-only transaction of the session's own.
 */
export async function probeLogin(session: Session, scene: LoginScene): Promise<Result[]> {
  const { rows } = await session.client.query<{ name: string }>('select session_user as name');
  const attempts = attemptsOf(rows[0]?.name ?? '', scene);
  await session.client.query(BEGIN_READING);
  try {
    const answers = await runActs(
      session,
      attempts.map(({ act }) => act),
      'select',
      'select',
    );
    return attempts.flatMap((attempt, n) => {
      const answer = answers[n];
      return answer ? [{ attempt, answer, outcome: judge(attempt, answer, undefined) }] : [];
    });
  } finally {
    await session.client.query('rollback').catch(() => undefined);
  }
}

function attemptsOf(login: string, scene: LoginScene): Attempt[] {
  const reach = `See what ${login} holds: its memberships, and the privileges on what it reads.`;
  const attempt = (object: string, operation: string, sql: string, more: Partial<Attempt> = {}): Attempt => ({
    check: 'real_logins',
    actor: login,
    object,
    operation,
    expect: 'nothing',
    remedy: reach,
    act: { as: 'select', sql, counts: 'rows' },
    ...more,
  });
  const { tenant, tenantColumn } = scene;
  const isOthers = tenant
    ? // Rows of no tenant are for all.
      `${quoteIdentifier(tenantColumn)} <> ${quoteLiteral(tenant.id)}`
    : 'true';
  return [
    ...Object.entries(beginnings(tenant)).map(([operation, condition]) =>
      attempt(login, operation, anyOf(`(select) x where ${condition}`), {
        remedy: `alter role ${quoteIdentifier(login)} reset all; and look for ALTER DATABASE … SET.`,
      }),
    ),
    ...scene.own.map((table) =>
      attempt(fullName(table), 'read its own table', `select 1 from (${anyOf(sqlName(table))}) counted`, {
        expect: 'works',
        isolation: false,
      }),
    ),
    ...scene.shared.map((table) =>
      attempt(fullName(table), 'read rows of others', anyOf(`${sqlName(table)} where ${isOthers}`)),
    ),
    ...scene.foreign.map((table) =>
      attempt(fullName(table), 'read a table of another', anyOf(sqlName(table))),
    ),
    ...scene.others.map((role) =>
      attempt(role, 'set role', becoming(role), {
        expect: 'refused',
        refusals: ['42501', '22023'],
        remedy: `revoke ${quoteIdentifier(role)} from ${quoteIdentifier(login)};`,
      }),
    ),
  ];
}

const anyOf = (what: string): string => `select count(*) from (select from ${what} limit 1) one`;
const becoming = (role: string): string =>
  `select pg_catalog.length(pg_catalog.set_config('role', ${quoteLiteral(role)}, true))`;

/** How a session must not begin. */
function beginnings(tenant: Owner | undefined): Readonly<Record<string, string>> {
  const setting = `nullif(pg_catalog.current_setting('app.current_tenant_id', true), '')`;
  return {
    'begin as another role': `pg_catalog.current_setting('role') <> 'none' or session_user <> current_user`,
    'begin without triggers and foreign keys': `pg_catalog.current_setting('session_replication_role') <> 'origin'`,
    'begin with a tenant set that is not its own': `${setting} <> ${quoteLiteral(tenant?.id ?? '')}`,
  };
}
