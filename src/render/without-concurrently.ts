import { pick } from './sql-nodes.js';
import { byteOffsets } from './sql-offsets.js';
import { scanSql } from './sql-parser.js';
import { needsNoTransaction } from './sql-forbidden.js';
import type { Statement } from './sql.js';

/**
 * What a script without a transaction comes to in one: the same objects by their plain forms, for a copy that nobody else
 * uses. What only tidies up (VACUUM, REINDEX) leaves no object and is left out.
 */
export function withoutConcurrently(statements: readonly Statement[]): string {
  return statements.flatMap((statement) => plainForm(statement) ?? []).join(';\n');
}

function plainForm(statement: Statement): string | undefined {
  if (!needsNoTransaction(statement)) return statement.text;
  if (!pick(statement.node, 'IndexStmt') && !pick(statement.node, 'DropStmt')) return undefined;
  const { text } = statement;
  const toIndex = byteOffsets(text);
  const token = scanSql(text).find(
    (each) => each.keywordKind > 0 && each.text.toLowerCase() === 'concurrently',
  );
  return token ? text.slice(0, toIndex(token.start)) + text.slice(toIndex(token.end)) : text;
}
