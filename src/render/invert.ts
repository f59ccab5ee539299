import { ALTER_HANDLERS } from './invert-alter.js';
import { CREATE_HANDLERS, DROP_HANDLERS } from './invert-create.js';
import { DATA_HANDLERS } from './invert-data.js';
import { GRANT_HANDLERS } from './invert-grant.js';
import { RENAME_HANDLERS } from './invert-rename.js';
import { createScope } from './invert-scope.js';
import type { Context, Effect, Handlers, Scope } from './invert-scope.js';
import { pick, visit } from './sql-nodes.js';
import type { Statement } from './sql.js';

/** A statement that has no derivable inverse. */
export interface RollbackProblem {
  /** The line of the statement in its script, counted from 1. */
  readonly line: number;
  /** Its first words. */
  readonly statement: string;
  /** Why it has none, and what the author can do. */
  readonly reason: string;
}

/** The rollback of a script. With problems there is none: a part of a rollback is worse than none. */
export interface DerivedRollback {
  /** The down script: one statement per line, in reverse order; '' when nothing is to be undone. */
  readonly sql: string;
  readonly problems: readonly RollbackProblem[];
}

const HANDLERS: Handlers = {
  ...CREATE_HANDLERS,
  ...DROP_HANDLERS,
  ...ALTER_HANDLERS,
  ...RENAME_HANDLERS,
  ...GRANT_HANDLERS,
  ...DATA_HANDLERS,
};

/**
 * Derives the statements that undo a script, from its syntax trees alone (feasibility.md §4). Two conventions hold:
 * a GRANT gives, and a COMMENT describes, what was not granted or described before; and a change of an object that the
 * same script created goes with that object. Whatever cannot be undone exactly is a problem, never left out.
 */
export function deriveRollback(statements: readonly Statement[]): DerivedRollback {
  const scope = createScope();
  const released = new Set<string>();
  const steps: string[] = [];
  let prologue = '';
  const problems: RollbackProblem[] = [];
  for (const statement of statements) {
    const path = searchPath(statement);
    if (path !== undefined && steps.length > 0) problems.push(problem(statement, SECOND_PATH));
    prologue = path === undefined ? prologue : terminated(path);
    for (const effect of effectsOf(statement, scope)) {
      const outcome = settle(effect, statement, scope, released);
      if (outcome.reason !== undefined) problems.push(problem(statement, outcome.reason));
      else if (outcome.step !== '') steps.push(outcome.step);
      scope.create(effect.creates ?? []);
    }
  }
  if (problems.length > 0 || steps.length === 0) return { sql: '', problems };
  return { sql: prologue + steps.reverse().map(terminated).join(''), problems };
}

const terminated = (step: string): string => `${step};\n`;

type Outcome = { readonly step: string; readonly reason?: undefined } | { readonly reason: string };

const NOTHING: Outcome = { step: '' };
const MISPLACED: Outcome = {
  reason:
    'it ties an object to one that this script creates later; move that creation up, or name what it ties',
};
const SECOND_PATH = 'the search path changes within the script; set it at the start, or qualify the names';
const REMOVED_TWICE: Outcome = { reason: 'this script creates and removes it; leave out both' };

function settle(effect: Effect, statement: Statement, scope: Scope, released: Set<string>): Outcome {
  const within = effect.within ?? [];
  const since = scope.coveredSince(within);
  if (since === undefined) return exact(effect);
  if (effect.isRemoval === true && within.flat().some((key) => released.has(key))) return REMOVED_TWICE;
  if (effect.isFree === true || !scope.namesLater(effect.tree ?? statement.node, since, statement.text))
    return NOTHING;
  const step = effect.release ?? effect.undo;
  if (step === undefined) return MISPLACED;
  for (const key of within.flat()) released.add(key);
  return { step };
}

function exact({ undo, reason }: Effect): Outcome {
  return undo === undefined ? { reason: reason ?? 'it has no inverse' } : { step: undo };
}

const isNodeKind = (kind: string): kind is keyof Handlers => Object.hasOwn(HANDLERS, kind);

function effectsOf({ kind, node }: Statement, context: Context): readonly Effect[] {
  const effects = isNodeKind(kind) ? visit(node, kind, HANDLERS, context) : undefined;
  return [effects ?? unknownStatement(kind)].flat();
}

function unknownStatement(kind: string): Effect {
  return { reason: `fedgen does not know how to undo it (${kind}); bring a rollback` };
}

const FIRST_WORDS = 8;

function problem({ line, text }: Statement, reason: string): RollbackProblem {
  const words = text.split(/\s+/u);
  const statement = words.slice(0, FIRST_WORDS).join(' ') + (words.length > FIRST_WORDS ? ' …' : '');
  return { line, statement, reason };
}

/**
 * The text of a SET LOCAL search_path. Names without a schema mean the same in the down script only under the same
 * path, so that is set there first; which works only for one path that holds for the whole script.
 */
function searchPath({ node, text }: Statement): string | undefined {
  const setting = pick(node, 'VariableSetStmt');
  return setting?.name === 'search_path' && setting.is_local === true ? text : undefined;
}
