import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { quoteText } from '../../render/clickhouse/dialect.js';
import { ident } from '../../render/filters.js';
import { FedgenError } from '../../shared/errors.js';
import type { Finding, MatrixCell } from '../../validate/model.js';
import { isServerError, textOf } from '../errors.js';
import type { ClickHouseSession } from '../session.js';
import type { EngineTenant } from '../tenants.js';

/** What the probes need to know of a pack, and how they become somebody. */
export interface ProbeInput {
  readonly session: ClickHouseSession;
  readonly database: string;
  readonly onCluster: string;
  /** Tables that tenants read. */
  readonly tables: readonly string[];
  /** Tables that hold their rows. */
  readonly stored: readonly string[];
  readonly tenantColumn: string;
  readonly tenants: readonly EngineTenant[];
  /** SQL that lets a tenant in, and that shuts it out again. */
  readonly letIn: (tenant: ProbedTenant) => readonly string[];
  readonly shutOut: (tenant: ProbedTenant) => readonly string[];
  /** Opens a session of another user of the same server. */
  readonly as: <T>(
    user: string,
    password: string,
    use: (session: ClickHouseSession) => Promise<T>,
  ) => Promise<T>;
}

type ProbedTenant = Pick<EngineTenant, 'id' | 'role' | 'login'>;

/** What the attacks came to. */
export interface ProbeResult {
  readonly positive: readonly Finding[];
  readonly read: readonly Finding[];
  readonly write: readonly Finding[];
  readonly matrix: readonly MatrixCell[];
}

/** Month of the rows that are planted: nobody has rows there, and the whole partition goes by itself afterwards. */
const CANARY_TIME = '2106-01-15 00:00:00';
const CANARY_PARTITION = '210601';

/**
 * Plants one row of a tenant that nobody knows into each table, then asks as that tenant, which must see it, and as each
 * registered tenant, which must not, through a user that holds the tenant's role for the moment. The rows, the user and
 * the unknown tenant go whatever happens.
 */
export async function probe(input: ProbeInput): Promise<ProbeResult> {
  // Before anything is planted: what cleans up afterwards drops the whole month.
  const occupied = await findOccupied(input);
  if (occupied !== undefined) return nothingTried(input, occupied);
  const canary = canaryTenant();
  try {
    for (const text of input.letIn(canary)) await input.session.run(text);
    await plant(input, canary.id);
    const own = await probeTenant(input, canary, canary.id);
    const others: ProbeResult[] = [];
    for (const tenant of input.tenants) others.push(await probeTenant(input, tenant, canary.id));
    return merge([own, ...others]);
  } catch (cause) {
    const isInterrupted = input.session.signal?.aborted === true;
    if (isInterrupted || (!isServerError(cause) && !(cause instanceof FedgenError))) throw cause;
    return nothingTried(input, cause instanceof Error ? textOf(cause) : '');
  } finally {
    await cleanUp(input, canary);
  }
}

function canaryTenant(): ProbedTenant {
  const name = `fedgen_canary_${randomBytes(6).toString('hex')}`;
  return { id: randomUUID(), role: `${name}_role`, login: `${name}_user` };
}

function nothingTried({ database }: ProbeInput, why: string): ProbeResult {
  const remedy = 'docs/clickhouse.md says which rights, and which empty month, a validation needs.';
  const finding = fault(database, `nothing could be tried: ${why}`, remedy);
  return { positive: [finding], read: [finding], write: [finding], matrix: [] };
}

async function findOccupied({ session, database, stored }: ProbeInput): Promise<string | undefined> {
  const [row] = await session.rows<{ table: string }>(
    `select table from system.parts where database = {database:String} and active and partition = {partition:String} and has({stored:Array(String)}, table)`,
    { database, stored, partition: CANARY_PARTITION },
  );
  return row && `${database}.${row.table} has rows of ${CANARY_PARTITION}, the month of planted rows`;
}

const nameOf = (database: string, table: string): string => `${ident(database)}.${ident(table)}`;

async function plant({ session, database, tables, tenantColumn }: ProbeInput, tenant: string): Promise<void> {
  for (const table of tables)
    await session.insert(nameOf(database, table), [{ [tenantColumn]: tenant, timestamp: CANARY_TIME }]);
}

async function cleanUp(
  { session, database, tables, stored, onCluster, shutOut }: ProbeInput,
  canary: ProbedTenant,
): Promise<void> {
  const statements = [
    ...shutOut(canary),
    ...tables.map(
      (table) => `drop row policy if exists ${PLANTED_POLICY} on ${nameOf(database, table)}${onCluster}`,
    ),
    ...stored.map(
      (table) => `alter table ${nameOf(database, table)}${onCluster} drop partition ${CANARY_PARTITION}`,
    ),
  ];
  for (const text of statements) await session.run(text).catch(() => undefined);
}

/** Asks and attacks as one tenant. */
async function probeTenant(input: ProbeInput, tenant: ProbedTenant, canary: string): Promise<ProbeResult> {
  const { session, onCluster, as } = input;
  const user = `fedgen_probe_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(24).toString('hex');
  const hash = createHash('sha256').update(password).digest('hex');
  try {
    await session.run(
      `create user ${ident(user)}${onCluster} identified with sha256_hash by ${quoteText(hash)}`,
    );
    await session.run(`grant${onCluster} ${ident(tenant.role)} to ${ident(user)}`);
    // Counted beforehand: the attacker then works in one go.
    const wanted = new Map<string, number>();
    for (const table of input.tables) wanted.set(table, await expectedRows(input, tenant, table));
    return await as(user, password, async (attacker) => {
      const parts: ProbeResult[] = [];
      for (const table of input.tables)
        parts.push(
          await probeTable({ input, attacker, tenant, canary, table, wanted: wanted.get(table) ?? 0 }),
        );
      return merge(parts);
    });
  } finally {
    await session.run(`drop user if exists ${ident(user)}${onCluster}`).catch(() => undefined);
  }
}

interface Attack {
  readonly input: ProbeInput;
  readonly attacker: ClickHouseSession;
  readonly tenant: ProbedTenant;
  readonly canary: string;
  readonly table: string;
  /** Rows that the tenant has in it, seen from outside. */
  readonly wanted: number;
}

async function probeTable(attack: Attack): Promise<ProbeResult> {
  const { input, tenant, canary, table, wanted } = attack;
  const object = `${input.database}.${table}`;
  const own = await countRows(attack, '=');
  const foreign = await countRows(attack, '!=');
  const seesOwn = own === wanted;
  const ownFault = `${tenant.role} sees ${shown(own)} of its own ${wanted} rows`;
  const foreignFault = `${tenant.role} sees ${shown(foreign)} rows of others`;
  const cell = cellsOf(tenant.id === canary ? 'an unknown tenant' : tenant.role, table);
  const written = await tryWrites(attack, object);
  return {
    positive: seesOwn ? [] : [fault(object, ownFault, 'See engine_row_policies and engine_grants.')],
    read: (foreign ?? 0) === 0 ? [] : [fault(object, foreignFault, 'See engine_row_policies.')],
    write: written.flatMap(({ finding }) => (finding ? [finding] : [])),
    matrix: [
      { ...cell('select', seesOwn), victim: 'own', expected: 'allowed' },
      cell('select', (foreign ?? 0) !== 0),
      ...written.map(({ operation, finding }) => cell(operation, finding !== undefined)),
    ],
  };
}

const cellsOf =
  (actor: string, relation: string) =>
  (operation: string, isAllowed: boolean): MatrixCell => ({
    actor,
    victim: 'another tenant',
    relation,
    operation,
    outcome: isAllowed ? 'allowed' : 'refused',
    expected: 'refused',
    attempts: 1,
  });

const shown = (rows: number | undefined): string => (rows === undefined ? 'none' : String(rows));

/** Undefined where the table may not even be asked. */
async function countRows(
  { input, attacker, tenant, table }: Attack,
  operator: '=' | '!=',
): Promise<number | undefined> {
  const rows = await attacker
    .rows<{ rows: number }>(
      `select toFloat64(count()) as rows from ${nameOf(input.database, table)} where ${ident(input.tenantColumn)} ${operator} ${quoteText(tenant.id)}`,
    )
    .catch(refused);
  return rows?.[0]?.rows;
}

/** Rows of the tenant, seen from outside. */
async function expectedRows(
  { session, database, tenantColumn }: ProbeInput,
  tenant: ProbedTenant,
  table: string,
): Promise<number> {
  const [row] = await session.rows<{ rows: number }>(
    `select toFloat64(count()) as rows from ${nameOf(database, table)} where ${ident(tenantColumn)} = ${quoteText(tenant.id)}`,
  );
  return row?.rows ?? 0;
}

/** A policy that an attack may have made. */
const PLANTED_POLICY = 'fedgen_attack';

/**
 * What must be refused, by what a tenant would call it. Nothing can be taken back here, so each would do no harm if it were
 * let through: it touches planted rows, or what does not exist.
 */
const WRITES: Readonly<Record<string, (table: string, column: string, victim: string) => string>> = {
  insert: (table, column, victim) =>
    `insert into ${table} (${column}, timestamp) values (${victim}, '${CANARY_TIME}')`,
  delete: (table, column, victim) => `alter table ${table} delete where ${column} = ${victim}`,
  'drop partition': (table) => `alter table ${table} drop partition ${CANARY_PARTITION}`,
  'alter table': (table) => `alter table ${table} comment column if exists ${PLANTED_POLICY} ''`,
  'drop policy': (table) => `drop row policy if exists ${PLANTED_POLICY} on ${table}`,
  'create policy': (table) => `create row policy ${PLANTED_POLICY} on ${table} using 0 to current_user`,
  grant: (table) => `grant select on ${table} to current_user`,
};

async function tryWrites(
  { input, attacker, tenant, canary, table }: Attack,
  object: string,
): Promise<{ operation: string; finding: Finding | undefined }[]> {
  const name = nameOf(input.database, table);
  const results: { operation: string; finding: Finding | undefined }[] = [];
  for (const [operation, write] of Object.entries(WRITES)) {
    const sql = write(name, ident(input.tenantColumn), quoteText(canary));
    const done = await attacker.run(sql).then(
      () => true,
      (error: unknown) => {
        refused(error);
        return false;
      },
    );
    const remedy = 'Take the right away that engine_grants names.';
    results.push({
      operation,
      finding: done ? fault(object, `${tenant.role} was let do "${operation}"`, remedy) : undefined,
    });
  }
  return results;
}

/** A refusal is what is wanted; whatever else goes wrong must be heard of. */
function refused(error: unknown): undefined {
  if (isServerError(error) && ['ACCESS_DENIED', 'READONLY'].includes(error.type)) return undefined;
  throw error;
}

const fault = (object: string, message: string, remedy: string): Finding => ({
  object,
  severity: 'error',
  isolation: true,
  message,
  remedy,
});

const merge = (results: readonly ProbeResult[]): ProbeResult => ({
  positive: results.flatMap(({ positive }) => positive),
  read: results.flatMap(({ read }) => read),
  write: results.flatMap(({ write }) => write),
  matrix: results.flatMap(({ matrix }) => matrix),
});
