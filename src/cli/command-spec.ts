import type * as Commander from 'commander';
import type { Handler } from './program.js';

/** A command of the command line: its words, and what does the work. */
export interface CommandSpec {
  readonly summary: string;
  readonly examples: readonly string[];
  /** A file that may stand without an option's name: `[name, what it is]`. */
  readonly argument?: readonly [name: string, summary: string];
  /** Made when the command is called: most of a start would go into options that nobody asked for. */
  readonly options: () => readonly Commander.Option[];
  readonly load: () => Promise<Handler>;
}
