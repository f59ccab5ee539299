import type { ObjectType } from 'libpg-query';
import { addressOf, inSchema, keywordOf, plain, qualified, relation } from './invert-names.js';
import type { Context, Effect, Handlers } from './invert-scope.js';
import { quoteIdentifier } from './quote.js';
import { pick, relationParts, strings } from './sql-nodes.js';
import type { Node, NodeMap } from './sql-nodes.js';

type Rename = NodeMap['RenameStmt'];

const CREATED_HERE: Effect = { reason: 'this script creates it; create it with its final name and schema' };
const UNKNOWN: Effect = { reason: 'fedgen cannot undo this renaming; bring a rollback' };

/** Parts of a relation, in the words of ALTER. */
const PARTS: { readonly [K in ObjectType]?: string } = {
  OBJECT_COLUMN: 'column',
  OBJECT_ATTRIBUTE: 'attribute',
  OBJECT_TABCONSTRAINT: 'constraint',
};
/** What is renamed as `alter <kind> <name> on <relation>`. */
const ATTACHED: { readonly [K in ObjectType]?: string } = {
  OBJECT_POLICY: 'policy',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_RULE: 'rule',
};

function rename(node: Rename, context: Context): Effect {
  const { renameType: type, newname } = node;
  if (type === undefined || newname === undefined || node.missing_ok === true) return UNKNOWN;
  if (node.relation !== undefined) return renameRelation(node, newname, context);
  if (type === 'OBJECT_DOMCONSTRAINT') return renameDomainConstraint(node, newname);
  if (node.object === undefined) return renamePlain(type, node.subname ?? '', newname, context);
  const object = addressOf(type, node.object);
  const renamed = addressOf(type, withLastName(node.object, newname));
  if (object === undefined || renamed === undefined) return UNKNOWN;
  if (context.isCreated(object.address.key)) return CREATED_HERE;
  const oldName = lastName(node.object) ?? '';
  return { undo: `alter ${object.keyword} ${renamed.address.sql} rename to ${quoteIdentifier(oldName)}` };
}

function renameRelation(node: Rename, newname: string, context: Context): Effect {
  const owner = relation(node.relation);
  const type = node.renameType ?? 'OBJECT_TABLE';
  const oldName = quoteIdentifier(node.subname ?? '');
  const part = PARTS[type];
  if (part !== undefined) {
    if (context.isCreated(`column ${owner.sql}.${oldName}`)) return CREATED_HERE;
    const keyword = part === 'constraint' ? 'table' : (keywordOf(node.relationType) ?? 'table');
    return { undo: `alter ${keyword} ${owner.sql} rename ${part} ${quoteIdentifier(newname)} to ${oldName}` };
  }
  const attached = ATTACHED[type];
  if (attached !== undefined) {
    if (context.isCreated(`${attached} ${oldName} on ${owner.sql}`)) return CREATED_HERE;
    return { undo: `alter ${attached} ${quoteIdentifier(newname)} on ${owner.sql} rename to ${oldName}` };
  }
  if (context.isCreated(owner.key)) return CREATED_HERE;
  const path = relationParts(node.relation);
  const renamed = inSchema('relation', [...path.slice(0, -1), newname]);
  return {
    undo: `alter ${keywordOf(type) ?? 'table'} ${renamed.sql} rename to ${quoteIdentifier(path.at(-1) ?? '')}`,
  };
}

function renameDomainConstraint(node: Rename, newname: string): Effect {
  const domain = qualified(strings(pick(node.object, 'List')?.items));
  const names = `${quoteIdentifier(newname)} to ${quoteIdentifier(node.subname ?? '')}`;
  return { undo: `alter domain ${domain} rename constraint ${names}` };
}

function renamePlain(type: ObjectType, oldName: string, newname: string, context: Context): Effect {
  const keyword = keywordOf(type);
  if (keyword === undefined) return UNKNOWN;
  if (context.isCreated(plain(keyword, oldName).key)) return CREATED_HERE;
  return { undo: `alter ${keyword} ${quoteIdentifier(newname)} rename to ${quoteIdentifier(oldName)}` };
}

/** The list that holds the parts of an object's name. */
function nameParts(node: Node): readonly Node[] {
  return pick(node, 'ObjectWithArgs')?.objname ?? pick(node, 'List')?.items ?? [];
}

function lastName(node: Node): string | undefined {
  return pick(node, 'String')?.sval ?? strings(nameParts(node)).at(-1);
}

function withParts(node: Node, parts: Node[]): Node {
  const routine = pick(node, 'ObjectWithArgs');
  if (routine !== undefined) return { ObjectWithArgs: { ...routine, objname: parts } };
  return { List: { items: parts } };
}

function withLastName(node: Node, name: string): Node {
  const last: Node = { String: { sval: name } };
  if (pick(node, 'String') !== undefined) return last;
  return withParts(node, [...nameParts(node).slice(0, -1), last]);
}

function setSchema(node: NodeMap['AlterObjectSchemaStmt'], context: Context): Effect {
  const object: Node | undefined =
    node.relation === undefined
      ? node.object
      : { List: { items: relationParts(node.relation).map(stringNode) } };
  const before = addressOf(node.objectType, object);
  const [schema, ...rest] = object === undefined ? [] : strings(nameParts(object));
  if (before === undefined || object === undefined || schema === undefined || node.newschema === undefined)
    return UNKNOWN;
  if (rest.length !== 1) return { reason: 'the schema it leaves is not named; qualify the name' };
  if (context.isCreated(before.address.key)) return CREATED_HERE;
  if (context.isCreated(plain('schema', node.newschema).key)) {
    return { reason: 'the schema would hold an older object; create the schema in an earlier script' };
  }
  const moved = addressOf(node.objectType, withParts(object, [node.newschema, ...rest].map(stringNode)));
  if (moved === undefined) return UNKNOWN;
  return { undo: `alter ${moved.keyword} ${moved.address.sql} set schema ${quoteIdentifier(schema)}` };
}

const stringNode = (sval: string): Node => ({ String: { sval } });

/** RENAME and SET SCHEMA. They are always undone, even within new objects: later statements use the new names. */
export const RENAME_HANDLERS: Handlers = { RenameStmt: rename, AlterObjectSchemaStmt: setSchema };
