import type * as PgQuery from 'libpg-query';

/** A token of the PostgreSQL scanner; offsets are bytes. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokenName: string;
  readonly keywordKind: number;
}

let library: typeof PgQuery | undefined;

/** Loads the parser (WebAssembly, about 40 ms). Everything else here throws until it has been awaited once. */
export async function loadSqlParser(): Promise<void> {
  const imported = await import('libpg-query');
  await imported.loadModule();
  library = imported;
}

/** libpg-query, once it is loaded. */
export function sqlParser(): typeof PgQuery {
  if (library === undefined) throw new Error('loadSqlParser() must be awaited before SQL is parsed');
  return library;
}

/**
 * Control characters in a token make the scanner's answer bad JSON, so it is shown others in their place: letters, or
 * spaces for the two that PostgreSQL takes for white space.
 */
const withoutControls = (sql: string): string =>
  sql.replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f]/g, (char) => (/\s/.test(char) ? ' ' : 'x'));

/** The tokens of SQL, its comments among them. Throws for an unterminated quote or comment. */
export function scanAll(sql: string): Token[] {
  return sqlParser().scanSync(withoutControls(sql)).tokens;
}

export const isComment = ({ tokenName }: Token): boolean =>
  tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT';

/** The tokens of SQL, without its comments. */
export function scanSql(sql: string): Token[] {
  return scanAll(sql).filter((token) => !isComment(token));
}

/** The tree of the PL/pgSQL body in a CREATE FUNCTION, CREATE PROCEDURE or DO statement. Throws for a faulty one. */
export function parsePlpgsql(statement: string): unknown {
  return sqlParser().parsePlPgSQLSync(statement);
}
