import {
  AliasNode,
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  IdentifierNode,
  OperationNodeTransformer,
  OperatorNode,
  OrNode,
  ParensNode,
  ReferenceNode,
  SelectionNode,
  SelectQueryNode,
  TableNode,
  ValueNode,
  WhereNode,
  type ColumnUpdateNode,
  type CommonTableExpressionNameNode,
  type DeleteQueryNode,
  type FromNode,
  type InsertQueryNode,
  type JoinNode,
  type MergeQueryNode,
  type OperationNode,
  type QueryId,
  type RootOperationNode,
  type SelectModifierNode,
  type UpdateQueryNode,
  type UsingNode,
} from 'kysely';
import { nameOf, scopeOf, type TenantRules } from './pack-tables.js';
import { isTenant, withTenantColumn } from './insert.js';
import { refused } from './refused.js';

const FILTERED = new Set([
  'SelectQueryNode',
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
  'RawNode',
]);

/**
 * The statement, kept to one tenant: what it reads are the tenant's rows, what it changes and removes as well, what it
 * inserts is given the tenant's id. SQL that was written by hand (`sql`) is left as it is; queries inside it are not.
 * @throws FedgenError E_STATEMENT_REFUSED for another tenant's id, tables that the pack does not have, and what cannot be kept.
 */
export function keepToTenant(
  node: RootOperationNode,
  queryId: QueryId,
  rules: TenantRules,
): RootOperationNode {
  if (!FILTERED.has(node.kind)) {
    throw refused(`${node.kind.replace(/Node$/, '')} is no statement that can be kept to a tenant`);
  }
  const names = new CommonTableNames();
  names.transformNode(node, queryId);
  return new TenantFilter(rules, names.found).transformNode(node, queryId);
}

class CommonTableNames extends OperationNodeTransformer {
  readonly found = new Set<string>();

  protected override transformCommonTableExpressionName(
    node: CommonTableExpressionNameNode,
    queryId?: QueryId,
  ): CommonTableExpressionNameNode {
    this.found.add(node.table.table.identifier.name);
    return super.transformCommonTableExpressionName(node, queryId);
  }
}

class TenantFilter extends OperationNodeTransformer {
  readonly #rules: TenantRules;
  readonly #commonTables: ReadonlySet<string>;
  /** FROM of statements that delete: what stands there is no source. */
  readonly #targets = new Set<FromNode>();

  constructor(rules: TenantRules, commonTables: ReadonlySet<string>) {
    super();
    this.#rules = rules;
    this.#commonTables = commonTables;
  }

  // A table is read through a sub-select that holds the tenant's rows only. That is right in every kind of join, and the
  // planner sees through it.
  protected override transformFrom(node: FromNode, queryId?: QueryId): FromNode {
    const isTarget = this.#targets.has(node);
    const from = super.transformFrom(node, queryId);
    return isTarget ? from : { ...from, froms: from.froms.map((source) => this.#kept(source)) };
  }

  protected override transformJoin(node: JoinNode, queryId?: QueryId): JoinNode {
    const join = super.transformJoin(node, queryId);
    return { ...join, table: this.#kept(join.table) };
  }

  protected override transformUsing(node: UsingNode, queryId?: QueryId): UsingNode {
    const using = super.transformUsing(node, queryId);
    return { ...using, tables: using.tables.map((source) => this.#kept(source)) };
  }

  protected override transformUpdateQuery(node: UpdateQueryNode, queryId?: QueryId): UpdateQueryNode {
    const update = super.transformUpdateQuery(node, queryId);
    const where = this.#ownRows(update.table, update.where);
    return { ...update, where, updates: this.#updates(update.updates) };
  }

  protected override transformDeleteQuery(node: DeleteQueryNode, queryId?: QueryId): DeleteQueryNode {
    this.#targets.add(node.from);
    const deletion = super.transformDeleteQuery(node, queryId);
    const [target, ...others] = deletion.from.froms;
    if (others.length > 0) throw refused('a deletion from several tables');
    return { ...deletion, where: this.#ownRows(target, deletion.where) };
  }

  protected override transformInsertQuery(node: InsertQueryNode, queryId?: QueryId): InsertQueryNode {
    const insert = super.transformInsertQuery(node, queryId);
    const into = this.#writable(insert.into);
    const filled = withTenantColumn(insert, nameOf(into), this.#rules);
    const { onConflict } = filled;
    if (!onConflict?.updates) return filled;
    const updateWhere = this.#ownRows(into, onConflict.updateWhere);
    return {
      ...filled,
      onConflict: { ...onConflict, updates: this.#updates(onConflict.updates), updateWhere },
    };
  }

  protected override transformMergeQuery(node: MergeQueryNode): MergeQueryNode {
    throw refused(`MERGE into ${nameOf(this.#writable(node.into))}: use insert with onConflict`);
  }

  // A table that is read through a sub-select goes by its bare name.
  protected override transformReference(node: ReferenceNode, queryId?: QueryId): ReferenceNode {
    const reference = super.transformReference(node, queryId);
    return reference.table ? { ...reference, table: bare(reference.table) } : reference;
  }

  protected override transformSelectModifier(
    node: SelectModifierNode,
    queryId?: QueryId,
  ): SelectModifierNode {
    const modifier = super.transformSelectModifier(node, queryId);
    if (!modifier.of) return modifier;
    return { ...modifier, of: modifier.of.map((each) => (TableNode.is(each) ? bare(each) : each)) };
  }

  #kept(source: OperationNode): OperationNode {
    const table = AliasNode.is(source) ? source.node : source;
    if (!TableNode.is(table)) return source;
    const { identifier } = table.table;
    const scope = this.#scope(table);
    if (scope === 'common' || scope === 'reference') return source;
    const select: SelectQueryNode = {
      ...SelectQueryNode.createFrom([table]),
      selections: [SelectionNode.createSelectAll()],
      where: WhereNode.create(this.#condition(undefined, scope === 'mixed')),
    };
    return AliasNode.create(
      select,
      AliasNode.is(source) ? source.alias : IdentifierNode.create(identifier.name),
    );
  }

  #scope(table: TableNode): 'tenant' | 'reference' | 'mixed' | 'common' {
    const isCommon = !table.table.schema && this.#commonTables.has(table.table.identifier.name);
    const scope = scopeOf(table, this.#rules.pack);
    // Which of the two is meant depends on where in the statement it stands.
    if (isCommon && scope)
      throw refused(`a common table expression that is called ${nameOf(table)} like a table of the pack`);
    if (isCommon) return 'common';
    if (scope) return scope;
    throw refused(`${nameOf(table)} is no table of pack ${this.#rules.pack.pack}`);
  }

  #writable(node: OperationNode | undefined): TableNode {
    const table = node && AliasNode.is(node) ? node.node : node;
    if (!table || !TableNode.is(table))
      throw refused('a statement that writes to something that is no table');
    const scope = this.#scope(table);
    if (scope === 'tenant' || scope === 'mixed') return table;
    throw refused(`${nameOf(table)} belongs to no tenant, so none may write to it`);
  }

  /** The condition that was there, and that the row is the tenant's. */
  #ownRows(target: OperationNode | undefined, where: WhereNode | undefined): WhereNode {
    const table = this.#writable(target);
    const name =
      target && AliasNode.is(target) && IdentifierNode.is(target.alias)
        ? target.alias.name
        : table.table.identifier.name;
    const condition = this.#condition(TableNode.create(name), false);
    // In brackets: OR in SQL that was written by hand binds less than our AND.
    return WhereNode.create(where ? AndNode.create(ParensNode.create(where.where), condition) : condition);
  }

  #condition(table: TableNode | undefined, orNobody: boolean): OperationNode {
    const column = ReferenceNode.create(ColumnNode.create(this.#rules.pack.tenantColumn), table);
    const own = BinaryOperationNode.create(
      column,
      OperatorNode.create('='),
      ValueNode.create(this.#rules.tenantId),
    );
    if (!orNobody) return own;
    const nobodys = BinaryOperationNode.create(
      column,
      OperatorNode.create('is'),
      ValueNode.createImmediate(null),
    );
    return ParensNode.create(OrNode.create(own, nobodys));
  }

  #updates(updates: readonly ColumnUpdateNode[] | undefined): readonly ColumnUpdateNode[] {
    for (const { column, value } of updates ?? []) {
      const target = ReferenceNode.is(column) ? column.column : column;
      if (!ColumnNode.is(target)) throw refused('an update of a column whose name is not given as such');
      if (target.column.name !== this.#rules.pack.tenantColumn) continue;
      if (!isTenant(value, this.#rules.tenantId)) throw refused('rows cannot be moved to another tenant');
    }
    return updates ?? [];
  }
}

const bare = (table: TableNode): TableNode => TableNode.create(table.table.identifier.name);
