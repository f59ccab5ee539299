import { inspect } from 'node:util';
import pg from 'pg';
import { apply, type Settings } from '../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from './database.js';
import { testSettings } from './department.js';
import type { Major, TestServerFacts } from './postgres.js';

/** Who attacks. `adm`, `app` and `stranger` are logins: an administrator, a gateway application, and nobody. */
export type Actor = 'hr' | 'sales' | 'legal' | 'adm' | 'app' | 'stranger' | 'owner' | 'superuser';

/** A statement and the answer that it gets; see {@link AttackedWorld.run}. */
export interface Attempt {
  readonly as: Actor;
  readonly sql: string;
  readonly answer: string;
}

/** An attack with the control that proves it could have worked. */
export interface Attack extends Attempt {
  /** Left out: the same statement by a superuser, which must not fail. */
  readonly control?: Attempt;
  /** First major version that refuses it. */
  readonly since?: Major;
}

/** A database with three departments: hr, which attacks, sales, which is attacked, and legal, which reads e-mails of sales. */
export interface AttackedWorld {
  readonly database: TestDatabase;
  readonly settings: Settings;
  /** What sales holds and hr must never hear of. */
  readonly canary: string;
  /** Puts the role prefix in front of the names of roles. */
  localize(sql: string): string;
  /**
   * Runs statements in a transaction that is rolled back (`commit`: kept) and answers in a word: the SQLSTATE, or the
   * first value of the last statement's first row, or its command and row count; `leaked` if hr hears of the canary,
   * in a row, an error or a notice.
   */
  run(actor: Actor, sql: string, end?: 'commit'): Promise<string>;
  /** The connection of an actor, for what needs several transactions. */
  client(actor: Actor): pg.Client;
  close(): Promise<void>;
}

const DEPARTMENTS = ['hr', 'sales', 'legal'] as const;
const ROLES =
  /\b(hr_role|sales_role|legal_role|adm_login|app_login|stranger_login|federation_owner|federation_tenant|federation_admin_role|cross_dept_query_role)\b/g;

/** One row in each kind of table: shareable, referenced, ordinary, evidence. */
const rowsOf = (id: string): string => `
  insert into ${id}_tenant.contacts (contact_id, full_name) values ('canary-of-${id}', 'canary-of-${id}');
  insert into ${id}_tenant.tool_calls (tool_call_id, session_id, function_name) values ('canary-of-${id}', 's', 'f');
  insert into ${id}_tenant.email_logs (session_id, recipient_email, subject) values ('s', 'a@b', 'canary-of-${id}');
  insert into ${id}_tenant.notifications (user_id, notification_type, title) values ('u', 't', 'canary-of-${id}');
  insert into ${id}_tenant.audit_trail (event_type, action) values ('canary-of-${id}', 'a')`;

/**
 * lab is a careless schema in which departments may create and everybody looks, the owner of the identity functions too:
 * without it only temporary objects could stand in for what policies call.
 */
const SET_UP = `
  create role adm_login login; grant federation_admin_role to adm_login;
  create role app_login login noinherit; grant cross_dept_query_role to app_login;
  create role stranger_login login;
  create schema lab; grant usage on schema lab to public; grant create on schema lab to hr_role, sales_role;
  insert into federation.cross_dept_audit (source_department_id, query_type, success) values ('sales', 'q', true)`;

/** Builds the world on a server. */
export async function createAttackedWorld(server: TestServerFacts, label: string): Promise<AttackedWorld> {
  const database = await createTestDatabase(server, label);
  const settings = testSettings(database);
  const localize = (sql: string): string => sql.replace(ROLES, `${database.rolePrefix}$1`);
  for (const departmentId of DEPARTMENTS) await apply({ departmentId, department: departmentId, settings });
  await withClient(database.url, (client) => client.query(localize(SET_UP)));
  const clients = await connectAll(database);
  for (const id of DEPARTMENTS) await clients[id].query(rowsOf(id));
  await clients.adm.query(`select federation.grant_cross_dept('legal', 'sales', 'read', 'emails', 'boss')`);
  await clients.owner.query(localize('set role federation_owner'));
  const canary = 'canary-of-sales';
  const notices: string[] = [];
  clients.hr.on('notice', (notice) => notices.push(inspect(notice)));
  return {
    database,
    settings,
    canary,
    localize,
    client: (actor) => clients[actor],
    run: async (actor, sql, end) => {
      const answer = await runOnce(clients[actor], localize(sql), end ?? 'rollback');
      const heard = answer.heard + notices.splice(0).join('');
      return actor === 'hr' && heard.includes(canary) ? 'leaked' : answer.word;
    },
    close: async () => {
      await Promise.all(Object.values(clients).map((client) => client.end()));
      await database.drop();
    },
  };
}

async function connectAll(database: TestDatabase): Promise<Record<Actor, pg.Client>> {
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const login = (role: string): Promise<pg.Client> => {
    const url = new URL(database.url);
    url.username = `${database.rolePrefix}${role}`;
    return connect(url.href);
  };
  return {
    hr: await login('hr_role'),
    sales: await login('sales_role'),
    legal: await login('legal_role'),
    adm: await login('adm_login'),
    app: await login('app_login'),
    stranger: await login('stranger_login'),
    owner: await connect(database.url),
    superuser: await connect(database.url),
  };
}

/** Runs statements in a transaction: the answer in a word (see {@link AttackedWorld.run}), and all that was heard. */
export async function runOnce(
  client: pg.Client,
  sql: string,
  end: 'commit' | 'rollback',
): Promise<{ readonly word: string; readonly heard: string }> {
  await client.query('begin');
  try {
    const results: pg.QueryResult<Record<string, unknown>>[] = [
      await client.query<Record<string, unknown>>(sql),
    ].flat();
    const last = results.at(-1);
    const [row] = last?.rows ?? [];
    const word = row ? String(Object.values(row)[0]) : `${last?.command ?? ''} ${last?.rowCount ?? 0}`;
    return { word, heard: JSON.stringify(results.map(({ rows }) => rows)) };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { word: error.code ?? '', heard: inspect(error) };
  } finally {
    await client.query(end).catch(() => client.query('rollback'));
  }
}
