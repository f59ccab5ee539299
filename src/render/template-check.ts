import nunjucks from 'nunjucks';
import { QUOTING_FILTERS } from './filters.js';

/** A place in a template. Lines count from 1. */
export interface Place {
  readonly line: number;
  readonly expression: string;
}

/** A name, and where it is used. */
export interface NamedPlace extends Place {
  readonly name: string;
}

/** A macro that is called by the name of another template. */
export interface MacroUse extends Place {
  /** The template that must define it. */
  readonly template: string;
  readonly macro: string;
}

/** What a template does that the renderer must know before it trusts its output. */
export interface TemplateFacts {
  /** Whether the template can be parsed; nothing else is known of one that cannot. */
  readonly parsed: boolean;
  /** `{{ … }}` that would let a value reach SQL unquoted. */
  readonly unquoted: readonly Place[];
  /** Names of the templates that it imports, includes or extends. */
  readonly imports: readonly NamedPlace[];
  /** Imports whose name is computed, which nobody can check beforehand. */
  readonly computedImports: readonly Place[];
  /** Filters that it uses. */
  readonly filters: readonly NamedPlace[];
  /** Macros that it defines. */
  readonly macros: readonly string[];
  /** Macros that it takes from other templates, whose facts must list them. */
  readonly uses: readonly MacroUse[];
  /** Names that are called as macros. None may be a value anywhere: a method such as `name.toString` can be called too. */
  readonly calls: readonly NamedPlace[];
  /** Names that are given values: by set, for, parameters and imports of whole templates. */
  readonly assigned: readonly NamedPlace[];
}

/** The little of a Nunjucks syntax tree that the check reads. */
interface TreeNode {
  readonly typename: string;
  readonly lineno: number;
  readonly fields: readonly string[];
}

const IMPORTING = new Set(['Import', 'FromImport', 'Include', 'Extends']);
/** The field of each kind of node that names what it gives a value to. */
const ASSIGNING: Readonly<Record<string, string>> = {
  Set: 'targets',
  For: 'name',
  AsyncEach: 'name',
  AsyncAll: 'name',
  Macro: 'args',
  Caller: 'args',
};

/**
 * Every `{{ … }}` must end in `ident`, `literal` or `qualified`, or be a macro call (whose own outputs are checked in
 * turn). With the renderer's check of what the facts say of several templates together, and of where values stand
 * (quoted-values.ts), this makes injection by a value impossible whatever the value is.
 */
export function inspectTemplate(source: string): TemplateFacts {
  const root = parseTemplate(source);
  const nodes = root ? allNodes(root) : [];
  const lines = source.split('\n');
  const place = (node: TreeNode): Place => ({
    line: node.lineno + 1,
    expression: (lines[node.lineno] ?? '').trim(),
  });
  const scope = {
    macros: new Set([...nodes.filter(is('Macro')).map((node) => nameIn(node, 'name')), 'caller']),
    taken: nodes.filter(is('FromImport')).flatMap(takenMacros),
    namespaces: nodes.filter(is('Import')).map((node) => [nameIn(node, 'target'), importName(node)] as const),
  };
  const outputs = nodes.filter(is('Output')).flatMap((node) => nodesIn(node, 'children'));
  const judged = outputs.map((node) => ({ node, ...judgeOutput(node, scope) }));
  const importing = nodes.filter((node) => IMPORTING.has(node.typename));
  return {
    parsed: root !== undefined,
    unquoted: [
      ...judged.filter(({ safe }) => !safe).map(({ node }) => node),
      ...nodes.filter(isFalseCaller),
    ].map(place),
    imports: importing.flatMap((node) => {
      const name = importName(node);
      return name === undefined ? [] : [{ ...place(node), name }];
    }),
    filters: nodes.filter(is('Filter')).map((node) => ({ ...place(node), name: nameIn(node, 'name') })),
    computedImports: importing.filter((node) => importName(node) === undefined).map(place),
    macros: nodes.filter(is('Macro')).map((node) => nameIn(node, 'name')),
    uses: [
      ...scope.taken.map(({ node, template, macro }) => ({ ...place(node), template, macro })),
      ...judged.flatMap(({ node, uses }) => uses.map((use) => ({ ...place(node), ...use }))),
    ],
    calls: judged.flatMap(({ node, called }) => called.map((name) => ({ ...place(node), name }))),
    assigned: nodes.flatMap((node) => assignedNames(node).map((name) => ({ ...place(node), name }))),
  };
}

interface Scope {
  readonly macros: ReadonlySet<string>;
  readonly taken: readonly { readonly alias: string }[];
  readonly namespaces: readonly (readonly [name: string, template: string | undefined])[];
}

interface Judgement {
  readonly safe: boolean;
  readonly called: readonly string[];
  readonly uses: readonly { readonly template: string; readonly macro: string }[];
}

const SAFE: Judgement = { safe: true, called: [], uses: [] };
const UNSAFE: Judgement = { safe: false, called: [], uses: [] };

function judgeOutput(node: TreeNode, scope: Scope): Judgement {
  if (node.typename === 'TemplateData') return SAFE;
  const callee = nodesIn(node, 'name')[0];
  if (node.typename === 'Filter') {
    return QUOTING_FILTERS.has((callee && stringIn(callee, 'value')) ?? '') ? SAFE : UNSAFE;
  }
  if (node.typename !== 'FunCall' || !callee) return UNSAFE;
  if (callee.typename === 'Symbol') {
    const name = stringIn(callee, 'value') ?? '';
    const isMacro = scope.macros.has(name) || scope.taken.some(({ alias }) => alias === name);
    return isMacro ? { ...SAFE, called: [name] } : UNSAFE;
  }
  const target = nodesIn(callee, 'target')[0];
  const member = nodesIn(callee, 'val')[0];
  if (target?.typename !== 'Symbol' || member?.typename !== 'Literal') return UNSAFE;
  const name = stringIn(target, 'value') ?? '';
  const macro = stringIn(member, 'value') ?? '';
  const templates = scope.namespaces.flatMap(([space, template]) => (space === name ? [template ?? ''] : []));
  if (templates.length === 0) return UNSAFE;
  return { safe: true, called: [name], uses: templates.map((template) => ({ template, macro })) };
}

/** Anything but a `{% call %}` block passed off as the caller: `m(caller=x)`, or the same as a dictionary. */
function isFalseCaller(node: TreeNode): boolean {
  if (node.typename !== 'Pair') return false;
  const key = nameIn(node, 'key');
  return key === '__keywords' || (key === 'caller' && nodesIn(node, 'value')[0]?.typename !== 'Caller');
}

function assignedNames(node: TreeNode): string[] {
  const field = ASSIGNING[node.typename];
  if (field === undefined) return [];
  return nodesIn(node, field)
    .flatMap((each) => (each.fields.includes('children') ? nodesIn(each, 'children') : [each]))
    .flatMap((each) => (each.fields.includes('children') ? nodesIn(each, 'children') : [each]))
    .map((each) => stringIn(each, 'value') ?? nameIn(each, 'key'));
}

function takenMacros(node: TreeNode): { node: TreeNode; template: string; macro: string; alias: string }[] {
  return nodesIn(node, 'names')
    .flatMap((list) => nodesIn(list, 'children'))
    .map((entry) => {
      const own = stringIn(entry, 'value');
      const macro = own ?? nameIn(entry, 'key');
      return { node, template: importName(node) ?? '', macro, alias: own ?? nameIn(entry, 'value') };
    });
}

function importName(node: TreeNode): string | undefined {
  const name = nodesIn(node, 'template')[0];
  return name?.typename === 'Literal' ? stringIn(name, 'value') : undefined;
}

const is =
  (typename: string) =>
  (node: TreeNode): boolean =>
    node.typename === typename;

/** The name in a field that holds a symbol; '' when it holds something else. */
function nameIn(node: TreeNode, field: string): string {
  const symbol = nodesIn(node, field)[0];
  return (symbol && stringIn(symbol, 'value')) ?? '';
}

function allNodes(root: TreeNode): TreeNode[] {
  const found: TreeNode[] = [];
  const pending = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    found.push(node);
    pending.push(...childrenOf(node).reverse());
  }
  return found;
}

/** The body of a `{% set x %}…{% endset %}` is not among its fields. */
const childrenOf = (node: TreeNode): TreeNode[] =>
  [...node.fields, ...(node.typename === 'Set' ? ['body'] : [])].flatMap((field) => nodesIn(node, field));

function parseTemplate(source: string): TreeNode | undefined {
  const parser: unknown = Reflect.get(nunjucks, 'parser');
  const parse: unknown = Reflect.get(Object(parser), 'parse');
  if (typeof parse !== 'function') throw new TypeError('this nunjucks has no parser.parse');
  try {
    const tree: unknown = Reflect.apply(parse, parser, [
      source,
      [],
      { trimBlocks: true, lstripBlocks: true },
    ]);
    return isNode(tree) ? tree : undefined;
  } catch {
    return undefined;
  }
}

function nodesIn(node: TreeNode, field: string): TreeNode[] {
  const value: unknown = Reflect.get(node, field);
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

function stringIn(node: TreeNode, field: string): string | undefined {
  const value: unknown = Reflect.get(node, field);
  return typeof value === 'string' ? value : undefined;
}

const isNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'typename') === 'string';
