import type { CreateStmt, FunctionParameter, IntoClause, ObjectType } from 'libpg-query';
import {
  addressOf,
  aggregate,
  inSchema,
  onRelation,
  plain,
  relation,
  roleSql,
  routine,
} from './invert-names.js';
import { routineName, rowsOf, typeSql } from './invert-names.js';
import type { Address } from './invert-names.js';
import type { Effect, Handlers } from './invert-scope.js';
import { pick, pickAll, roleName, strings } from './sql-nodes.js';
import type { Node, NodeMap } from './sql-nodes.js';
import { changedRows, ROWS } from './invert-data.js';

const IF_NOT_EXISTS =
  'IF NOT EXISTS: it may have been there before, so a rollback must not drop it; leave IF NOT EXISTS out';
const OR_REPLACE =
  'OR REPLACE: what it replaces is not known; leave OR REPLACE out, or bring a rollback that restores the old definition';
const UNNAMED = 'the server chooses its name; give it one';
const TEMPORARY = 'a temporary table outlives the script in a pooled session; add ON COMMIT DROP';

/** A new object that nothing older holds. */
function make(keyword: string, address: Address, unless?: { exists?: boolean; replaced?: boolean }): Effect {
  const creates = [address.key];
  const within = [[address.key]];
  if (unless?.exists === true) return { within, reason: IF_NOT_EXISTS, creates };
  if (unless?.replaced === true) return { within, reason: OR_REPLACE, creates };
  return { undo: `drop ${keyword} ${address.sql}`, creates };
}

/** A new object on a relation or schema: it goes with that. */
function makeOn(
  keyword: string,
  address: Address,
  owner: Address,
  unless?: { exists?: boolean; replaced?: boolean },
): Effect {
  return { ...make(keyword, address, unless), within: [owner.within] };
}

function table(node: CreateStmt | undefined, keyword: string): Effect {
  return madeRelation(keyword, node?.relation, node?.oncommit, node?.if_not_exists);
}

function madeRelation(
  keyword: string,
  range: IntoClause['rel'],
  onCommit: IntoClause['onCommit'],
  exists?: boolean,
): Effect {
  const address = relation(range);
  const effect = make(keyword, address, { exists: exists === true });
  const creates = [address.key, rowsOf(address)];
  if (range?.relpersistence !== 't') return { ...effect, creates };
  return onCommit === 'ONCOMMIT_DROP' ? { creates, undo: '' } : { creates, reason: TEMPORARY };
}

function createTableAs(node: NodeMap['CreateTableAsStmt']): Effect[] {
  const keyword = node.objtype === 'OBJECT_MATVIEW' ? 'materialized view' : 'table';
  const made = madeRelation(keyword, node.into?.rel, node.into?.onCommit, node.if_not_exists);
  const rows = node.query === undefined ? [] : changedRows(node.query);
  return rows.length === 0 ? [made] : [made, { within: rows, reason: ROWS, isFree: true }];
}

function createSchema(name: string | undefined, exists: boolean | undefined, elements: number): Effect {
  if (name === undefined) return { reason: 'the schema is named after the current user; name it' };
  if (elements > 0) return { reason: 'CREATE SCHEMA with elements; write them as statements of their own' };
  return make('schema', plain('schema', name), { exists: exists === true });
}

function createRoutine(
  keyword: string,
  name: readonly string[],
  parameters: readonly FunctionParameter[],
  replaced: boolean | undefined,
): Effect {
  const address = routine(name, parameters);
  const effect = make(keyword, address, { replaced: replaced === true });
  return { ...effect, creates: [address.key, routineName(name).key] };
}

const TYPE = (name: readonly Node[] | undefined): Address => inSchema('type', strings(name));

/** What CREATE makes of the kinds that share one statement (DefineStmt). */
const DEFINED: { readonly [K in ObjectType]?: string } = {
  OBJECT_COLLATION: 'collation',
  OBJECT_TYPE: 'type',
  OBJECT_TSCONFIGURATION: 'text search configuration',
  OBJECT_TSDICTIONARY: 'text search dictionary',
  OBJECT_TSPARSER: 'text search parser',
  OBJECT_TSTEMPLATE: 'text search template',
};

function define(node: NodeMap['DefineStmt']): Effect {
  const name = strings(node.defnames);
  const unless = { exists: node.if_not_exists === true, replaced: node.replace === true };
  if (node.kind === 'OBJECT_AGGREGATE') {
    const [args, direct] = node.args ?? [];
    if (pick(direct, 'Integer')?.ival !== -1)
      return { reason: 'fedgen cannot name this aggregate in a DROP' };
    const parameters = pickAll(pick(args, 'List')?.items, 'FunctionParameter');
    return make('aggregate', aggregate(name, parameters), unless);
  }
  const keyword = node.kind && DEFINED[node.kind];
  if (keyword === undefined) return { reason: `fedgen cannot undo the creation of ${describe(node.kind)}` };
  return make(keyword, inSchema(keyword, name), unless);
}

/** OBJECT_OPCLASS as a person reads it. */
const describe = (kind: string | undefined): string => (kind ?? 'this').replace('OBJECT_', '').toLowerCase();

function createIndex(node: NodeMap['IndexStmt']): Effect {
  const owner = relation(node.relation);
  if (node.idxname === undefined)
    return { within: [owner.within], reason: `an index without a name: ${UNNAMED}` };
  const path = node.relation?.schemaname === undefined ? [] : [node.relation.schemaname];
  const index = inSchema('relation', [...path, node.idxname]);
  // Rollbacks run in a transaction, where the concurrent form cannot.
  return makeOn('index', index, owner, { exists: node.if_not_exists === true });
}

function createStatistics(node: NodeMap['CreateStatsStmt']): Effect {
  const [table] = pickAll(node.relations, 'RangeVar');
  const owner = relation(table);
  if (node.defnames === undefined)
    return { within: [owner.within], reason: `statistics without a name: ${UNNAMED}` };
  const address = inSchema('statistics', strings(node.defnames));
  return makeOn('statistics', address, owner, { exists: node.if_not_exists === true });
}

/** CREATE of every kind. */
export const CREATE_HANDLERS: Handlers = {
  CreateSchemaStmt: (n) =>
    createSchema(n.schemaname ?? roleName(n.authrole), n.if_not_exists, n.schemaElts?.length ?? 0),
  CreateRoleStmt: (n) => make('role', plain('role', n.role ?? '')),
  CreateStmt: (n) => table(n, 'table'),
  CreateForeignTableStmt: (n) => table(n.base, 'foreign table'),
  CreateTableAsStmt: createTableAs,
  ViewStmt: (n) =>
    n.view?.relpersistence === 't'
      ? { reason: 'a temporary view outlives the script in a pooled session' }
      : make('view', relation(n.view), { replaced: n.replace === true }),
  CreateSeqStmt: (n) => make('sequence', relation(n.sequence), { exists: n.if_not_exists === true }),
  IndexStmt: createIndex,
  CreateStatsStmt: createStatistics,
  CreatePolicyStmt: (n) => {
    const owner = relation(n.table);
    return makeOn('policy', onRelation('policy', owner, n.policy_name ?? ''), owner);
  },
  CreateTrigStmt: (n) => {
    const owner = relation(n.relation);
    const trigger = onRelation('trigger', owner, n.trigname ?? '');
    return makeOn('trigger', trigger, owner, { replaced: n.replace === true });
  },
  RuleStmt: (n) => {
    const owner = relation(n.relation);
    return makeOn('rule', onRelation('rule', owner, n.rulename ?? ''), owner, {
      replaced: n.replace === true,
    });
  },
  CreateFunctionStmt: (n) => {
    const keyword = n.is_procedure === true ? 'procedure' : 'function';
    return createRoutine(keyword, strings(n.funcname), pickAll(n.parameters, 'FunctionParameter'), n.replace);
  },
  DefineStmt: define,
  CreateEnumStmt: (n) => make('type', TYPE(n.typeName)),
  CreateRangeStmt: (n) => make('type', TYPE(n.typeName)),
  CreateDomainStmt: (n) => make('domain', TYPE(n.domainname)),
  CompositeTypeStmt: (n) => {
    const address = relation(n.typevar);
    const typeKey = address.key.replace('relation', 'type');
    return { ...make('type', address), creates: [address.key, typeKey] };
  },
  CreateCastStmt: (n) => ({ undo: `drop cast (${typeSql(n.sourcetype)} as ${typeSql(n.targettype)})` }),
  CreateExtensionStmt: (n) =>
    make('extension', plain('extension', n.extname ?? ''), { exists: n.if_not_exists === true }),
  CreateEventTrigStmt: (n) => make('event trigger', plain('event trigger', n.trigname ?? '')),
  CreatePublicationStmt: (n) => make('publication', plain('publication', n.pubname ?? '')),
  CreateFdwStmt: (n) => make('foreign data wrapper', plain('foreign data wrapper', n.fdwname ?? '')),
  CreateForeignServerStmt: (n) =>
    make('server', plain('server', n.servername ?? ''), { exists: n.if_not_exists === true }),
  CreateUserMappingStmt: (n) => {
    const sql = `for ${roleSql(n.user)} server ${plain('server', n.servername ?? '').sql}`;
    const address = { key: `user mapping ${sql}`, sql, within: [] };
    return make('user mapping', address, { exists: n.if_not_exists === true });
  },
};

/** DROP: never invertible, except for what belongs to a relation of this script. */
export const DROP_HANDLERS: Handlers = {
  DropStmt: (n) => {
    const reason = 'what it drops cannot be rebuilt from the script; bring a rollback that creates it again';
    const owners = (n.objects ?? []).map(
      (object) => addressOf(n.removeType, object)?.address.within.slice(1) ?? [],
    );
    const isPart = ['OBJECT_POLICY', 'OBJECT_TRIGGER', 'OBJECT_RULE'].includes(n.removeType ?? '');
    return isPart ? { within: owners, reason, isFree: true, isRemoval: true } : { reason };
  },
};
