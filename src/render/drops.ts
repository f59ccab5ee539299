import { kindOf, pick, pickAll, relationParts, strings } from './sql-nodes.js';
import type { Node, NodeMap } from './sql-nodes.js';
import type { Statement } from './sql.js';

/** Data that a script destroys. `schema` is undefined where the script leaves it to the search path. */
export type Drop =
  | { readonly kind: 'table'; readonly schema: string | undefined; readonly name: string }
  | {
      readonly kind: 'column';
      readonly schema: string | undefined;
      readonly table: string;
      readonly column: string;
    }
  | { readonly kind: 'schema'; readonly name: string }
  | { readonly kind: 'rows'; readonly schema: string | undefined; readonly table: string };

type Range = NodeMap['RangeVar'] | undefined;

const tableOf = (parts: readonly string[]): { schema: string | undefined; name: string } => ({
  schema: parts.at(-2),
  name: parts.at(-1) ?? '',
});

function rowsOf(range: Range): Drop {
  const { schema, name } = tableOf(relationParts(range));
  return { kind: 'rows', schema, table: name };
}

/** Foreign tables hold no data here; views, indexes and sequences hold none at all. */
function dropped(node: NodeMap['DropStmt']): Drop[] {
  const objects = node.objects ?? [];
  if (node.removeType === 'OBJECT_SCHEMA') {
    return strings(objects).map((name) => ({ kind: 'schema', name }));
  }
  if (node.removeType !== 'OBJECT_TABLE') return [];
  return pickAll(objects, 'List').map(({ items }) => ({ kind: 'table', ...tableOf(strings(items)) }));
}

/** An attribute dropped from a composite type is dropped from every column of that type: no table to count here. */
function altered(node: NodeMap['AlterTableStmt']): Drop[] {
  if (node.objtype !== 'OBJECT_TABLE') return [];
  const { schema, name } = tableOf(relationParts(node.relation));
  return pickAll(node.cmds, 'AlterTableCmd')
    .filter(({ subtype }) => subtype === 'AT_DropColumn')
    .map((command) => ({ kind: 'column', schema, table: name, column: command.name ?? '' }));
}

/** DELETE and MERGE, also inside WITH. */
function deleted(node: Node | undefined): Drop[] {
  const statement = dataStatement(node);
  if (statement === undefined) return [];
  const inner = pickAll(statement.withClause?.ctes, 'CommonTableExpr').flatMap(({ ctequery }) =>
    deleted(ctequery),
  );
  const merge = pick(node, 'MergeStmt');
  const deletes = pickAll(merge?.mergeWhenClauses, 'MergeWhenClause').some(
    (when) => when.commandType === 'CMD_DELETE',
  );
  const target = pick(node, 'DeleteStmt')?.relation ?? (deletes ? merge?.relation : undefined);
  return target === undefined ? inner : [rowsOf(target), ...inner];
}

function dataStatement(node: Node | undefined): Pick<NodeMap['SelectStmt'], 'withClause'> | undefined {
  return (
    pick(node, 'DeleteStmt') ??
    pick(node, 'MergeStmt') ??
    pick(node, 'InsertStmt') ??
    pick(node, 'UpdateStmt') ??
    pick(node, 'SelectStmt')
  );
}

function dropsOf({ node }: Statement): Drop[] {
  switch (kindOf(node)) {
    case 'DropStmt':
      return dropped(pick(node, 'DropStmt') ?? {});
    case 'AlterTableStmt':
      return altered(pick(node, 'AlterTableStmt') ?? {});
    case 'TruncateStmt':
      return pickAll(pick(node, 'TruncateStmt')?.relations, 'RangeVar').map(rowsOf);
    default:
      return deleted(node);
  }
}

/**
 * The tables, columns, schemas and rows that a down script would destroy, in its order, so that a runner can count
 * what is in them first. What hides in DO blocks and functions is not seen.
 */
export function findDrops(statements: readonly Statement[]): Drop[] {
  return statements.flatMap(dropsOf);
}
