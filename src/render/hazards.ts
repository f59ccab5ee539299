import { findDrops } from './drops.js';
import {
  kindOf,
  pick,
  pickAll,
  relationParts,
  visit,
  walk,
  type NodeKind,
  type NodeMap,
} from './sql-nodes.js';
import type { Statement } from './sql.js';

/** What a statement may do to those who use the tables meanwhile, or to their rows. */
export interface Hazard {
  /**
   * `lock`: others wait, for a moment. `scan`: they wait while all rows are read. `rewrite`: while all rows are written anew.
   * `index`: writers wait while an index is built. `data-loss`: rows go. `rows`: many rows are changed in one transaction.
   */
  readonly kind: 'lock' | 'scan' | 'rewrite' | 'index' | 'data-loss' | 'rows';
  /** The line of the rendered script, from 1. */
  readonly line: number;
  readonly message: string;
}

type Found = Omit<Hazard, 'line'>;
type Rules = { readonly [K in NodeKind]?: (node: NodeMap[K]) => readonly Found[] };

const hazard = (kind: Hazard['kind'], message: string): Found => ({ kind, message });
const nameOf = (relation: NodeMap['RangeVar'] | undefined): string => relationParts(relation).join('.');

const RULES: Rules = {
  IndexStmt: (node) =>
    node.concurrent === true
      ? []
      : [
          hazard(
            'index',
            `${nameOf(node.relation)}: writers wait while the index is built; create index concurrently in a no-transaction script does not block them`,
          ),
        ],
  AlterTableStmt: (node) => {
    const table = nameOf(node.relation);
    const found = pickAll(node.cmds, 'AlterTableCmd').flatMap((command) => alteration(command, table));
    return found.length > 0 ? found : [hazard('lock', `${table}: locked against everybody for a moment`)];
  },
  RenameStmt: (node) => [
    hazard('lock', `${nameOf(node.relation)}: a name that running applications use changes`),
  ],
  VacuumStmt: (node) =>
    pickAll(node.options, 'DefElem').some(({ defname }) => defname === 'full')
      ? [hazard('rewrite', 'VACUUM FULL writes the table anew, and nobody reads meanwhile')]
      : [],
  ClusterStmt: (node) => [
    hazard('rewrite', `${nameOf(node.relation)}: written anew, and nobody reads meanwhile`),
  ],
  ReindexStmt: (node) =>
    pickAll(node.params, 'DefElem').some(({ defname }) => defname === 'concurrently')
      ? []
      : [hazard('index', `${nameOf(node.relation)}: writers wait while indexes are built anew`)],
  CreateTrigStmt: (node) => [hazard('lock', `${nameOf(node.relation)}: writers wait for a moment`)],
  CreatePolicyStmt: (node) => [
    hazard('lock', `${nameOf(node.table)}: locked against everybody for a moment`),
  ],
  LockStmt: () => [hazard('lock', 'a table is locked until the script ends')],
  UpdateStmt: (node) => [hazard('rows', `${nameOf(node.relation)}: rows are locked until the script ends`)],
};

const REWRITES: ReadonlySet<string> = new Set([
  'AT_AlterColumnType',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetAccessMethod',
]);

function alteration(command: NodeMap['AlterTableCmd'], table: string): readonly Found[] {
  const subtype = command.subtype ?? '';
  if (REWRITES.has(subtype))
    return [hazard('rewrite', `${table}: all rows are written anew, and nobody reads meanwhile`)];
  if (subtype === 'AT_SetNotNull')
    return [
      hazard(
        'scan',
        `${table}.${command.name ?? ''}: all rows are read under an exclusive lock; a validated check (… is not null) before it spares that`,
      ),
    ];
  if (subtype === 'AT_AddColumn') return addedColumn(pick(command.def, 'ColumnDef'), table);
  if (subtype === 'AT_AddConstraint') return addedConstraint(pick(command.def, 'Constraint'), table);
  return [];
}

/** Functions whose value is the same for all rows of a statement. */
const STEADY: ReadonlySet<string> = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
]);

function addedColumn(column: NodeMap['ColumnDef'] | undefined, table: string): readonly Found[] {
  const constraints = pickAll(column?.constraints, 'Constraint');
  const isComputed = constraints.some(
    ({ contype }) => contype === 'CONSTR_IDENTITY' || contype === 'CONSTR_GENERATED',
  );
  const isVolatile = constraints.some(
    ({ contype, raw_expr }) => contype === 'CONSTR_DEFAULT' && callsVolatile(raw_expr),
  );
  const rewrite =
    isComputed || isVolatile
      ? [
          hazard(
            'rewrite',
            `${table}.${column?.colname ?? ''}: every row gets a value of its own, so all are written anew`,
          ),
        ]
      : [];
  const own = constraints.filter(
    ({ contype }) => contype !== 'CONSTR_DEFAULT' && contype !== 'CONSTR_NOTNULL',
  );
  return [...rewrite, ...own.flatMap((constraint) => addedConstraint(constraint, table))];
}

function callsVolatile(expression: unknown): boolean {
  for (const fields of walk(expression)) {
    const call = fields['FuncCall'] as NodeMap['FuncCall'] | undefined;
    if (!call) continue;
    const name = pickAll(call.funcname, 'String').at(-1)?.sval ?? '';
    if (!STEADY.has(name)) return true;
  }
  return false;
}

function addedConstraint(constraint: NodeMap['Constraint'] | undefined, table: string): readonly Found[] {
  switch (constraint?.contype) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
      return constraint.skip_validation === true
        ? []
        : [
            hazard(
              'scan',
              `${table}: all rows are read under a lock; add it not valid, and validate it in a later script`,
            ),
          ];
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION':
      return constraint.indexname === undefined
        ? [
            hazard(
              'index',
              `${table}: nobody reads while the index is built; build it concurrently first, and add the constraint using it`,
            ),
          ]
        : [];
    default:
      return [];
  }
}

/**
 * What a script's statements may do to tables that stood before it, read off their syntax trees. What happens to a table that
 * the script itself creates bothers nobody; what hides in DO blocks and functions is not seen. Pure.
 */
export function findHazards(statements: readonly Statement[]): Hazard[] {
  const created = new Set(statements.flatMap(({ node }) => nameOf(pick(node, 'CreateStmt')?.relation) || []));
  return statements.flatMap((statement) => {
    const { node, line } = statement;
    const kind = kindOf(node) as NodeKind;
    const table = tableOf(node);
    if (table !== undefined && created.has(table)) return [];
    const lost = findDrops([statement]).map((drop) => hazard('data-loss', `${lossOf(drop)} with its rows`));
    return [...(visit(node, kind, RULES, undefined) ?? []), ...lost].map((found) => ({ ...found, line }));
  });
}

const tableOf = (node: Statement['node']): string | undefined => {
  const relation =
    pick(node, 'IndexStmt')?.relation ??
    pick(node, 'AlterTableStmt')?.relation ??
    pick(node, 'CreateTrigStmt')?.relation ??
    pick(node, 'CreatePolicyStmt')?.table ??
    pick(node, 'UpdateStmt')?.relation;
  return relation && nameOf(relation);
};

function lossOf(drop: ReturnType<typeof findDrops>[number]): string {
  const of = (name: string): string =>
    [drop.kind === 'schema' ? undefined : drop.schema, name].filter(Boolean).join('.');
  switch (drop.kind) {
    case 'schema':
      return `schema ${drop.name} goes`;
    case 'table':
      return `table ${of(drop.name)} goes`;
    case 'column':
      return `column ${of(drop.table)}.${drop.column} goes`;
    case 'rows':
      return `rows of ${of(drop.table)} are deleted: the table`;
  }
}
