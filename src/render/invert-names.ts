import type {
  FunctionParameter,
  ObjectType,
  ObjectWithArgs,
  RangeVar,
  RoleSpec,
  TypeName,
} from 'libpg-query';
import { quoteIdentifier } from './quote.js';
import { pick, pickAll, relationParts, strings } from './sql-nodes.js';
import type { Node } from './sql-nodes.js';

/** Names of database objects one of which, when it goes, takes the object in question with it. */
export type Group = readonly string[];

/** A database object as a script names it. */
export interface Address {
  /** Its identity within a script, e.g. `relation "s"."t"`. */
  readonly key: string;
  /** Its quoted name, as a DROP takes it. */
  readonly sql: string;
  /** The keys of everything that it cannot outlive, itself first. */
  readonly within: Group;
}

/** An address with the keyword that stands before it, e.g. `materialized view`. */
export interface Addressed {
  readonly keyword: string;
  readonly address: Address;
}

/** Quoted parts with dots between them. */
export const qualified = (parts: readonly string[]): string => parts.map(quoteIdentifier).join('.');

/** An object without a schema: a role, a schema, an extension. */
export function plain(kind: string, name: string): Address {
  const key = `${kind} ${quoteIdentifier(name)}`;
  return { key, sql: quoteIdentifier(name), within: [key] };
}

/** An object inside a schema. What a new schema holds goes before that schema can be dropped. */
export function inSchema(kind: string, parts: readonly string[], suffix = ''): Address {
  const sql = qualified(parts) + suffix;
  const key = `${kind} ${sql.replaceAll('"pg_catalog".', '')}`;
  const schema = parts.at(-2);
  return { key, sql, within: schema === undefined ? [key] : [key, plain('schema', schema).key] };
}

/** A table, view, index, sequence or other relation. */
export const relation = (node: RangeVar | undefined): Address => inSchema('relation', relationParts(node));

/** The rows of a table: those of a new table go with it, those that a new view shows do not go with the view. */
export const rowsOf = (table: Address): string => table.key.replace('relation', 'rows');

/** A column: it goes with its relation. */
export function column(owner: Address, name: string): Address {
  const key = `column ${owner.sql}.${quoteIdentifier(name)}`;
  return { key, sql: quoteIdentifier(name), within: [key, ...owner.within] };
}

/** A policy, trigger, rule or constraint: named together with its relation. */
export function onRelation(kind: string, owner: Address, name: string): Address {
  const sql = `${quoteIdentifier(name)} on ${owner.sql}`;
  return { key: `${kind} ${sql}`, sql, within: [`${kind} ${sql}`, ...owner.within] };
}

/** A type as it can be written in an argument list; lengths and precisions are no part of a function's identity. */
export function typeSql(type: TypeName | undefined): string {
  const array = (type?.arrayBounds ?? []).length > 0 ? '[]' : '';
  return qualified(strings(type?.names)) + (type?.pct_type === true ? '%type' : '') + array;
}

const INPUT_MODES = new Set([
  'FUNC_PARAM_DEFAULT',
  'FUNC_PARAM_IN',
  'FUNC_PARAM_INOUT',
  'FUNC_PARAM_VARIADIC',
]);

function inputTypes(parameters: readonly FunctionParameter[]): string {
  const inputs = parameters.filter(({ mode }) => INPUT_MODES.has(mode ?? 'FUNC_PARAM_DEFAULT'));
  return inputs.map(({ argType }) => typeSql(argType)).join(', ');
}

/** A function or procedure: its name and the types of its input arguments. */
export function routine(name: readonly string[], parameters: readonly FunctionParameter[]): Address {
  return inSchema('routine', name, `(${inputTypes(parameters)})`);
}

/** An aggregate over its argument types; over rows (`*`) when it has none. */
export function aggregate(name: readonly string[], parameters: readonly FunctionParameter[]): Address {
  return inSchema('routine', name, `(${inputTypes(parameters) || '*'})`);
}

/** The name of a routine without arguments, as far as it is unique. */
export const routineName = (name: readonly string[]): Address => inSchema('routine', name);

function routineObject(node: ObjectWithArgs, build: typeof routine): Address {
  const name = strings(node.objname);
  if (node.args_unspecified === true) return routineName(name);
  const types = pickAll(node.objargs, 'TypeName').map((argType) => ({ argType }));
  return build(name, node.objfuncargs === undefined ? types : pickAll(node.objfuncargs, 'FunctionParameter'));
}

const ROLE_KEYWORDS: Readonly<Record<string, string>> = {
  ROLESPEC_PUBLIC: 'public',
  ROLESPEC_CURRENT_USER: 'current_user',
  ROLESPEC_CURRENT_ROLE: 'current_role',
  ROLESPEC_SESSION_USER: 'session_user',
};

/** A role as a grantee: a quoted name or a keyword. */
export function roleSql(role: RoleSpec | undefined): string {
  return ROLE_KEYWORDS[role?.roletype ?? ''] ?? quoteIdentifier(role?.rolename ?? '');
}

type Reader = (node: Node) => Address | undefined;

const parts = (node: Node): string[] => {
  const type = pick(node, 'TypeName');
  return strings(type?.names ?? pick(node, 'List')?.items);
};
const named =
  (kind: string): Reader =>
  (node) => {
    const name = pick(node, 'String')?.sval;
    return name === undefined ? undefined : plain(kind, name);
  };
const listed =
  (kind: string): Reader =>
  (node) => {
    const range = pick(node, 'RangeVar');
    const names = range === undefined ? parts(node) : relationParts(range);
    return names.length === 0 ? undefined : inSchema(kind, names);
  };
const attached =
  (kind: string): Reader =>
  (node) => {
    const names = parts(node);
    const name = names.at(-1);
    if (name === undefined || names.length < 2) return undefined;
    return onRelation(kind, inSchema('relation', names.slice(0, -1)), name);
  };
const callable =
  (build: typeof routine): Reader =>
  (node) => {
    const object = pick(node, 'ObjectWithArgs');
    return object === undefined ? undefined : routineObject(object, build);
  };
const columnOf: Reader = (node) => {
  const names = parts(node);
  const name = names.at(-1);
  if (name === undefined || names.length < 2) return undefined;
  const { key, within } = column(inSchema('relation', names.slice(0, -1)), name);
  return { key, within, sql: qualified(names) };
};
const domainConstraint: Reader = (node) => {
  const [domain, name] = pick(node, 'List')?.items ?? [];
  const constraint = pick(name, 'String')?.sval;
  if (domain === undefined || constraint === undefined) return undefined;
  const owner = inSchema('type', parts(domain));
  return {
    ...onRelation('constraint', owner, constraint),
    sql: `${quoteIdentifier(constraint)} on domain ${owner.sql}`,
  };
};

const KINDS: { readonly [K in ObjectType]?: readonly [keyword: string, reader: Reader] } = {
  OBJECT_AGGREGATE: ['aggregate', callable(aggregate)],
  OBJECT_COLLATION: ['collation', listed('collation')],
  OBJECT_COLUMN: ['column', columnOf],
  OBJECT_DATABASE: ['database', named('database')],
  OBJECT_DOMAIN: ['domain', listed('type')],
  OBJECT_DOMCONSTRAINT: ['constraint', domainConstraint],
  OBJECT_EVENT_TRIGGER: ['event trigger', named('event trigger')],
  OBJECT_EXTENSION: ['extension', named('extension')],
  OBJECT_FDW: ['foreign data wrapper', named('foreign data wrapper')],
  OBJECT_FOREIGN_SERVER: ['server', named('server')],
  OBJECT_FOREIGN_TABLE: ['foreign table', listed('relation')],
  OBJECT_FUNCTION: ['function', callable(routine)],
  OBJECT_INDEX: ['index', listed('relation')],
  OBJECT_LANGUAGE: ['language', named('language')],
  OBJECT_MATVIEW: ['materialized view', listed('relation')],
  OBJECT_POLICY: ['policy', attached('policy')],
  OBJECT_PROCEDURE: ['procedure', callable(routine)],
  OBJECT_PUBLICATION: ['publication', named('publication')],
  OBJECT_ROLE: ['role', named('role')],
  OBJECT_ROUTINE: ['routine', callable(routine)],
  OBJECT_RULE: ['rule', attached('rule')],
  OBJECT_SCHEMA: ['schema', named('schema')],
  OBJECT_SEQUENCE: ['sequence', listed('relation')],
  OBJECT_STATISTIC_EXT: ['statistics', listed('statistics')],
  OBJECT_TABCONSTRAINT: ['constraint', attached('constraint')],
  OBJECT_TABLE: ['table', listed('relation')],
  OBJECT_TABLESPACE: ['tablespace', named('tablespace')],
  OBJECT_TRIGGER: ['trigger', attached('trigger')],
  OBJECT_TSCONFIGURATION: ['text search configuration', listed('text search configuration')],
  OBJECT_TSDICTIONARY: ['text search dictionary', listed('text search dictionary')],
  OBJECT_TYPE: ['type', listed('type')],
  OBJECT_VIEW: ['view', listed('relation')],
};

/** The keyword of a kind of object in DDL, when fedgen knows that kind. */
export function keywordOf(type: ObjectType | undefined): string | undefined {
  return type === undefined ? undefined : KINDS[type]?.[0];
}

/** The object that COMMENT, GRANT, DROP and ALTER … OWNER name, when fedgen knows its kind. */
export function addressOf(type: ObjectType | undefined, node: Node | undefined): Addressed | undefined {
  const entry = type === undefined ? undefined : KINDS[type];
  if (entry === undefined || node === undefined) return undefined;
  const [keyword, reader] = entry;
  const address = reader(node);
  return address && { keyword, address };
}
