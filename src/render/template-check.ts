import nunjucks from 'nunjucks';
import { QUOTING_FILTERS } from './filters.js';

/** What a template does that the renderer must know before it trusts its output. Lines count from 1. */
export interface TemplateFacts {
  /** `{{ … }}` that would let a value reach SQL unquoted. */
  readonly unquoted: readonly { readonly line: number; readonly expression: string }[];
  /** Names of the templates that it imports, includes or extends. */
  readonly imports: readonly string[];
  /** Imports whose name is computed, which nobody can check beforehand. */
  readonly computedImports: readonly { readonly line: number; readonly expression: string }[];
}

/** The little of a Nunjucks syntax tree that the check reads. */
interface TreeNode {
  readonly typename: string;
  readonly lineno: number;
  readonly fields: readonly string[];
}

const IMPORTING = new Set(['Import', 'FromImport', 'Include', 'Extends']);

/**
 * Every `{{ … }}` must end in `ident`, `literal` or `qualified`, or be a macro call (whose own outputs are
 * checked in turn). This makes injection by a value impossible whatever the value is.
 * Syntax errors are left to the renderer, which reports them better.
 */
export function inspectTemplate(source: string): TemplateFacts {
  const nodes = allNodes(source);
  const lines = source.split('\n');
  const place = (node: TreeNode): { line: number; expression: string } => ({
    line: node.lineno + 1,
    expression: (lines[node.lineno] ?? '').trim(),
  });
  const macros = new Set(nodes.flatMap(macroNames));
  const outputs = nodes
    .filter((node) => node.typename === 'Output')
    .flatMap((node) => nodesIn(node, 'children'));
  const importing = nodes.filter((node) => IMPORTING.has(node.typename));
  const nameOf = (node: TreeNode): string | undefined => {
    const name = nodesIn(node, 'template')[0];
    return name?.typename === 'Literal' ? stringIn(name, 'value') : undefined;
  };
  return {
    unquoted: outputs.filter((node) => !isQuoted(node, macros)).map(place),
    imports: importing.map(nameOf).filter((name) => name !== undefined),
    computedImports: importing.filter((node) => nameOf(node) === undefined).map(place),
  };
}

/** Names under which macros can be called in this template. */
function macroNames(node: TreeNode): string[] {
  const symbols = { Macro: 'name', Import: 'target' }[node.typename];
  if (symbols !== undefined) return nodesIn(node, symbols).map((symbol) => stringIn(symbol, 'value') ?? '');
  if (node.typename !== 'FromImport') return [];
  return nodesIn(node, 'names')
    .flatMap((list) => nodesIn(list, 'children'))
    .map((entry) => nodesIn(entry, 'value')[0] ?? entry)
    .map((symbol) => stringIn(symbol, 'value') ?? '');
}

function isQuoted(node: TreeNode, macros: ReadonlySet<string>): boolean {
  if (node.typename === 'TemplateData') return true;
  const callee = nodesIn(node, 'name')[0];
  if (node.typename === 'Filter') return QUOTING_FILTERS.has((callee && stringIn(callee, 'value')) ?? '');
  if (node.typename !== 'FunCall' || !callee) return false;
  const symbol = callee.typename === 'LookupVal' ? nodesIn(callee, 'target')[0] : callee;
  const name = symbol?.typename === 'Symbol' ? stringIn(symbol, 'value') : undefined;
  return name !== undefined && (name === 'caller' || macros.has(name));
}

function allNodes(source: string): TreeNode[] {
  const root = parseTemplate(source);
  const found: TreeNode[] = [];
  const pending = root ? [root] : [];
  for (let node = pending.pop(); node; node = pending.pop()) {
    found.push(node);
    pending.push(...childrenOf(node).reverse());
  }
  return found;
}

const childrenOf = (node: TreeNode): TreeNode[] => node.fields.flatMap((field) => nodesIn(node, field));

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
