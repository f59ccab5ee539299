import type { DatabaseError } from 'pg';
import { isServerError } from '../db/errors.js';
import type { Session } from '../db/session.js';
import { loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { assertDepartmentId, departmentSchema, sharedRoles } from '../plan/names.js';
import { quoteIdentifier } from '../render/quote.js';
import { isReservedWord, loadSqlParser } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
import { readSqlFiles, type SqlFile } from '../validate/sql-files.js';
import type { CommonOptions } from './options.js';
import { connecting, withDatabase, type Connecting } from './run.js';

/** Options of {@link doctor}. */
export interface DoctorOptions extends CommonOptions {
  /** Pack to use instead of the configured one. */
  readonly pack?: string;
  /** One department; all of them when left out. */
  readonly departmentId?: string;
}

/** The answer to one question. */
export interface DoctorSection {
  /** File in templates/_doctor: `table_sizes`, `unused_indexes`, `slow_statements`, `connections`. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  /** By the names of the columns; sizes in bytes, times in the unit that the column names. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** What to know about the rows, and what this role could not see. */
  readonly notes: readonly string[];
  /** Why there is no answer, and how to have one. */
  readonly unavailable?: { readonly reason: string; readonly remedy?: string };
}

/** What {@link doctor} found. */
export interface DoctorResult {
  readonly server: string;
  /** server_version_num. */
  readonly serverVersion: number;
  readonly schemas: readonly string[];
  readonly sections: readonly DoctorSection[];
}

/** A look at a busy server must not make it busier for long, nor wait for anybody. */
const LONGEST_STATEMENT_MS = 15_000;
const LONGEST_LOCK_WAIT_MS = 1000;

/** What leaves one question without an answer: no right, not loaded, cancelled by the time-out, locked. */
const UNANSWERED = new Set(['42501', '55000', '57014', '55P03']);

/**
 * Answers the questions of maintenance for a shared pack or for departments: sizes, unused indexes, slow statements,
 * connections. Reads only, in one READ ONLY transaction with short time-outs; any role that may connect can ask, and each
 * section tells what that role could not see.
 * @throws FedgenError E_TARGET_UNKNOWN when nothing of the target stands; E_NAME_INVALID, E_DB_*, E_PACK_*.
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorResult> {
  const to = connecting(options);
  const pack = await loadPack(options.pack ?? to.settings.pack, to.settings.packDirs);
  await checkDepartment(pack, to, options.departmentId);
  return withDatabase(to, 'examining the database', async (session) => {
    const files = await readSqlFiles('_doctor', session.serverVersion);
    await session.client.query(
      `begin read only; set local search_path = pg_catalog, pg_temp;
       set local statement_timeout = ${to.settings.statementTimeoutMs || LONGEST_STATEMENT_MS};
       set local lock_timeout = ${LONGEST_LOCK_WAIT_MS}`,
    );
    const schemas = await findSchemas(session, to, pack, options.departmentId);
    const seesAll = await mayReadStatistics(session);
    const declared = pack.tables.flatMap((table) => table.essentialIndexes);
    const sections: DoctorSection[] = [];
    for (const file of files) sections.push(await answer(session, file, { schemas, declared, seesAll }));
    await session.client.query('rollback');
    return { server: session.where, serverVersion: session.serverVersion, schemas, sections };
  });
}

async function checkDepartment(pack: Pack, { settings }: Connecting, id: string | undefined): Promise<void> {
  if (id === undefined) return;
  if (pack.tenancy !== 'schema') {
    throw new FedgenError(
      'E_USAGE',
      `pack ${pack.name} ${pack.tenancy === 'shared' ? 'is shared: its tenants have no schemas of their own' : 'is one installation and belongs to no department'}`,
      {
        hint: 'Leave --department-id out.',
      },
    );
  }
  await loadSqlParser();
  assertDepartmentId(id, settings.rolePrefix, isReservedWord);
}

/** From the catalogue and not from the registry, which few may read. */
async function findSchemas(
  session: Session,
  { settings }: Connecting,
  pack: Pack,
  departmentId: string | undefined,
): Promise<string[]> {
  const named = departmentId === undefined ? pack.schemas : [departmentSchema(departmentId)];
  const { rows } = await session.client.query<{ name: string }>(
    `select n.nspname as name from pg_namespace n join pg_roles r on r.oid = n.nspowner
      where r.rolname = $1 and case when cardinality($2::text[]) > 0 then n.nspname = any ($2) else n.nspname like '%\\_tenant' end
      order by 1`,
    [sharedRoles(settings.rolePrefix).owner, named],
  );
  if (rows.length > 0) return rows.map(({ name }) => name);
  throw new FedgenError(
    'E_TARGET_UNKNOWN',
    `nothing of ${departmentId === undefined ? `pack "${pack.name}"` : `department "${departmentId}"`} stands in ${session.where}`,
    {
      hint: 'Check the database, --pack and --role-prefix; "fedgen status" lists what is there.',
      details: { pack: pack.name, ...(departmentId !== undefined && { departmentId }) },
    },
  );
}

async function mayReadStatistics(session: Session): Promise<boolean> {
  const { rows } = await session.client.query<{ may: boolean }>(
    `select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as may`,
  );
  return rows[0]?.may ?? false;
}

interface Asking {
  readonly schemas: readonly string[];
  /** Names of indexes that the pack's contract asks for. */
  readonly declared: readonly string[];
  readonly seesAll: boolean;
}

async function answer(session: Session, { name, head, sql }: SqlFile, to: Asking): Promise<DoctorSection> {
  const { title = name, note, partial, extension, remedy } = head;
  const hidden =
    partial === undefined || to.seesAll ? undefined : `${partial} Who is granted pg_read_all_stats sees all.`;
  const section = {
    name,
    title,
    columns: [],
    rows: [],
    notes: [note, hidden].filter((text) => text !== undefined),
  };
  const unavailable = (reason: string): DoctorSection => ({
    ...section,
    notes: [],
    unavailable: { reason, ...(remedy !== undefined && { remedy }) },
  });
  const schema = extension === undefined ? '' : await findExtension(session, extension);
  if (schema === undefined)
    return unavailable(`the extension ${extension ?? ''} is not installed in this database`);
  await session.client.query('savepoint question');
  try {
    const text = sql.replace('/* extension */', () => quoteIdentifier(schema));
    const { rows, fields } = await session.client.query<Record<string, unknown>>(text, [
      to.schemas,
      to.declared,
    ]);
    return { ...section, columns: fields.map((field) => field.name), rows };
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    await session.client.query('rollback to savepoint question');
    return unavailable(error.message);
  }
}

const isUnanswered = (error: unknown): error is DatabaseError =>
  isServerError(error) && UNANSWERED.has(error.code ?? '');

/** The schema that holds an extension; undefined when it is not there. */
async function findExtension(session: Session, extension: string): Promise<string | undefined> {
  const { rows } = await session.client.query<{ schema: string }>(
    `select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = $1`,
    [extension],
  );
  return rows[0]?.schema;
}
