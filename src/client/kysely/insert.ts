import {
  AliasNode,
  ColumnNode,
  DefaultInsertValueNode,
  IdentifierNode,
  PrimitiveValueListNode,
  ReferenceNode,
  SelectionNode,
  SelectQueryNode,
  TableNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  type InsertQueryNode,
  type OperationNode,
} from 'kysely';
import { refused } from './refused.js';
import type { TenantRules } from './pack-tables.js';

type Row = ValueListNode | PrimitiveValueListNode;

/** Whether a value is the tenant's id, and nothing that the server would work out. */
export const isTenant = (value: OperationNode, tenantId: string): boolean =>
  ValueNode.is(value) && isSame(value.value, tenantId);

const isSame = (value: unknown, tenantId: string): boolean =>
  (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') &&
  String(value) === tenantId;

/**
 * The insert with the tenant's id in every row.
 * @throws FedgenError E_STATEMENT_REFUSED where another id is given, or the rows cannot be seen.
 */
export function withTenantColumn(
  insert: InsertQueryNode,
  table: string,
  { pack: { tenantColumn }, tenantId }: TenantRules,
): InsertQueryNode {
  const columns = insert.columns ?? [];
  const at = columns.findIndex(({ column }) => column.name === tenantColumn);
  const added = at < 0 ? [...columns, ColumnNode.create(tenantColumn)] : columns;
  const { values } = insert;
  if (insert.defaultValues) {
    const row = PrimitiveValueListNode.create([tenantId]);
    return { ...insert, defaultValues: false, columns: added, values: ValuesNode.create([row]) };
  }
  if (values && ValuesNode.is(values)) {
    const rows = values.values.map((row) => filledRow(row, at, tenantId, table));
    return { ...insert, columns: added, values: ValuesNode.create(rows) };
  }
  if (values && SelectQueryNode.is(values) && columns.length > 0 && at < 0) {
    return { ...insert, columns: added, values: selectFor(tenantId, values) };
  }
  throw refused(
    `an insert into ${table} whose rows cannot be seen: name the columns, and leave ${tenantColumn} to fedgen`,
  );
}

function filledRow(row: Row, at: number, tenantId: string, table: string): Row {
  if (at < 0) {
    return PrimitiveValueListNode.is(row)
      ? PrimitiveValueListNode.create([...row.values, tenantId])
      : ValueListNode.create([...row.values, ValueNode.create(tenantId)]);
  }
  if (PrimitiveValueListNode.is(row)) {
    if (isSame(row.values[at], tenantId)) return row;
    throw foreign(table, tenantId);
  }
  const given = row.values[at];
  // Other rows of the statement name the column, this one does not.
  if (given && DefaultInsertValueNode.is(given)) {
    return ValueListNode.create(
      row.values.map((value, n) => (n === at ? ValueNode.create(tenantId) : value)),
    );
  }
  if (given && isTenant(given, tenantId)) return row;
  throw foreign(table, tenantId);
}

const foreign = (table: string, tenantId: string): Error =>
  refused(`an insert into ${table} names another tenant than "${tenantId}"`);

const GIVEN = 'given';

/** What the query gives, and the tenant's id as the last column. */
const selectFor = (tenantId: string, query: SelectQueryNode): SelectQueryNode => ({
  ...SelectQueryNode.createFrom([AliasNode.create(query, IdentifierNode.create(GIVEN))]),
  selections: [
    SelectionNode.create(ReferenceNode.createSelectAll(TableNode.create(GIVEN))),
    SelectionNode.create(AliasNode.create(ValueNode.create(tenantId), IdentifierNode.create('tenant'))),
  ],
});
