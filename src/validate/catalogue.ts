import type { Session } from '../db/session.js';
import type { TargetPlan } from '../plan/target.js';
import { readSqlFiles, type SqlFile } from './sql-files.js';

/** One object as the server's catalogue tells it; templates/_catalogue lists what there is to tell. */
export interface CatalogueObject {
  /** `table`, `policy`, `function` … */
  readonly kind: string;
  /** Identifies the object within its kind: `hr_tenant.contacts floor`. */
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Reads catalogues on one connection, by statements that the server has prepared. */
export interface CatalogueReader {
  /** Everything that stands in these schemas, and these roles. */
  readonly objects: (schemaOids: readonly string[], roles?: readonly string[]) => Promise<CatalogueObject[]>;
  /**
   * One hash of the same for each target, in their order. Equal hashes mean equal catalogues but for the names of the
   * targets; unequal ones may be equal all the same. Costs a third of {@link objects}, and none of the server's memory.
   */
  readonly digests: (targets: readonly StandingTarget[]) => Promise<string[]>;
}

/** A target, and the schemas that it has. */
export interface StandingTarget {
  readonly plan: TargetPlan;
  readonly schemaOids: readonly string[];
}

/** Names that differ from target to target, at most; _digest.sql has as many places. */
const NAMES = 8;
/** Stands where there is no further name; no text holds it. */
const NO_NAME = '\u0001none';

/** Makes a reader; the session's transaction must have `search_path = pg_catalog`, so that every name is qualified. */
export async function createCatalogueReader(session: Session): Promise<CatalogueReader> {
  const files = await readSqlFiles('_catalogue', session.serverVersion);
  const text = objectsQuery(files);
  const digests = files.find((file) => file.name === '_digest')?.sql ?? '';
  return {
    objects: async (oids, roles = []) => {
      const { rows } = await session.client.query<CatalogueObject>({
        name: 'fedgen_objects',
        text,
        values: [oids, roles],
      });
      return rows;
    },
    digests: async (targets) => {
      const about = targets.map(({ plan, schemaOids: schemas }, place) => ({
        place,
        schemas,
        names: namesOf(plan),
        constant: storedConstant(plan.target.id),
      }));
      const { rows } = await session.client.query<{ digest: string }>({
        name: 'fedgen_digests',
        text: digests,
        values: [JSON.stringify(about)],
      });
      return rows.map((row) => row.digest);
    },
  };
}

function objectsQuery(files: readonly SqlFile[]): string {
  const relation = files.find((file) => file.name === '_relation')?.sql ?? '';
  const kinds = files.filter((file) => !file.name.startsWith('_')).map((file) => file.sql);
  return `with relation as materialized (${relation})\n${kinds.join('\nunion all\n')}`;
}

/**
 * The roles that a target's scripts make; none for the control plane, whose roles other databases may share, and not the one
 * that makes logins: it becomes a member of each.
 */
export function rolesOf({ target, pack }: TargetPlan): readonly string[] {
  const own = pack.roles.filter(({ kind }) => kind !== 'accounts').map(({ name }) => target.packRoles[name]);
  return [...new Set([target.role, target.group, ...own].filter((role) => role !== undefined))];
}

/** Ids of those schemas that are there. */
export async function schemaOids(session: Session, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await session.client.query<{ oid: string }>(
    `select oid::text from pg_catalog.pg_namespace where nspname = any ($1::name[])
      order by array_position($1::name[], nspname)`,
    [schemas],
  );
  return rows.map((row) => row.oid);
}

/** The names of a target that its catalogue holds, the longest first; the same number for every target of a pack. */
function namesOf({ target }: TargetPlan): string[] {
  const names = [...target.schemas, target.role ?? target.group ?? NO_NAME, `'${target.id}'`].slice(
    0,
    NAMES - 1,
  );
  const stored = storedConstant(target.id);
  return [...names, stored, ...Array<string>(NAMES - names.length - 1).fill(NO_NAME)];
}

/** How an expression in the catalogue holds a text constant: its length, and the bytes of its header and text. */
function storedConstant(text: string): string {
  const header = Buffer.alloc(4);
  const bytes = Buffer.concat([header, Buffer.from(text)]);
  bytes.writeUInt32LE(bytes.length << 2);
  // Signed, as C prints a char.
  return `${bytes.length} [ ${[...new Int8Array(bytes)].join(' ')} ]`;
}
