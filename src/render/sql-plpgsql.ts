import { hasOption, option, pick, pickAll } from './sql-nodes.js';
import type { Node } from './sql-nodes.js';
import { parsePlpgsql } from './sql-parser.js';
import type { Statement } from './sql.js';

/** What is wrong with a PL/pgSQL body; `offset` is a UTF-16 index into the statement's text. */
export interface PlpgsqlError {
  readonly message: string;
  readonly offset: number;
  readonly cause: unknown;
}

/**
 * Errors that say nothing about the code: without a catalogue the parser knows neither `%type` parameters nor the
 * fields of a `%rowtype` variable. The server checks those bodies when it creates them.
 */
const NEEDS_CATALOGUE = [/^Not implemented$/, /^"[^"]+\.[^"]+" is not a known variable$/];

/** The options of a statement that carries a PL/pgSQL body. */
export function plpgsqlOptions(node: Node): readonly Node[] | undefined {
  const block = pick(node, 'DoStmt');
  const options = block?.args ?? pick(node, 'CreateFunctionStmt')?.options;
  if (!hasOption(options, 'as')) return undefined;
  const language = pick(option(options, 'language'), 'String')?.sval ?? (block ? 'plpgsql' : undefined);
  return language === 'plpgsql' ? options : undefined;
}

/** The first error of a statement's PL/pgSQL body, if it has one. */
export function findPlpgsqlError(statement: Statement): PlpgsqlError | undefined {
  const options = plpgsqlOptions(statement.node);
  if (options === undefined) return undefined;
  try {
    parsePlpgsql(statement.text);
    return undefined;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (NEEDS_CATALOGUE.some((pattern) => pattern.test(message))) return undefined;
    const body = bodyOf(options);
    return { message: `PL/pgSQL: ${message}`, offset: locate(statement.text, body, message), cause };
  }
}

function bodyOf(options: readonly Node[]): string {
  const body = option(options, 'as');
  const parts = pick(body, 'List')?.items ?? (body === undefined ? [] : [body]);
  return pickAll(parts, 'String')[0]?.sval ?? '';
}

/** The parser gives no position: the word it names if that stands once in the body, else the body, else the statement. */
function locate(text: string, body: string, message: string): number {
  const start = text.indexOf(body);
  if (start === -1 || body === '') return 0;
  const word = /at or near "(.+)"$/s.exec(message)?.[1];
  const at = word === undefined ? -1 : body.indexOf(word);
  const isOnlyOne = word !== undefined && at !== -1 && body.indexOf(word, at + 1) === -1;
  return isOnlyOne ? start + at : start;
}
