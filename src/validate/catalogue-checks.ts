import { createHash } from 'node:crypto';
import type { Session } from '../db/session.js';
import type { PackRoleKind } from '../packs/pack.js';
import { quoteIdentifier } from '../render/quote.js';
import type { CheckResult, Finding } from './model.js';
import type { Registration } from './registration.js';
import { readSqlFiles, type SqlFile } from './sql-files.js';

/** What fedgen made in a database, for the checks to compare with what stands. JSON: the SQL of _head.sql reads it. */
export interface Declared {
  readonly roles: readonly {
    readonly name: string;
    readonly kind: 'owner' | 'admin' | 'gateway' | 'group' | 'pack' | 'tenant' | PackRoleKind;
    readonly target?: string;
    /** All that a role of a pack without tenants may do: functions, tables and views by `schema.name`. */
    readonly execute?: readonly string[];
    readonly read?: readonly string[];
  }[];
  readonly schemas: readonly { readonly name: string; readonly target: string }[];
  readonly tenants: readonly {
    readonly role: string;
    readonly tenant: string;
    readonly department: string | null;
  }[];
  /** Shared packs: as they are registered, and as the one that is validated must be. */
  readonly packs: readonly {
    readonly name: string;
    /** How many of its scripts stand. */
    readonly scripts: number;
    readonly found: Registration;
    readonly wanted: Registration | null;
  }[];
  readonly sharing: readonly { readonly resource: string; readonly table: string }[];
  /** Tables of the pack, shared or not. */
  readonly tables: readonly string[];
  readonly provisioners: readonly string[];
  readonly trustedRoles: readonly string[];
  readonly extensions: readonly string[];
}

/** What one target is declared to be. */
export interface DeclaredTarget {
  readonly tenancy: 'schema' | 'shared' | 'single';
  /** Null where there are no tenants. */
  readonly tenantColumn: string | null;
  /** The table of a shared pack with a row for each tenant, and the pack that those are registered for. */
  readonly tenantTable: {
    readonly pack: string;
    readonly schema: string;
    readonly table: string;
    readonly idColumn: string;
  } | null;
  readonly tables: readonly {
    readonly name: string;
    readonly schema: string;
    readonly scope: string;
    readonly appendOnly: boolean;
  }[];
}

/** The checks of templates/_checks, ready to run on one connection. */
export interface CatalogueChecks {
  /** Codes of the checks, in alphabetical order. */
  readonly codes: readonly string[];
  /** Checks of the whole database. */
  readonly server: (declared: Declared, isWanted: (code: string) => boolean) => Promise<CheckResult[]>;
  /** Checks of one target's schemas. */
  readonly target: (
    declared: Declared,
    target: DeclaredTarget,
    schemaOids: readonly string[],
    isWanted: (code: string) => boolean,
  ) => Promise<CheckResult[]>;
  /** Checks of the rows in a target's schemas: no catalogue tells what they find. */
  readonly rows: (
    declared: Declared,
    target: DeclaredTarget,
    schemaOids: readonly string[],
    isWanted: (code: string) => boolean,
  ) => Promise<CheckResult[]>;
}

/** Makes the checks; the session's transaction must have `search_path = pg_catalog`. */
export async function createCatalogueChecks(session: Session, owner: string): Promise<CatalogueChecks> {
  const files = await readSqlFiles('_checks', session.serverVersion);
  const relation =
    (await readSqlFiles('_catalogue', session.serverVersion)).find(isNamed('_relation'))?.sql ?? '';
  const head = files.find(isNamed('_head'))?.sql ?? '';
  const target = (files.find(isNamed('_target'))?.sql ?? '').replace(
    '/* _catalogue/_relation.sql */',
    relation.replaceAll('$1', '$2'),
  );
  const checks = files.filter((file) => !file.name.startsWith('_'));
  const ofScope = (scope: string): SqlFile[] => checks.filter((file) => file.head['scope'] === scope);
  const run = runner(session, owner);
  const onTarget =
    (scope: string): CatalogueChecks['target'] =>
    (declared, about, oids, isWanted) =>
      run(
        ofScope(scope).filter(({ name }) => isWanted(name)),
        `with ${head},\n${target}`,
        [JSON.stringify({ ...declared, target: about }), oids],
      );
  return {
    codes: checks.map((file) => file.name),
    server: (declared, isWanted) =>
      run(
        ofScope('server').filter(({ name }) => isWanted(name)),
        `with ${head}`,
        [JSON.stringify(declared)],
      ),
    target: onTarget('target'),
    rows: onTarget('rows'),
  };
}

/** Codes and titles of the checks, whatever the server's version. */
export async function listCatalogueChecks(): Promise<Record<string, string>> {
  const files = (await readSqlFiles('_checks', 0)).filter((file) => !file.name.startsWith('_'));
  return Object.fromEntries(files.map((file) => [file.name, file.head['title'] ?? file.name]));
}

const isNamed =
  (name: string) =>
  (file: SqlFile): boolean =>
    file.name === name;

type Run = (files: readonly SqlFile[], head: string, values: readonly unknown[]) => Promise<CheckResult[]>;

/** All checks of a kind are one query: planning them one by one would take longer than running them. */
function runner(session: Session, owner: string): Run {
  return async (files, head, values) => {
    const isDue = (file: SqlFile): boolean =>
      session.serverVersion >= Number(file.head['since'] ?? 0) * 10_000;
    const isOwners = (file: SqlFile): boolean => file.head['as'] === 'owner';
    const due = files.filter(isDue);
    const found = [
      ...(await ask(
        session,
        due.filter((file) => !isOwners(file)),
        head,
        values,
      )),
      ...(await asOwner(session, owner, () => ask(session, due.filter(isOwners), head, values))),
    ];
    return files.map((file) =>
      isDue(file)
        ? toResult(
            file,
            found.filter(({ code }) => code === file.name).map(({ finding }) => finding),
          )
        : toResult(file, [], `nothing to check before version ${file.head['since']}`),
    );
  };
}

async function asOwner<T>(session: Session, owner: string, use: () => Promise<T>): Promise<T> {
  await session.client.query(`set local role ${quoteIdentifier(owner)}`);
  const result = await use();
  await session.client.query('set local role none');
  return result;
}

interface Found {
  readonly code: string;
  readonly finding: Finding;
}

async function ask(
  session: Session,
  files: readonly SqlFile[],
  head: string,
  values: readonly unknown[],
): Promise<Found[]> {
  if (files.length === 0) return [];
  const parts = files.map(
    (file) =>
      `select '${file.name}'::text as code, to_json(found) as finding from (\n${file.sql}\n) as found`,
  );
  const text = `${head}\n${parts.join('\nunion all\n')}`;
  const { rows } = await session.client.query<Found>({
    // The same checks on the same connection are the same statement.
    name: `fedgen_checks_${createHash('md5').update(text).digest('hex').slice(0, 20)}`,
    text,
    values: [...values],
  });
  return rows;
}

function toResult(file: SqlFile, findings: readonly Finding[], summary?: string): CheckResult {
  const title = file.head['title'] ?? file.name;
  return {
    code: file.name,
    layer: 'catalogue',
    title,
    summary: summary ?? (findings.length === 0 ? 'nothing found' : `${findings.length} found`),
    findings,
    evidence: findings.length === 0 ? [title] : [],
  };
}
