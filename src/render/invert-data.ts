import type { RangeVar, WithClause } from 'libpg-query';
import { addressOf, column, relation, rowsOf } from './invert-names.js';
import type { Group } from './invert-names.js';
import type { Effect, Handlers } from './invert-scope.js';
import { pick, pickAll, strings } from './sql-nodes.js';
import type { Node, NodeMap } from './sql-nodes.js';

/** Why a change of rows cannot be undone. */
export const ROWS =
  'rows of an older table are changed; bring a rollback, or declare the script irreversible';
const OPAQUE =
  'what it does cannot be seen in the statement; bring a rollback, or declare the script irreversible';

/** The tables (for UPDATE: the columns) whose rows a statement, and the statements in its WITH, change. */
export function changedRows(node: Node): Group[] {
  const insert = pick(node, 'InsertStmt');
  const remove = pick(node, 'DeleteStmt');
  const merge = pick(node, 'MergeStmt');
  const update = pick(node, 'UpdateStmt');
  const select = pick(node, 'SelectStmt');
  const statement = insert ?? remove ?? merge ?? update ?? select;
  const inner = changedInside(statement?.withClause);
  if (update !== undefined) return [...updated(update), ...inner];
  const target = (insert ?? remove ?? merge)?.relation;
  return target === undefined ? inner : [rowsIn(target), ...inner];
}

const rowsIn = (table: RangeVar | undefined): Group => [rowsOf(relation(table))];

function changedInside(clause: WithClause | undefined): Group[] {
  return pickAll(clause?.ctes, 'CommonTableExpr').flatMap(({ ctequery }) =>
    ctequery ? changedRows(ctequery) : [],
  );
}

/** An UPDATE of nothing but columns that this script added goes with those columns. */
function updated(node: NodeMap['UpdateStmt']): Group[] {
  const table = relation(node.relation);
  return pickAll(node.targetList, 'ResTarget').map(({ name }) => [
    column(table, name ?? '').key,
    rowsOf(table),
  ]);
}

const rows = (node: Node): Effect => ({ within: changedRows(node), reason: ROWS, isFree: true });
const opaque = (): Effect => ({ reason: OPAQUE });
const nothing = (): Effect => ({ undo: '' });

/** SELECT set_config(…, true): a setting that ends with the transaction. */
function isLocalSetting(target: Node | undefined): boolean {
  const call = pick(target, 'FuncCall');
  const setting = pick(call?.args?.[0], 'A_Const')?.sval?.sval ?? 'search_path';
  const isLocal = pick(call?.args?.[2], 'A_Const')?.boolval?.boolval === true;
  return strings(call?.funcname).at(-1) === 'set_config' && isLocal && setting !== 'search_path';
}

function select(node: NodeMap['SelectStmt']): Effect {
  const targets = pickAll(node.targetList, 'ResTarget');
  const isHarmless =
    targets.length > 0 && targets.every(({ val }) => isLocalSetting(val)) && node.withClause === undefined;
  return isHarmless ? nothing() : opaque();
}

function comment(node: NodeMap['CommentStmt']): Effect {
  const object = addressOf(node.objtype, node.object);
  if (object === undefined) return { reason: 'fedgen cannot undo a comment on this kind of object' };
  const { keyword, address } = object;
  return { within: [address.within], undo: `comment on ${keyword} ${address.sql} is null`, isFree: true };
}

/** Rows, comments, and what leaves nothing behind. */
export const DATA_HANDLERS: Handlers = {
  InsertStmt: (n) => rows({ InsertStmt: n }),
  UpdateStmt: (n) => rows({ UpdateStmt: n }),
  DeleteStmt: (n) => rows({ DeleteStmt: n }),
  MergeStmt: (n) => rows({ MergeStmt: n }),
  CopyStmt: (n) =>
    n.is_from === true ? { within: [rowsIn(n.relation)], reason: ROWS, isFree: true } : opaque(),
  TruncateStmt: (n) => {
    const within = pickAll(n.relations, 'RangeVar').map(rowsIn);
    return n.behavior === 'DROP_CASCADE' ? { reason: ROWS } : { within, reason: ROWS, isFree: true };
  },
  SelectStmt: select,
  DoStmt: opaque,
  CallStmt: opaque,
  CommentStmt: comment,
  SecLabelStmt: (n) => {
    const object = addressOf(n.objtype, n.object);
    const reason = 'the label before it is not known; bring a rollback';
    return object ? { within: [object.address.within], reason, isFree: true } : { reason };
  },
  VariableSetStmt: (n) =>
    n.is_local === true ? nothing() : { reason: 'a setting of the session; write SET LOCAL' },
  VariableShowStmt: nothing,
  LockStmt: nothing,
  ConstraintsSetStmt: nothing,
  RefreshMatViewStmt: nothing,
  ReindexStmt: nothing,
  VacuumStmt: nothing,
  CheckPointStmt: nothing,
  NotifyStmt: nothing,
};
