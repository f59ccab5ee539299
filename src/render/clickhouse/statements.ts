import { scan, type Token } from './scan.js';

/** One statement of a script; ClickHouse takes them one by one. */
export interface Statement {
  /** Without the comments before it and the semicolon behind it. */
  readonly text: string;
  /** Where it begins in the script. */
  readonly start: number;
}

/** A place where a script cannot be read, or must not be run. */
export interface Fault {
  readonly at: number;
  readonly reason: string;
  readonly hint: string;
}

/** The statements of a script, or why it cannot be taken apart. */
export function splitStatements(sql: string): readonly Statement[] | Fault {
  const tokens = scan(sql);
  if (tokens === undefined) {
    const hint = 'Close every quote, and every comment that begins with /*.';
    return { at: 0, reason: 'a quote or a comment is not closed', hint };
  }
  const statements: Statement[] = [];
  let run: Token[] = [];
  const flush = (): void => {
    const [first, last] = [run[0], run.at(-1)];
    if (first && last) statements.push({ text: sql.slice(first.start, last.end), start: first.start });
    run = [];
  };
  for (const token of tokens) {
    if (token.kind === 'comment') continue;
    if (token.kind === 'sign' && sql[token.start] === ';') flush();
    else run.push(token);
  }
  flush();
  return statements;
}

const ENTITY =
  'DATABASE|(?:TEMPORARY )?TABLE|(?:MATERIALIZED )?VIEW|DICTIONARY|FUNCTION|ROLE|USER|(?:ROW )?POLICY|QUOTA|(?:SETTINGS )?PROFILE|NAMED COLLECTION';
/** Statements that may be run twice: nobody can tell whether one was done when its answer was lost. */
const REPEATABLE: readonly RegExp[] = [
  new RegExp(`^CREATE (?:OR REPLACE (?:${ENTITY})|(?:${ENTITY}) (?:IF NOT EXISTS|OR REPLACE))\\b`),
  new RegExp(`^DROP (?:${ENTITY}) IF EXISTS\\b`),
  /^(?:GRANT|REVOKE)\b/,
  /^ALTER (?:USER|ROLE|(?:ROW )?POLICY|QUOTA|(?:SETTINGS )?PROFILE) IF EXISTS\b/,
];
const ALTER_TABLE = /^ALTER TABLE\b/;
/** Commands of ALTER TABLE that are refused, or do something else, when they are run again. */
const ONCE =
  /\b(?:ADD (?:COLUMN|INDEX|PROJECTION|CONSTRAINT|STATISTICS)(?! IF NOT EXISTS)|(?:DROP|CLEAR|RENAME|COMMENT) (?:COLUMN|INDEX|PROJECTION|CONSTRAINT|STATISTICS)(?! IF EXISTS)|UPDATE|ATTACH|DETACH|MOVE|REPLACE|FETCH|FREEZE)\b/;

/** Statements that cannot be run again after a run that broke. */
export const findUnrepeatable = (statements: readonly Statement[]): Fault[] =>
  statements.flatMap(({ text, start }) => {
    const words = wordsOf(text);
    const isSafe = ALTER_TABLE.test(words)
      ? !ONCE.test(words)
      : REPEATABLE.some((pattern) => pattern.test(words));
    if (isSafe) return [];
    const shown = words.split(' ').slice(0, 4).join(' ');
    return [
      {
        at: start,
        reason: `"${shown}" could not be run again if its answer was lost`,
        hint: 'ClickHouse has no transactions for DDL: write CREATE … IF NOT EXISTS or OR REPLACE, DROP … IF EXISTS, ALTER TABLE … ADD COLUMN IF NOT EXISTS. Rows are no matter of scripts.',
      },
    ];
  });

/** The unquoted words, in upper case; what is quoted leaves no trace. */
function wordsOf(text: string): string {
  const words = (scan(text) ?? []).filter(({ kind }) => kind === 'word');
  return words.map(({ start, end }) => text.slice(start, end).toUpperCase()).join(' ');
}
