import type { RenderedScript } from '../render/render.js';
import type { Session } from '../db/session.js';
import { asOwner } from './as-owner.js';

/** One row of federation.schema_migrations: a script that stands, or stood, at a target. */
export interface LedgerRow {
  readonly id: string;
  readonly target: string;
  readonly pack: string;
  readonly script: string;
  readonly number: number;
  readonly templateChecksum: string;
  readonly renderedChecksum: string;
  readonly state: 'running' | 'applied' | 'rolled_back';
  readonly runId: string | null;
  readonly statementsDone: number;
  readonly appliedBy: string;
  readonly appliedAt: Date;
  readonly durationMs: number | undefined;
  readonly rolledBackAt: Date | undefined;
  readonly rolledBackBy: string | undefined;
}

/**
 * Is there a ledger in this database? Asked without naming the table, because the caller may lack USAGE on
 * its schema and PostgreSQL then answers with an error instead of no.
 */
export async function hasLedger(session: Session): Promise<boolean> {
  const { rows } = await session.client.query<{ found: boolean }>(
    `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where n.nspname = 'federation' and c.relname = 'schema_migrations') as found`,
  );
  return rows[0]?.found ?? false;
}

/** What a {@link LedgerRow} is read by. */
export const LEDGER_COLUMNS = `id, target, pack, script, number, template_checksum as "templateChecksum",
  rendered_checksum as "renderedChecksum", state, applied_by as "appliedBy", applied_at as "appliedAt",
  run_id::text as "runId", statements_done as "statementsDone", duration_ms::float8 as "durationMs", rolled_back_at as "rolledBackAt", rolled_back_by as "rolledBackBy"`;

/** All rows of the given targets (of every target when undefined), oldest first; history included. */
export async function readLedger(
  session: Session,
  owner: string,
  targets?: readonly string[],
): Promise<LedgerRow[]> {
  return asOwner(session, owner, 'read only', async () => {
    const { rows } = await session.client.query<LedgerRow>(
      `select ${LEDGER_COLUMNS} from federation.schema_migrations
        where $1::text[] is null or target = any ($1) order by id`,
      [targets ?? null],
    );
    return rows;
  });
}

/** What is known of each department in the registry. */
export interface RegisteredDepartment {
  readonly id: string;
  readonly name: string;
  readonly schema: string;
  readonly status: string;
}

/** The registered departments, by id; all of them, or the one named. */
export async function readDepartments(
  session: Session,
  owner: string,
  id?: string,
): Promise<RegisteredDepartment[]> {
  return asOwner(session, owner, 'read only', async () => {
    const { rows } = await session.client.query<RegisteredDepartment>(
      `select department_id as id, department_name as name, tenant_schema as schema, status
         from federation.departments where $1::text is null or department_id = $1 order by department_id`,
      [id ?? null],
    );
    return rows;
  });
}

/** What a run did. */
export type MigrationCommand = 'apply' | 'rollback' | 'import';

/**
 * Whether the backend of a run `r` is still there. The owner role sees of the backends of others who they are, and not
 * since when; so a process id that was given to another backend of the same login counts as alive, but never our own, which
 * has no run yet.
 */
const IS_ALIVE = `exists (
     select from pg_stat_activity a
      where a.pid = r.backend_pid and a.pid <> pg_backend_pid() and a.datname = current_database()
        and a.usename = r.run_by and (a.backend_start is null or a.backend_start <= r.started_at))`;

/** The runs `r` that are under way. */
export const IS_RUNNING = `r.state = 'running' and ${IS_ALIVE}`;

/** The runs `r` that died on the way (killed, cut off). */
export const IS_DEAD = `r.state = 'running' and not ${IS_ALIVE}`;

/** They are marked as interrupted by the next run, since nobody else was left to do it. */
export const MARK_DEAD_RUNS = `
  update federation.migration_runs r set state = 'interrupted', finished_at = clock_timestamp() where ${IS_DEAD}`;

/** Marks them where there is nothing else to do. */
export async function closeDeadRuns(session: Session, owner: string): Promise<void> {
  await asOwner(session, owner, 'read write', () => session.client.query(MARK_DEAD_RUNS));
}

/** Opens a run: what is applied or rolled back together. */
export async function startRun(
  session: Session,
  owner: string,
  run: { readonly command: MigrationCommand; readonly toolVersion: string },
): Promise<string> {
  return asOwner(session, owner, 'read write', async () => {
    const { rows } = await session.client.query<{ id: string }>(
      `with dead as (${MARK_DEAD_RUNS})
       insert into federation.migration_runs (command, tool_version) values ($1, $2) returning run_id as id`,
      [run.command, run.toolVersion],
    );
    return rows[0]?.id ?? '';
  });
}

/** Closes a run. */
export async function finishRun(
  session: Session,
  owner: string,
  run: {
    readonly id: string;
    readonly state: 'succeeded' | 'failed' | 'interrupted';
    readonly error?: string;
  },
): Promise<void> {
  await asOwner(session, owner, 'read write', async () => {
    await session.client.query(
      `update federation.migration_runs set state = $2, finished_at = clock_timestamp(), error = $3 where run_id = $1`,
      [run.id, run.state, run.error ?? null],
    );
  });
}

/** Takes the present text of a script as the one that was applied (`--accept-edited`). */
export async function acceptEdited(
  session: Session,
  owner: string,
  rows: readonly { readonly id: string; readonly script: RenderedScript }[],
): Promise<void> {
  // On an empty database the owner role does not exist yet.
  if (rows.length === 0) return;
  await asOwner(session, owner, 'read write', async () => {
    for (const { id, script } of rows) {
      await session.client.query(
        `update federation.schema_migrations set template_checksum = $2, rendered_checksum = $3 where id = $1`,
        [id, script.templateChecksum, script.renderedChecksum],
      );
    }
  });
}
