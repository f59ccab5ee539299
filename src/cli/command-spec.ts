import type * as Commander from 'commander';
import type { Handler } from './program.js';

/** A command of the command line: its words, and what does the work. */
export interface CommandSpec {
  readonly summary: string;
  readonly examples: readonly string[];
  /** Its one argument, if it has any: how it is written, and what it is. Handlers find it as option `argument`. */
  readonly argument?: readonly [string, string];
  /** Made when the command is called: most of a start would go into options that nobody asked for. */
  readonly options: () => readonly Commander.Option[];
  readonly load: () => Promise<Handler>;
}
