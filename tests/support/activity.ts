import pg from 'pg';
import { apply, type Settings } from '../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from './database.js';
import { testSettings } from './department.js';
import { urlAs } from './lending.js';
import type { TestServerFacts } from './postgres.js';

/** Settings under which the pack "activity" is the chosen one. */
export const activitySettings = (database: TestDatabase, overrides: Partial<Settings> = {}): Settings =>
  testSettings(database, { pack: 'activity', ...overrides });

/** Limits of a user; left out, those of the original's analyst. */
export interface Limits {
  readonly actions?: readonly string[];
  readonly maxRows?: number;
  readonly budgetS?: number;
  readonly canExport?: boolean;
  readonly expiresAt?: Date | null;
}

/** What the procedure answers. */
export interface Verdict {
  readonly status: 'accepted' | 'rejected';
  readonly query_id?: string;
  readonly kind?: string;
  readonly error?: string;
  readonly limit?: number;
}

/** An installation with an administrator, and users as they are asked for. */
export interface ActivityWorld {
  readonly database: TestDatabase;
  readonly settings: Settings;
  readonly superuser: pg.Client;
  readonly admin: pg.Client;
  /** Makes a user that may ask; its name carries the prefix of the test. */
  addUser(name: string, limits?: Limits): Promise<string>;
  grant(user: string, limits?: Limits): Promise<void>;
  connect(user: string): Promise<pg.Client>;
  ingest(...payloads: readonly unknown[]): Promise<string[]>;
  close(): Promise<void>;
}

/** A plan's verdict and, where it was accepted, the rows of it. */
export async function ask(
  client: pg.Client,
  plan: unknown,
  call = 'execute_query_plan',
): Promise<{ verdict: Verdict; rows: Record<string, unknown>[] }> {
  const verdict = await submit(client, plan, call);
  if (verdict.query_id === undefined) return { verdict, rows: [] };
  return { verdict, rows: await scan(client, verdict.query_id) };
}

/** The verdict alone. */
export async function submit(
  client: pg.Client,
  plan: unknown,
  call = 'execute_query_plan',
): Promise<Verdict> {
  const { rows } = await client.query<{ verdict: Verdict }>(`select mcp.${call}($1::jsonb) as verdict`, [
    JSON.stringify(plan),
  ]);
  const [row] = rows;
  if (!row) throw new Error('no verdict');
  return row.verdict;
}

/** The rows of an accepted query. */
export const scan = async (client: pg.Client, queryId: string): Promise<Record<string, unknown>[]> =>
  (await client.query<Record<string, unknown>>('select * from mcp.result_scan($1)', [queryId])).rows;

// One instant for all: an event that is sent again is the same event.
const NOW = new Date().toISOString();

/** A business event of now. */
export const order = (id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  event_id: id,
  action: 'order.placed',
  occurred_at: NOW,
  actor_id: 'customer_42',
  source: 'ecommerce',
  object: { type: 'order', id },
  attributes: { amount: 99.99, items: 3 },
  ...more,
});

/** Installs the pack in a database of its own. */
export async function createActivityWorld(
  server: TestServerFacts,
  label: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<ActivityWorld> {
  const database = await createTestDatabase(server, label);
  const settings = activitySettings(database);
  await apply({ settings, variables });
  const clients: pg.Client[] = [];
  const open = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const p = database.rolePrefix;
  await withClient(database.url, (client) =>
    client.query(`create role ${p}admin login; grant ${p}mcp_admin to ${p}admin`),
  );
  const admin = await open(urlAs(database, `${p}admin`));
  const superuser = await open(database.url);
  const grant = async (user: string, limits: Limits = {}): Promise<void> => {
    await admin.query('select mcp.grant_user_permission($1, $2, $3, $4, $5, $6)', grantValues(user, limits));
  };
  return {
    database,
    settings,
    superuser,
    admin,
    grant,
    addUser: async (name, limits = {}) => {
      const user = `${p}${name}`;
      await admin.query(`select mcp.create_mcp_user($1, $2, 'Test', '{order.placed}')`, [
        user,
        `${name}@example.com`,
      ]);
      await withClient(urlAs(database, user), (client) =>
        client.query(`select mcp.change_password('a long password')`),
      );
      await grant(user, limits);
      return user;
    },
    connect: (user) => open(urlAs(database, user)),
    ingest: async (...payloads) => {
      const outcomes: string[] = [];
      for (const payload of payloads) {
        const { rows } = await admin.query<{ outcome: string; reason: string | null }>(
          'select outcome, reason from mcp.ingest_event($1)',
          [JSON.stringify(payload)],
        );
        outcomes.push([rows[0]?.outcome, rows[0]?.reason].filter(Boolean).join(' '));
      }
      return outcomes;
    },
    close: async () => {
      for (const client of clients) await client.end();
      await database.drop();
    },
  };
}

const grantValues = (user: string, limits: Limits): unknown[] => [
  user,
  limits.actions ?? ['order.placed', 'user.signup'],
  limits.maxRows ?? 50_000,
  limits.budgetS ?? 300,
  limits.canExport ?? false,
  limits.expiresAt ?? null,
];
