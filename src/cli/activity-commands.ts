import type * as Commander from 'commander';
import type { CommandSpec } from './command-spec.js';
import { CONNECTION, option, wholeNumber } from './options.js';

const load = (name: string) => async (): ReturnType<CommandSpec['load']> =>
  (await import('./commands/activity.js')).runActivity(name);

const USER = (): Commander.Option => option('--user <name>', 'login, lower case').makeOptionMandatory();
const ACTIONS = (): Commander.Option =>
  option(
    '--actions <list>',
    'actions that may be asked for, such as order.placed,user.signup',
  ).makeOptionMandatory();
const LIMIT_OPTIONS = (): Commander.Option[] => [
  option('--max-rows <n>', 'rows of one query at most; 0 means none (10000)').argParser(wholeNumber),
  option('--budget <seconds>', 'seconds of runtime within 24 hours; 0 means none (120)').argParser(
    wholeNumber,
  ),
];

/** `fedgen activity …` */
export const ACTIVITY_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  grant: {
    summary: "replace a user's permission",
    examples: [
      'fedgen activity grant --user john_analyst --actions order.placed,user.signup --max-rows 50000',
    ],
    options: () => [
      USER(),
      ACTIONS(),
      ...LIMIT_OPTIONS(),
      option('--can-export', 'may export as well'),
      option('--expires <time>', 'ISO 8601, such as 2027-01-01T00:00:00Z (default: never)'),
      ...CONNECTION(),
    ],
    load: load('grant'),
  },
  revoke: {
    summary: "take a user's permission away, at once",
    examples: ['fedgen activity revoke --user john_analyst --reason "Policy violation"'],
    options: () => [
      USER(),
      option('--reason <text>', 'kept with the event').makeOptionMandatory(),
      ...CONNECTION(),
    ],
    load: load('revoke'),
  },
  permissions: {
    summary: 'list who has which access, or had at another time',
    examples: ['fedgen activity permissions', 'fedgen activity permissions --at 2026-11-01T00:00:00Z'],
    options: () => [option('--at <time>', 'ISO 8601 (default: now)'), ...CONNECTION()],
    load: load('permissions'),
  },
};

/** `fedgen activity user …` */
export const ACTIVITY_USER_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  add: {
    summary: 'make a login with a permission for a year, and print its password once',
    examples: [
      'fedgen activity user add --user jane --email jane@example.com --department Sales --actions order.placed',
    ],
    options: () => [
      USER(),
      option('--email <address>', 'e-mail address').makeOptionMandatory(),
      option('--department <name>', 'department').makeOptionMandatory(),
      ACTIONS(),
      ...LIMIT_OPTIONS(),
      ...CONNECTION(),
    ],
    load: load('user add'),
  },
};

/** `fedgen activity events …` */
export const ACTIVITY_EVENTS_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  ingest: {
    summary: 'take in events, one JSON document a line; tells by number which lines are none',
    examples: [
      'fedgen activity events ingest events.ndjson',
      'zcat events.gz | fedgen activity events ingest -',
    ],
    argument: ['file', 'newline-delimited JSON, or - for standard input'],
    options: () => [
      option('--lane <lane>', 'how the events are marked').choices(['DIRECT', 'TEST_DATA']).default('DIRECT'),
      option('--concurrency <number>', 'batches at a time, each on a connection of its own (2)').argParser(
        wholeNumber,
      ),
      ...CONNECTION(),
    ],
    load: load('events ingest'),
  },
};
