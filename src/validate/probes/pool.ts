import type { Session } from '../../db/session.js';
import { sqlState } from '../../db/errors.js';
import { quoteIdentifier, quoteLiteral } from '../../render/quote.js';
import { BEGIN_READING } from '../lock-timeout.js';
import type { CheckResult } from '../model.js';
import { isRight, judge, type Attempt, type Result } from './attempt.js';
import type { TableName } from './logins.js';
import { fullName, sqlName } from './relations.js';
import { DONE, type Answer } from './run.js';
import { checkResult } from './verdict.js';

/** A tenant that borrows a connection of a pool. */
export interface Borrower {
  readonly id: string;
  readonly role: string;
  /** Schemas in which its rows stand. */
  readonly schemas: readonly string[];
}

/** A pool and two tenants that borrow its connections one after the other. */
export interface Pool {
  /** The role that the pool logs in with. */
  readonly login: string;
  readonly tenantColumn: string;
  readonly first: Borrower;
  readonly second: Borrower | undefined;
}

/** Settings that say, or contradict, who asks. */
const CONTEXT = ['app.current_tenant_id', 'app.tenant_token'];

/**
 * Lends one connection to a tenant, takes it back, and looks at what it took along: role, settings, plans, and, once
 * the pool has said DISCARD ALL, cursors and temporary tables. Nothing is written: all transactions are read only, and
 * really end. The connection is as at its beginning afterwards.
 */
export async function probePools(session: Session, pools: readonly Pool[]): Promise<CheckResult> {
  const results: Result[] = [];
  const evidence: string[] = [];
  if (await isSuperuser(session))
    for (const pool of pools) {
      const found = await probePool(session, pool);
      results.push(...found.results);
      evidence.push(...found.evidence);
    }
  const isProven = results.length > 0 || pools.length === 0;
  return checkResult('pooled_connections', results, {
    findings: isProven || evidence.length > 0 ? [] : [notProven(pools[0])],
    evidence: evidence.map((text) => ({ check: 'pooled_connections', text })),
    idle: { pooled_connections: 'no tenant whose rows a pool could show' },
  });
}

async function isSuperuser({ client }: Session): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    'select rolsuper as is from pg_catalog.pg_roles where rolname = session_user',
  );
  return rows[0]?.is ?? false;
}

const notProven = (pool: Pool | undefined): Parameters<typeof checkResult>[2]['findings'][number] => ({
  check: 'pooled_connections',
  object: pool?.login ?? '',
  severity: 'warning',
  isolation: false,
  message: 'not proven as this role: what a pooled connection takes along from one tenant to the next',
  remedy: 'Validate once as a superuser: only one may act as the login of the pool.',
});

async function probePool(
  session: Session,
  pool: Pool,
): Promise<{ readonly results: Result[]; readonly evidence: string[] }> {
  const { client } = session;
  const table = await findTable(session, pool);
  if (table === undefined)
    return { results: [], evidence: [`${pool.first.role} can read no table: nothing to take along`] };
  try {
    await client.query(`set session authorization ${quoteIdentifier(pool.login)}`);
    const lent = await tryAll(session, [lending(pool, table)]);
    return {
      results: lent.every(isRight) ? [...lent, ...(await tryAll(session, attemptsOn(pool, table)))] : lent,
      evidence: [`${pool.login} lent to ${pool.first.role}, which read ${fullName(table)}`],
    };
  } finally {
    await client.query('rollback; reset session authorization; discard all').catch(() => undefined);
  }
}

/** A table that the first borrower may read; one with rows if there is any. */
async function findTable({ client }: Session, pool: Pool): Promise<TableName | undefined> {
  const { first, tenantColumn } = pool;
  const { rows } = await client.query<TableName>(
    `select n.nspname as schema, c.relname as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any ($2) and c.relkind in ('r', 'p') and not c.relispartition
        and has_schema_privilege($1, n.oid, 'usage') and has_table_privilege($1, c.oid, 'select')
        and exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = $3 and not a.attisdropped)
      order by c.reltuples desc, 1, 2 limit 1`,
    [first.role, first.schemas, tenantColumn],
  );
  return rows[0];
}

const asBorrower = ({ id, role }: Borrower): string =>
  `set local role ${quoteIdentifier(role)}; set local app.current_tenant_id = ${quoteLiteral(id)}`;

/** A borrower reads, and leaves behind a plan and a cursor that outlives its transaction. */
const lending = ({ login, first }: Pool, table: TableName): Attempt => ({
  check: 'pooled_connections',
  actor: login,
  object: first.role,
  operation: 'borrow a connection',
  expect: 'works',
  isolation: false,
  remedy: `grant ${quoteIdentifier(first.role)} to ${quoteIdentifier(login)};`,
  act: {
    as: `${asBorrower(first)}; set local plan_cache_mode = force_generic_plan`,
    before: [
      `prepare fedgen_pool as select t::text from ${sqlName(table)} t limit 100`,
      'execute fedgen_pool',
      `declare fedgen_pool cursor with hold for select t::text from ${sqlName(table)} t limit 100`,
    ],
    sql: `select count(*) from pg_catalog.pg_cursors where name = 'fedgen_pool'`,
    counts: 'rows',
  },
});

function attemptsOn({ login, second, tenantColumn }: Pool, table: TableName): Attempt[] {
  const settings = CONTEXT.map((name) => `nullif(pg_catalog.current_setting('${name}', true), '')`).join(
    ', ',
  );
  const attempt = (operation: string, act: Attempt['act'], more: Partial<Attempt> = {}): Attempt => ({
    check: 'pooled_connections',
    actor: login,
    object: fullName(table),
    operation,
    expect: 'nothing',
    remedy: `Whoever lends connections of ${login} begins with SET LOCAL ROLE and SET LOCAL app.current_tenant_id inside the transaction, and no policy may answer without them.`,
    act,
    ...more,
  });
  const count = (where: string): string => `select count(*) from (select from ${where} limit 1) one`;
  const others = `${sqlName(table)} where ${quoteIdentifier(tenantColumn)} <> ${quoteLiteral(second?.id ?? '')}`;
  const plan = { as: 'select', sql: 'execute fedgen_pool', counts: 'change' } as const;
  return [
    attempt('find a role or a tenant set', {
      as: 'select',
      sql: count(
        `(select) x where pg_catalog.current_setting('role') <> 'none' or coalesce(${settings}) is not null`,
      ),
      counts: 'rows',
    }),
    attempt('read what the last borrower read', { as: 'select', sql: count(sqlName(table)), counts: 'rows' }),
    attempt('execute a plan of the last borrower', plan),
    ...(second === undefined
      ? []
      : [
          attempt(
            'read rows of others as the next borrower',
            { as: asBorrower(second), sql: count(others), counts: 'rows' },
            { actor: second.role },
          ),
        ]),
    attempt(
      `fetch from a cursor after ${RESET}`,
      { as: 'select', sql: 'fetch all from fedgen_pool', counts: 'change' },
      { refusals: ['34000'] },
    ),
    attempt(`execute a plan after ${RESET}`, plan, { refusals: ['26000'] }),
  ];
}

/** What a pool says before it lends a connection again. */
const RESET = 'DISCARD ALL';

async function tryAll({ client }: Session, attempts: readonly Attempt[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const attempt of attempts) {
    if (attempt.operation.endsWith(RESET)) await client.query(RESET);
    const answer = await tryOne(client, attempt);
    results.push({ attempt, answer, outcome: judge(attempt, answer, undefined) });
  }
  return results;
}

/** In a transaction that ends as those of applications do. */
async function tryOne(client: Session['client'], { act }: Attempt): Promise<Answer> {
  const answer = { message: '', said: '', text: '', rows: 0, changed: false };
  try {
    await client.query([BEGIN_READING, act.as, ...(act.before ?? [])].join('; '));
    const { rows, rowCount } = await client.query<{ count?: string }>(act.sql);
    await client.query('commit');
    return { ...answer, state: DONE, rows: act.counts === 'rows' ? Number(rows[0]?.count) : (rowCount ?? 0) };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    const state = sqlState(error);
    if (state === undefined) throw error;
    const message = error instanceof Error ? error.message : '';
    return { ...answer, state, message, said: message };
  }
}
