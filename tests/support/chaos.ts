import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { FedgenError, withTenant, type TenantClient, type WithTenantOptions } from '../../src/client.js';

/** What one request did: a code of its error, or `ok`. */
export type Outcome = string;

/** What requests report. */
export interface Journal {
  readonly outcomes: Map<Outcome, number>;
  /** Whatever a request saw that is not its tenant's. Must stay empty. */
  readonly leaks: string[];
  /** Orders by id, and whether their transaction was kept. */
  readonly orders: Map<string, { readonly tenantId: string; readonly kept: boolean | 'unknown' }>;
}

interface Requests {
  readonly pool: pg.Pool;
  readonly as: (tenantId: string, more?: Partial<WithTenantOptions>) => WithTenantOptions;
  readonly tenants: readonly string[];
  readonly journal: Journal;
}

const SEEN = `select distinct o.tenant_id as tenant, current_setting('app.current_tenant_id') as claimed,
  federation.current_tenant('shop') as bound from shop.orders o`;
const PAUSE_MS = 25;
const TIMEOUT_MS = 5_000;
/** Of the request that can only time out. */
const SHORT_TIMEOUT_MS = 200;

type Deed = (client: TenantClient, controller: AbortController) => Promise<unknown>;

const sleepOnServer: Deed = (client) => client.query('select pg_sleep(30)');

/** What requests do after they have looked around and inserted an order. */
const DEEDS: readonly Deed[] = [
  () => Promise.resolve(),
  (client) => client.query(`update shop.orders set items_count = 1`),
  (client) => client.query('select 1/0'),
  (client) => client.query('select 1/0').catch(() => undefined),
  (client) => client.savepoint((inner) => inner.query('select 1/0')).catch(() => undefined),
  () => Promise.reject(new RangeError('of the application')),
  (client) =>
    client.query(`insert into shop.orders (tenant_id, order_id, order_date)
      select tenant_id, 'evil', '2024-01-01' from (values ('T001'), ('T002'), ('T003')) t (tenant_id)`),
  sleepOnServer,
  (client, controller) => {
    setTimeout(() => controller.abort(), PAUSE_MS);
    return sleepOnServer(client, controller);
  },
  (_client, controller) => {
    controller.abort();
    return Promise.resolve();
  },
  (client) =>
    client.query(`select set_config('app.current_tenant_id', 'T002', false), pg_advisory_lock_shared(7)`),
  (client) => client.query(`select pg_sleep(0.01)`),
];

/** Requests of `parallel` clients, one after the other each, until `isOver`; the tenants and deeds take turns. */
export async function rush(requests: Requests, parallel: number, isOver: () => boolean): Promise<void> {
  let count = 0;
  const worker = async (): Promise<void> => {
    while (!isOver()) {
      count += 1;
      const outcome = await request(requests, count);
      requests.journal.outcomes.set(outcome, (requests.journal.outcomes.get(outcome) ?? 0) + 1);
      if (/^E_DB_/.test(outcome)) await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function request({ pool, as, tenants, journal }: Requests, count: number): Promise<Outcome> {
  // 3 tenants and 12 deeds take all their combinations when one of them moves on after each round.
  const deed = DEEDS[count % DEEDS.length];
  const tenantId = tenants[(count + Math.floor(count / DEEDS.length)) % tenants.length] ?? '';
  const controller = new AbortController();
  const timeoutMs = deed === sleepOnServer ? SHORT_TIMEOUT_MS : TIMEOUT_MS;
  const order = `w${count}`;
  const settle = (kept: boolean | 'unknown'): void => void journal.orders.set(order, { tenantId, kept });
  try {
    await withTenant(pool, as(tenantId, { timeoutMs, signal: controller.signal }), async (client) => {
      await look(client, tenantId, journal);
      await client.query(`insert into shop.orders (order_id, order_date) values ($1, '2024-01-01')`, [order]);
      await deed?.(client, controller);
      // A session in which the variable was changed is nobody's, and its own again when that is undone.
      await client.query(`select set_config('app.current_tenant_id', $1, true)`, [tenantId]);
      await look(client, tenantId, journal);
    });
    settle(true);
    return 'ok';
  } catch (error) {
    const isUnknown = error instanceof FedgenError && error.details['outcome'] === 'unknown';
    settle(isUnknown ? 'unknown' : false);
    return codeOf(error);
  }
}

async function look(client: TenantClient, tenantId: string, { leaks }: Journal): Promise<void> {
  const { rows } = await client.query<Record<string, string>>(SEEN);
  for (const row of rows)
    for (const [what, seen] of Object.entries(row))
      if (seen !== tenantId) leaks.push(`${tenantId} had ${what} = ${seen}`);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error
    ? String(error.code)
    : error instanceof Error
      ? error.name
      : 'none';
