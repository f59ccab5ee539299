import type { Session } from '../db/session.js';
import { quoteIdentifier } from '../render/quote.js';
import type { CheckResult, Finding } from './model.js';
import { readSqlFiles, type SqlFile } from './sql-files.js';

/** What fedgen made in a database, for the checks to compare with what stands. JSON: the SQL of _head.sql reads it. */
export interface Declared {
  readonly roles: readonly {
    readonly name: string;
    readonly kind: 'owner' | 'admin' | 'gateway' | 'group' | 'pack' | 'tenant';
    readonly target?: string;
  }[];
  readonly schemas: readonly { readonly name: string; readonly target: string }[];
  readonly tenants: readonly {
    readonly role: string;
    readonly tenant: string;
    readonly department: string | null;
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
  readonly tenancy: 'schema' | 'shared';
  readonly tenantColumn: string;
  readonly tables: readonly {
    readonly name: string;
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

const isNamed =
  (name: string) =>
  (file: SqlFile): boolean =>
    file.name === name;

type Run = (files: readonly SqlFile[], head: string, values: readonly unknown[]) => Promise<CheckResult[]>;

function runner(session: Session, owner: string): Run {
  return async (files, head, values) => {
    const results: CheckResult[] = [];
    for (const file of files) {
      const since = Number(file.head['since'] ?? 0);
      if (session.serverVersion < since * 10_000) {
        results.push(toResult(file, [], `nothing to check before version ${since}`));
        continue;
      }
      const asOwner = file.head['as'] === 'owner';
      if (asOwner) await session.client.query(`set local role ${quoteIdentifier(owner)}`);
      const { rows } = await session.client.query<Finding>({
        name: `fedgen_check_${file.name}`,
        text: inCommonTable(head, file.sql),
        values: [...values],
      });
      if (asOwner) await session.client.query('set local role none');
      results.push(toResult(file, rows));
    }
    return results;
  };
}

/** A check may begin with a WITH of its own; the common tables go before it. */
function inCommonTable(head: string, sql: string): string {
  const body = sql.replace(/^(?:--[^\n]*\n)+/, '');
  const own = /^with (recursive )?/.exec(body);
  const start = head.replace(/^with /, own?.[1] ? 'with recursive ' : 'with ');
  return own ? `${start},\n${body.slice(own[0].length)}` : `${start}\n${body}`;
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
