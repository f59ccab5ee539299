import { createRequire } from 'node:module';
import type * as Commander from 'commander';
import type { Handler } from './program.js';

// By require: commander's ES module entry only wraps its files, and the wrapping costs start-up time.
const require = createRequire(import.meta.url);
const { InvalidArgumentError, Option } = require('commander') as typeof Commander;

/** A command of the command line: its words, and what does the work. */
export interface CommandSpec {
  readonly summary: string;
  readonly examples: readonly string[];
  /** Made when the command is called: most of a start would go into options that nobody asked for. */
  readonly options: () => readonly Commander.Option[];
  readonly load: () => Promise<Handler>;
}

export const option = (flags: string, description: string): Commander.Option =>
  new Option(flags, description);

/** Reads a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}

/** Reads name=value, again and again. */
function assignment(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [name, ...value] = text.split('=');
  if (!name || value.length === 0) throw new InvalidArgumentError('Write it as name=value.');
  return { ...earlier, [name]: value.join('=') };
}

export const FORMAT = (): Commander.Option =>
  option('--format <format>', 'how results are printed').choices(['text', 'json']).default('text');
const CONFIG = (): Commander.Option =>
  option('--config <file>', 'configuration file (default: fedgen.config.* upwards from here)');
export const DEPARTMENT_ID = (): Commander.Option =>
  option(
    '--department-id <id>',
    'slug: a lower-case letter, then letters, digits, underscores; not for shared packs',
  );
export const DEPARTMENT = (): Commander.Option => option('--department <name>', 'display name');
export const PACK = (): Commander.Option =>
  option('--pack <name>', 'pack of tables to use (default: federation)');
export const VAR = (): Commander.Option =>
  option('--var <name=value>', "value of one of the pack's variables; repeatable").argParser(assignment);
export const VERBOSE = (): Commander.Option => option('--verbose', 'tell more');
export const YES = (): Commander.Option => option('--yes', 'do not ask');

export const CONNECTION = (): Commander.Option[] => [
  option('--database-url <url>', 'postgres://user:password@host:port/name'),
  option('--db-host <host>', 'server'),
  option('--db-port <port>', 'port'),
  option('--db-name <name>', 'database'),
  option('--db-user <user>', 'user'),
  option('--db-password <password>', 'password (visible in the process list: prefer PGPASSWORD)'),
  option('--role-prefix <prefix>', 'put before every role name, because roles are cluster-wide'),
  CONFIG(),
  FORMAT(),
];
export const LIMITS = (): Commander.Option[] => [
  option('--lock-timeout <duration>', 'how long DDL waits for a lock before it is tried again (5s)'),
  option('--lock-wait <duration>', 'how long to wait for another fedgen on the same department (30s)'),
  option('--statement-timeout <duration>', 'longest time for one script (none)'),
];
