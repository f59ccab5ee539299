/** Lines of context shown above the faulty one. */
const CONTEXT = 3;

/** Where an offset stands in text: line and column count from 1, column in characters as a person sees them. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}

/** A few lines of `text` around `offset` with a caret under the place; `number` gives the line number to print. */
export function excerpt(
  text: string,
  offset: number,
  number: (line: number) => number = (line) => line,
): string {
  const { line, column } = positionAt(text, offset);
  const lines = text.split('\n');
  const first = Math.max(1, line - CONTEXT);
  const shown = Array.from({ length: line - first + 1 }, (_, index) => first + index);
  const width = Math.max(...shown.map((at) => String(number(at)).length));
  const rows = shown.map((at) => `  ${String(number(at)).padStart(width)} | ${lines[at - 1] ?? ''}`);
  // Tabs stay tabs, so that the caret stands under its place however wide they are shown.
  const before = Array.from(lines[line - 1] ?? '').slice(0, column - 1);
  const indent = before.map((char) => (char === '\t' ? '\t' : ' ')).join('');
  return [...rows, `  ${' '.repeat(width)} | ${indent}^`].join('\n');
}
