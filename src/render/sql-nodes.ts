import type { Node, RangeVar, RoleSpec } from 'libpg-query';

/** A node of a PostgreSQL syntax tree: an object with one key, the node's name. */
export type { Node };

/** Every node name of the grammar, e.g. CreateStmt. */
export type NodeKind = Node extends infer N ? (N extends N ? keyof N : never) : never;

/** The fields of each kind of node. All are optional: the parser leaves out zero, false and ''. */
export type NodeMap = { readonly [K in NodeKind]: Extract<Node, Record<K, unknown>>[K] };

/** The fields of `node` when it is of that kind. */
export function pick<K extends NodeKind>(node: Node | undefined, kind: K): NodeMap[K] | undefined {
  const fields: Partial<NodeMap> = node ?? {};
  return fields[kind];
}

/** The fields of those nodes of a list that are of that kind. */
export function pickAll<K extends NodeKind>(nodes: readonly Node[] | undefined, kind: K): NodeMap[K][] {
  return (nodes ?? []).flatMap((node) => pick(node, kind) ?? []);
}

/** The name of a node: its only key ('' for the empty node that stands for an absent list). */
export function kindOf(node: Node): string {
  return Object.keys(node)[0] ?? '';
}

/** The strings in a list of String nodes: the parts of a qualified name. */
export function strings(nodes: readonly Node[] | undefined): string[] {
  return pickAll(nodes, 'String').map((part) => part.sval ?? '');
}

/** What a table of functions, one per kind of node, makes of a node; undefined when it has none for that kind. */
export function visit<K extends NodeKind, C, R>(
  node: Node,
  kind: K,
  table: { readonly [P in K]?: (fields: NodeMap[P], context: C) => R },
  context: C,
): R | undefined {
  const fields = pick(node, kind);
  return fields === undefined ? undefined : table[kind]?.(fields, context);
}

/** The parts of a relation's name, as written. */
export function relationParts(relation: RangeVar | undefined): string[] {
  return [relation?.catalogname, relation?.schemaname, relation?.relname].filter(
    (part) => part !== undefined,
  );
}

/** The name of a role, unless it is a keyword such as PUBLIC or CURRENT_USER. */
export function roleName(role: RoleSpec | undefined): string | undefined {
  return role?.roletype === 'ROLESPEC_CSTRING' ? role.rolename : undefined;
}

/** The argument of an option (DefElem) of that name. */
export function option(options: readonly Node[] | undefined, name: string): Node | undefined {
  return pickAll(options, 'DefElem').find((element) => element.defname === name)?.arg;
}

/** Whether an option (DefElem) of that name is given at all. */
export function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return pickAll(options, 'DefElem').some((element) => element.defname === name);
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object inside a syntax tree, the root included: for questions that no single field answers. */
export function* walk(root: unknown): Generator<Fields> {
  if (Array.isArray(root)) for (const child of root) yield* walk(child);
  if (!isFields(root)) return;
  yield root;
  for (const child of Object.values(root)) yield* walk(child);
}
