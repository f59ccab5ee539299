import type { Column, Table } from './model.js';
import { pick, pickAll, strings, type Node, type NodeMap } from '../render/sql-nodes.js';

/**
 * The columns of a view over tables that are known. A column of a table keeps its type, one that CASE lets through as well; what
 * else an expression gives is not known.
 */
export function readView(
  query: Node | undefined,
  tables: ReadonlyMap<string, Table>,
  schema: string,
): readonly Column[] {
  const select = pick(query, 'SelectStmt');
  const sources = new Map(
    rangesOf(select?.fromClause).map(({ schemaname, relname = '', alias }) => [
      alias?.aliasname ?? relname,
      tables.get(`${schemaname ?? schema}.${relname}`),
    ]),
  );
  return pickAll(select?.targetList, 'ResTarget').map(({ name, val }) => {
    const source = columnOf(val, sources);
    const isPlain = pick(val, 'ColumnRef') !== undefined;
    return {
      name: name ?? nameOf(val),
      type: source?.type,
      typeArguments: source?.typeArguments ?? [],
      isArray: source?.isArray ?? false,
      nullable: !isPlain || source?.nullable !== false,
      default: undefined,
      generated: 'always' as const,
    };
  });
}

const rangesOf = (nodes: readonly Node[] | undefined): NodeMap['RangeVar'][] =>
  (nodes ?? []).flatMap((node) => {
    const join = pick(node, 'JoinExpr');
    const range = pick(node, 'RangeVar');
    if (range) return [range];
    return join ? rangesOf([join.larg, join.rarg].filter((side) => side !== undefined)) : [];
  });

function columnOf(
  node: Node | undefined,
  sources: ReadonlyMap<string, Table | undefined>,
): Column | undefined {
  const when = pick(pick(node, 'CaseExpr')?.args?.[0], 'CaseWhen');
  if (when) return columnOf(when.result, sources);
  const [name, alias] = strings(pick(node, 'ColumnRef')?.fields).reverse();
  if (name === undefined) return undefined;
  const [only] = sources.values();
  const table = alias === undefined ? (sources.size === 1 ? only : undefined) : sources.get(alias);
  return table?.columns.find((column) => column.name === name);
}

/** As PostgreSQL calls a column that was given no name. */
const nameOf = (node: Node | undefined): string =>
  strings(pick(node, 'ColumnRef')?.fields).at(-1) ??
  strings(pick(node, 'FuncCall')?.funcname).at(-1) ??
  '?column?';
