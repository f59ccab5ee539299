import type { Group } from './invert-names.js';
import { walk } from './sql-nodes.js';
import type { NodeKind, NodeMap } from './sql-nodes.js';

/** What one statement, or one command of it, does, as far as undoing it is concerned. */
export interface Effect {
  /**
   * What it changes: one group per object. When every group holds an object that this script created, the change goes
   * with those objects and needs no inverse. Absent: it always needs one.
   */
  readonly within?: readonly Group[];
  /** The exact inverse, without a semicolon; '' when there is nothing to undo. */
  readonly undo?: string;
  /** Why there is no exact inverse, and what the author can do. */
  readonly reason?: string;
  /** For a change that goes with its object: what cuts its ties to objects created later. Default: `undo`. */
  readonly release?: string;
  /** It cannot tie its object to another one. */
  readonly isFree?: boolean;
  /** It takes away something that an earlier release may have taken away already. */
  readonly isRemoval?: boolean;
  /** The keys of what it creates. */
  readonly creates?: readonly string[];
  /** The part of the syntax tree in which to look for names of other objects. Default: the statement. */
  readonly tree?: unknown;
}

/** What a handler may ask about the statements before it. */
export interface Context {
  /** Whether an earlier statement of this script created the object with this key. */
  readonly isCreated: (key: string) => boolean;
}

/** The effects of statements, by the kind of their syntax tree node. */
export type Handlers = {
  readonly [K in NodeKind]?: (node: NodeMap[K], context: Context) => Effect | readonly Effect[];
};

/** What the script has created up to now, in order. */
export interface Scope extends Context {
  readonly create: (keys: readonly string[]) => void;
  /** When the object that takes all of `within` along was created; undefined when something would stay. */
  readonly coveredSince: (within: readonly Group[]) => number | undefined;
  /** Whether a tree, of a statement with that text, names something that was created after that time. */
  readonly namesLater: (tree: unknown, since: number, text: string) => boolean;
}

/** Kinds of objects that others come to depend on, so that they cannot be dropped first. */
const TIES = /^(?:relation|type|routine|role|collation) /;
/** The last quoted name in a key, before the arguments of a routine. */
const SIMPLE_NAME = /"((?:[^"]|"")*)"(?:\(.*\))?$/s;
const WORDS = /[\p{L}_][\p{L}\p{N}_$]*/gu;

/** Starts the record of one script. */
export function createScope(): Scope {
  const createdAt = new Map<string, number>();
  const names = new Map<string, number>();
  let clock = 0;
  return {
    isCreated: (key) => createdAt.has(key),
    create(keys) {
      clock += 1;
      for (const key of keys) {
        createdAt.set(key, clock);
        const name = TIES.test(key) ? SIMPLE_NAME.exec(key)?.[1] : undefined;
        if (name !== undefined) names.set(name.replaceAll('""', '"'), clock);
      }
    },
    coveredSince(within) {
      const times = within.map((group) => Math.max(0, ...group.map((key) => createdAt.get(key) ?? 0)));
      const since = times.length === 0 ? 0 : Math.min(...times);
      return since === 0 ? undefined : since;
    },
    namesLater(tree, since, text) {
      if (since === clock) return false;
      const later = new Set([...names].filter(([, at]) => at > since).map(([name]) => name));
      return mayHold(text.toLowerCase(), later) && holdsName(tree, later);
    },
  };
}

/** Walking a tree is slow, and most statements do not hold the names at all. Escapes (U&"…", "a""b") hide a name. */
function mayHold(text: string, names: ReadonlySet<string>): boolean {
  if (text.includes('u&"') || text.includes("u&'")) return true;
  return [...names].some(
    (name) => name.includes('"') || name.includes("'") || text.includes(name.toLowerCase()),
  );
}

function holdsName(tree: unknown, names: ReadonlySet<string>): boolean {
  for (const text of texts(tree)) {
    if (names.has(text) || (text.match(WORDS) ?? []).some((word) => names.has(word))) return true;
  }
  return false;
}

/** Every string in a tree: names, but literals too, since nextval('s.q') and 's.t'::regclass are ties as well. */
function* texts(tree: unknown): Generator<string> {
  for (const part of walk(tree)) {
    for (const value of Object.values(part)) if (typeof value === 'string') yield value;
  }
}
