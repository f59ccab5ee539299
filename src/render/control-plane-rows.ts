import { CONTROL_SCHEMA } from '../plan/names.js';
import type { Statement } from './sql.js';
import { pick, pickAll, strings, walk, type Node } from './sql-nodes.js';

/**
 * The statements of a script that write rows of the control plane, or have one of its functions do so: what a script
 * does beside making objects. Statements that write rows of the target itself are none of them. Pure.
 */
export const controlPlaneRows = (statements: readonly Statement[]): Statement[] =>
  statements.filter(({ node }) => writesRegistry(node));

function writesRegistry(node: Node): boolean {
  const change =
    pick(node, 'InsertStmt') ??
    pick(node, 'UpdateStmt') ??
    pick(node, 'DeleteStmt') ??
    pick(node, 'MergeStmt');
  if (change) return change.relation?.schemaname === CONTROL_SCHEMA;
  const query = pick(node, 'SelectStmt') ?? pick(node, 'CallStmt');
  return query !== undefined && callsRegistry(query);
}

function callsRegistry(query: unknown): boolean {
  for (const fields of walk(query)) {
    if ('FuncCall' in fields) {
      const call = pickAll([fields as Node], 'FuncCall')[0];
      const [schema, ...more] = strings(call?.funcname);
      if (schema === CONTROL_SCHEMA && more.length > 0) return true;
    }
  }
  return false;
}
