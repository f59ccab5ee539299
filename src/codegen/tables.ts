import type { Column, ForeignKey, Index, Table } from './model.js';
import { readColumn, readKey } from './columns.js';
import { readView } from './views.js';
import {
  pick,
  pickAll,
  strings,
  visit,
  type Node,
  type NodeKind,
  type NodeMap,
} from '../render/sql-nodes.js';
import type { Statement } from '../render/sql.js';

/** Tables as they are read, by `schema.name`. */
export type Draft = Map<string, Table>;

type Reader = { readonly [K in NodeKind]?: (fields: NodeMap[K], context: Context) => void };

interface Context {
  readonly draft: Draft;
  readonly schema: string;
}

/**
 * The tables and views that stand when scripts have run, as their statements say. Partitions belong to their table; what a DO
 * block makes is not seen.
 * @param schema where unqualified names are.
 */
export function readTables(statements: readonly Statement[], schema: string): readonly Table[] {
  const draft: Draft = new Map();
  for (const { node, kind } of statements) visit(node, kind as NodeKind, READERS, { draft, schema });
  return [...draft.values()];
}

const READERS: Reader = {
  CreateStmt: ({ relation, tableElts, partbound }, { draft, schema }) => {
    if (partbound || relation?.relpersistence === 't') return;
    const table = emptyTable(relation, schema);
    const defined = pickAll(tableElts, 'ColumnDef').reduce<Table>(addColumn, table);
    put(
      draft,
      pickAll(tableElts, 'Constraint').reduce((sum, part) => addConstraint(sum, part), defined),
    );
  },
  AlterTableStmt: ({ relation, cmds }, { draft, schema }) => {
    change(draft, keyOf(relation, schema), (table) => pickAll(cmds, 'AlterTableCmd').reduce(alter, table));
  },
  IndexStmt: ({ relation, idxname = '', indexParams, unique, whereClause }, { draft, schema }) => {
    const columns = pickAll(indexParams, 'IndexElem').map(({ name }) => name);
    // Only those that say something of whole rows and plain columns: nothing else can be put into a schema of an ORM.
    if (whereClause || !columns.every((name) => name !== undefined)) return;
    const index: Index = { name: idxname, columns };
    change(draft, keyOf(relation, schema), (table) =>
      unique
        ? { ...table, uniques: [...table.uniques, index] }
        : { ...table, indexes: [...table.indexes, index] },
    );
  },
  RenameStmt: ({ renameType, relation, subname = '', newname = '' }, { draft, schema }) => {
    const key = keyOf(relation, schema);
    if (renameType === 'OBJECT_COLUMN') change(draft, key, (table) => renameColumn(table, subname, newname));
    if (renameType !== 'OBJECT_TABLE') return;
    const table = draft.get(key);
    draft.delete(key);
    if (table) put(draft, { ...table, name: newname });
  },
  DropStmt: ({ removeType, objects }, { draft, schema }) => {
    if (removeType !== 'OBJECT_TABLE' && removeType !== 'OBJECT_VIEW') return;
    for (const list of pickAll(objects, 'List')) {
      const parts = strings(list.items);
      draft.delete(parts.length > 1 ? parts.slice(-2).join('.') : `${schema}.${parts[0] ?? ''}`);
    }
  },
  ViewStmt: ({ view, query }, { draft, schema }) => {
    put(draft, { ...emptyTable(view, schema), kind: 'view', columns: readView(query, draft, schema) });
  },
  CommentStmt: ({ objtype, object, comment }, { draft, schema }) => {
    if (objtype !== 'OBJECT_TABLE' && objtype !== 'OBJECT_VIEW') return;
    const parts = strings(pick(object, 'List')?.items);
    const key = parts.length > 1 ? parts.slice(-2).join('.') : `${schema}.${parts[0] ?? ''}`;
    change(draft, key, (table) => ({ ...table, comment }));
  },
};

type Relation = NodeMap['CreateStmt']['relation'];

export const keyOf = (relation: Relation, schema: string): string =>
  `${relation?.schemaname ?? schema}.${relation?.relname ?? ''}`;

const emptyTable = (relation: Relation, schema: string): Table => ({
  kind: 'table',
  schema: relation?.schemaname ?? schema,
  name: relation?.relname ?? '',
  comment: undefined,
  columns: [],
  primaryKey: undefined,
  uniques: [],
  indexes: [],
  foreignKeys: [],
});

const put = (draft: Draft, table: Table): unknown => draft.set(`${table.schema}.${table.name}`, table);

function change(draft: Draft, key: string, how: (table: Table) => Table): void {
  const table = draft.get(key);
  if (table) draft.set(key, how(table));
}

function addColumn(table: Table, fields: NodeMap['ColumnDef']): Table {
  const column = readColumn(fields);
  const withColumn: Table = { ...table, columns: [...table.columns, column] };
  return pickAll(fields.constraints, 'Constraint').reduce(
    (sum, constraint) => addConstraint(sum, constraint, column.name),
    withColumn,
  );
}

/** @param column of a constraint that is written beside one. */
function addConstraint(table: Table, fields: NodeMap['Constraint'], column?: string): Table {
  const key = readKey(fields, table, column === undefined ? [] : [column]);
  switch (key?.kind) {
    case 'primary':
      return requireAll({ ...table, primaryKey: key.index }, key.index.columns);
    case 'unique':
      return { ...table, uniques: [...table.uniques, key.index] };
    case 'foreign':
      return { ...table, foreignKeys: [...table.foreignKeys, key.reference] };
    case undefined:
      return table;
  }
}

const requireAll = (table: Table, names: readonly string[]): Table => ({
  ...table,
  columns: table.columns.map((column) =>
    names.includes(column.name) ? { ...column, nullable: false } : column,
  ),
});

function alter(table: Table, { subtype, name = '', def }: NodeMap['AlterTableCmd']): Table {
  const column = (how: (column: Column) => Column): Table => ({
    ...table,
    columns: table.columns.map((each) => (each.name === name ? how(each) : each)),
  });
  const defined = pick(def, 'ColumnDef');
  const constraint = pick(def, 'Constraint');
  if (subtype === 'AT_AddColumn' && defined) return addColumn(table, defined);
  if (subtype === 'AT_AddConstraint' && constraint) return addConstraint(table, constraint);
  if (subtype === 'AT_DropColumn') return dropColumn(table, name);
  if (subtype === 'AT_DropConstraint') return dropConstraint(table, name);
  if (subtype === 'AT_SetNotNull') return column((each) => ({ ...each, nullable: false }));
  if (subtype === 'AT_DropNotNull') return column((each) => ({ ...each, nullable: true }));
  if (subtype === 'AT_ColumnDefault') return column((each) => ({ ...each, default: readDefaultOf(def) }));
  if (subtype === 'AT_AlterColumnType' && defined) {
    const { type, typeArguments, isArray } = readColumn(defined);
    return column((each) => ({ ...each, type, typeArguments, isArray }));
  }
  return table;
}

const readDefaultOf = (node: Node | undefined): Column['default'] =>
  node &&
  readColumn({ constraints: [{ Constraint: { contype: 'CONSTR_DEFAULT', raw_expr: node } }] }).default;

const dropColumn = (table: Table, name: string): Table => {
  const without = <T extends Index | ForeignKey>(all: readonly T[]): T[] =>
    all.filter(({ columns }) => !columns.includes(name));
  return {
    ...table,
    columns: table.columns.filter((column) => column.name !== name),
    uniques: without(table.uniques),
    indexes: without(table.indexes),
    foreignKeys: without(table.foreignKeys),
  };
};

const dropConstraint = (table: Table, name: string): Table => ({
  ...table,
  primaryKey: table.primaryKey?.name === name ? undefined : table.primaryKey,
  uniques: table.uniques.filter((key) => key.name !== name),
  foreignKeys: table.foreignKeys.filter((key) => key.name !== name),
});

function renameColumn(table: Table, from: string, to: string): Table {
  const renamed = (name: string): string => (name === from ? to : name);
  const within = <T extends Index>(key: T): T => ({ ...key, columns: key.columns.map(renamed) });
  return {
    ...table,
    columns: table.columns.map((column) => ({ ...column, name: renamed(column.name) })),
    primaryKey: table.primaryKey && within(table.primaryKey),
    uniques: table.uniques.map(within),
    indexes: table.indexes.map(within),
    foreignKeys: table.foreignKeys.map(within),
  };
}
