import type { RawStmt } from 'libpg-query';
import { scanSql, sqlParser } from './sql-parser.js';
import { findPlpgsqlError } from './sql-plpgsql.js';
import { kindOf } from './sql-nodes.js';
import type { Node } from './sql-nodes.js';
import { byteOffsets, lineCounter, pointOffset } from './sql-offsets.js';

export { loadSqlParser } from './sql-parser.js';
export { findForbidden, needsNoTransaction } from './sql-forbidden.js';
export type { Forbidden } from './sql-forbidden.js';

/** One statement of a script, with its syntax tree. */
export interface Statement {
  /** The name of its syntax tree node, e.g. CreateStmt. */
  readonly kind: string;
  /** The tree: `{ CreateStmt: {…} }`; read it with `pick`. */
  readonly node: Node;
  /** The statement proper: no comments before or after it, no semicolon. */
  readonly text: string;
  /** Where `text` starts and ends in the parsed string, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** The line on which it starts, counted from 1. */
  readonly line: number;
}

/** SQL that the PostgreSQL grammar, or PL/pgSQL, refuses. `offset` is a UTF-16 index into the parsed string. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError';
  readonly offset: number;

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}

/**
 * Splits and checks SQL with PostgreSQL's own grammar; the bodies of PL/pgSQL functions and DO blocks are checked too.
 * Input without a statement gives []. Throws SqlSyntaxError for the first error.
 */
export function parseSql(sql: string): Statement[] {
  const zero = sql.indexOf('\0');
  if (zero !== -1) throw new SqlSyntaxError('SQL must not contain the character U+0000', zero);
  const toIndex = byteOffsets(sql);
  const lineAt = lineCounter(sql);
  const statements = parseTree(sql).map(({ stmt, stmt_location, stmt_len }) => {
    const from = stmt_location ?? 0;
    const first = toIndex(from);
    const last = stmt_len === undefined ? sql.length : toIndex(from + stmt_len);
    const { start, end } = trim(sql, first, last);
    const node = stmt ?? failUnknownTree();
    return { kind: kindOf(node), node, text: sql.slice(start, end), start, end, line: lineAt(start) };
  });
  for (const statement of statements) checkBody(statement);
  return statements;
}

function failUnknownTree(): never {
  throw new Error('libpg-query returned a statement without a tree');
}

function parseTree(sql: string): RawStmt[] {
  if (sql === '') return [];
  const { parseSync, hasSqlDetails } = sqlParser();
  try {
    return parseSync(sql).stmts ?? [];
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const points = Math.max(0, error.sqlDetails?.cursorPosition ?? 0);
    throw new SqlSyntaxError(error.message, pointOffset(sql, points), { cause: error });
  }
}

/** A comment can only stand at the start, or at the end of the last line. */
const MAY_HOLD_COMMENT = /^(?:--|\/\*)|\*\/$|--[^\n\r]*$/;

/** Narrows [first, last) to the statement proper. The scanner is asked only where there may be a comment: it is slow. */
function trim(sql: string, first: number, last: number): { start: number; end: number } {
  const text = sql.slice(first, last);
  if (!MAY_HOLD_COMMENT.test(text.trim())) {
    return { start: last - text.trimStart().length, end: first + text.trimEnd().length };
  }
  const toIndex = byteOffsets(text);
  const tokens = scanSql(text);
  return { start: first + toIndex(tokens[0]?.start ?? 0), end: first + toIndex(tokens.at(-1)?.end ?? 0) };
}

function checkBody(statement: Statement): void {
  const error = findPlpgsqlError(statement);
  if (error !== undefined) {
    throw new SqlSyntaxError(error.message, statement.start + error.offset, { cause: error.cause });
  }
}

/** The scanner's number for a keyword that may be any name; higher ones may not, lower is no keyword. */
const UNRESERVED_KEYWORD = 1;

/** Whether a word cannot be used everywhere as a name without quotes: reserved, or kept for types, functions or columns. */
export function isReservedWord(word: string): boolean {
  if (!/^[a-z_]+$/i.test(word)) return false;
  const [token, ...more] = scanSql(word);
  return more.length === 0 && token !== undefined && token.keywordKind > UNRESERVED_KEYWORD;
}
