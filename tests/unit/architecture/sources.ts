import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A source file: its path from the repository's root, with slashes, and its text. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: nothing is loaded. */
  readonly isType: boolean;
}

/** Every file below a folder that ends so, with its text. */
export function readSources(folder: string, ending: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      file: relative(ROOT, path).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }))
    .sort((a, b) => a.file.localeCompare(b.file));
}

const parsed = new WeakMap<Source, ts.SourceFile>();

/** The syntax tree of a file; each is parsed once. */
function parse(source: Source): ts.SourceFile {
  const tree =
    parsed.get(source) ?? ts.createSourceFile(source.file, source.text, ts.ScriptTarget.ES2023, true);
  parsed.set(source, tree);
  return tree;
}

/** `import`, `require`, or what `createRequire(…)` gives. */
const isLoader = (callee: ts.Expression): boolean =>
  callee.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(callee) && callee.text === 'require') ||
  (ts.isCallExpression(callee) && callee.expression.getText() === 'createRequire');

/** What a file imports: `import`, `export … from`, `import()` and `require()`, in the compiler's own reading. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && isLoader(node.expression)
          ? node.arguments[0]
          : undefined;
    if (specifier && ts.isStringLiteralLike(specifier)) {
      found.push({ specifier: specifier.text, isType: isErased(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(source));
  return found;
}

function isErased(node: ts.Node): boolean {
  if (ts.isExportDeclaration(node)) {
    const names = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : [];
    return node.isTypeOnly || (names.length > 0 && names.every((name) => name.isTypeOnly));
  }
  if (!ts.isImportDeclaration(node) || !node.importClause) return false;
  const { phaseModifier, name, namedBindings } = node.importClause;
  const isTypeOnly = phaseModifier === ts.SyntaxKind.TypeKeyword;
  const names = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
  return isTypeOnly || (!name && names.length > 0 && names.every((each) => each.isTypeOnly));
}

/** The global names and their members that code uses, comments and strings left aside: `process.env`, `Date.now`. */
export function usesOf(source: Source): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      found.push(`${node.expression.text}.${node.name.text}`);
    } else if (ts.isElementAccessExpression(node) && ts.isIdentifier(node.expression)) {
      found.push(`${node.expression.text}.${node.argumentExpression.getText()}`);
    } else if (
      ts.isVariableDeclaration(node) &&
      ts.isObjectBindingPattern(node.name) &&
      node.initializer &&
      ts.isIdentifier(node.initializer)
    ) {
      for (const { name, propertyName } of node.name.elements) {
        found.push(`${node.initializer.text}.${(propertyName ?? name).getText()}`);
      }
    } else if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
      found.push(`new ${node.expression.text}(${node.arguments?.length ? '…' : ''})`);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(source));
  return found;
}
