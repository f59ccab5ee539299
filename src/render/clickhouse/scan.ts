/** A piece of SQL as ClickHouse's lexer cuts it; blanks are none. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly kind: 'word' | 'number' | 'text' | 'name' | 'heredoc' | 'comment' | 'sign';
}

/** By the order in which they are tried; each is sticky and matches at least one character. */
const RULES: readonly (readonly [kind: Token['kind'], pattern: RegExp])[] = [
  ['comment', /--[^\n]*|#[ !][^\n]*|\/\*[^]*?\*\//y],
  ['text', /'(?:[^'\\]|\\[^]|'')*'/y],
  ['name', /"(?:[^"\\]|\\[^]|"")*"|`(?:[^`\\]|\\[^]|``)*`/y],
  ['heredoc', /\$(\w*)\$[^]*?\$\1\$/y],
  ['number', /\d\w*(?:\.\d\w*)?(?:(?<=[eE])[+-]\d+)?/y],
  ['word', /[A-Za-z_][\w$]*/y],
  // A quote or the begin of a comment that no rule above took is never closed.
  ['sign', /(?!['"`]|\/\*)[^\s]/y],
];
const BLANK = /\s+/y;

/** The tokens of SQL for ClickHouse; undefined where a quote or a comment is not closed. */
export function scan(sql: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = skipBlank(sql, 0);
  while (at < sql.length) {
    const token = tokenAt(sql, at);
    if (token === undefined) return undefined;
    tokens.push(token);
    at = skipBlank(sql, token.end);
  }
  return tokens;
}

function tokenAt(sql: string, start: number): Token | undefined {
  for (const [kind, pattern] of RULES) {
    const end = matchEnd(pattern, sql, start);
    if (end !== undefined) return { start, end, kind };
  }
  return undefined;
}

const skipBlank = (sql: string, at: number): number => matchEnd(BLANK, sql, at) ?? at;

function matchEnd(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : undefined;
}
