import { InvalidArgumentError, Option } from 'commander';

/** An option without a value of its own kind. */
export const option = (flags: string, description: string): Option => new Option(flags, description);

/** Refuses what is no whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('It is not a whole number below a thousand million.');
  return Number(text);
}

function assignment(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [name, ...value] = text.split('=');
  if (!name || value.length === 0) throw new InvalidArgumentError('Write it as name=value.');
  return { ...earlier, [name]: value.join('=') };
}

/** The values of an option that may be given several times. */
export function collected(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

function commaSeparated(text: string, earlier: readonly string[] = []): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (names.length === 0) throw new InvalidArgumentError('It names nothing.');
  return [...earlier, ...names];
}

/** `--format`, with the formats that a command has. */
export const FORMAT = (formats: readonly string[] = ['text', 'json']): Option =>
  option('--format <format>', 'how results are printed').choices(formats).default('text');
const CONFIG = (): Option =>
  option('--config <file>', 'configuration file (default: fedgen.config.* upwards from here)');
/** `--department-id` */
export const DEPARTMENT_ID = (): Option =>
  option(
    '--department-id <id>',
    'slug: a lower-case letter, then letters, digits, underscores; not for shared packs',
  );
/** `--department` */
export const DEPARTMENT = (): Option => option('--department <name>', 'display name');
/** `--pack` */
export const PACK = (): Option => option('--pack <name>', 'pack of tables to use (default: federation)');
/** `--var` */
export const VAR = (): Option =>
  option('--var <name=value>', "value of one of the pack's variables; repeatable").argParser(assignment);
/** `--verbose` */
export const VERBOSE = (): Option => option('--verbose', 'tell more');
/** `--yes` */
export const YES = (): Option => option('--yes', 'do not ask');

/** Where to connect, and how results are printed. */
export const CONNECTION = (formats?: readonly string[]): Option[] => [
  option('--database-url <url>', 'postgres://user:password@host:port/name'),
  option('--database <name>', 'one of several databases of the configuration'),
  option('--db-host <host>', 'server'),
  option('--db-port <port>', 'port'),
  option('--db-name <name>', 'database'),
  option('--db-user <user>', 'user'),
  option('--db-password <password>', 'password (visible in the process list: prefer PGPASSWORD)'),
  option(
    '--db-secret <arn|name>',
    'secret of AWS Secrets Manager with user, password and perhaps the server',
  ),
  option('--clickhouse-url <url>', 'http(s)://user:password@host:port, for packs with engine: clickhouse'),
  option('--role-prefix <prefix>', 'put before every role name, because roles are cluster-wide'),
  CONFIG(),
  FORMAT(formats),
];
/** How long to wait for locks and scripts. */
export const LIMITS = (): Option[] => [
  option('--lock-timeout <duration>', 'how long DDL waits for a lock before it is tried again (5s)'),
  option('--lock-wait <duration>', 'how long to wait for another fedgen on the same department (30s)'),
  option('--statement-timeout <duration>', 'longest time for one script (none)'),
];

/** `--department-id`, as often as one likes. */
export const DEPARTMENT_IDS = (): Option =>
  option(
    '--tenant, --department-id <id>',
    'the department, or a pattern such as "sales_*"; repeatable',
  ).argParser(collected);

/** Which of many departments are meant. */
export const TARGETS = (): Option[] => [
  option(
    '--targets-from <source>',
    'ids, one a line with the name behind a comma: a file, - for stdin, or sql:<query>',
  ),
  option('--exclude <id>', 'leave out this department, or pattern; repeatable').argParser(collected),
  option('--group <name>', 'those of this group of the configuration; repeatable').argParser(collected),
  option('--shard <i/n>', 'only this part of n parts, for several runners'),
  option('--only-pending', 'only those at which a script is pending'),
  option('--only-failed', 'only those whose last run failed'),
  option('--resume <run>', 'only those that this run did not bring to a good end'),
];

/** How many departments are worked on together. */
export const FLEET = (): Option[] => [
  option('--concurrency <number>', 'departments at a time (4, fewer on a full server)').argParser(
    wholeNumber,
  ),
  option('--on-error <policy>', 'what the first failure does, by default stop').choices(['stop', 'continue']),
  option('--max-failures <number>', 'begin no further department after so many failures, or a share: 5%'),
  option('--duty <share>', 'share of the time that each connection works, such as 50%'),
];

/** What is validated, but for which departments, and how it is reported. */
export const VALIDATE = (): Option[] => [
  option('--all', 'every registered department').conflicts('departmentId'),
  option('--only <names>', 'only these checks or layers, separated by commas').argParser(commaSeparated),
  option('--skip <names>', 'all but these checks or layers').argParser(commaSeparated),
  option('--fail-on <severity>', 'mildest finding that fails (error)').choices(['error', 'warning', 'note']),
  option(
    '--login-url-env <name>',
    'log in with the URL in this environment variable, to see what its role reaches; repeatable',
  ).argParser(collected),
  option('--since-last', 'skip targets whose catalogue is as at their last clean validation'),
  option(
    '--snapshot <file>',
    'compare with the expectation in this file, where no scratch target is allowed',
  ),
  option('--write-snapshot <file>', 'write the expectation to this file'),
  option('--output <file>', 'write the report to this file, and print the text report'),
  option('--verbose', 'list what passed, notes and waived findings as well'),
  PACK(),
  VAR(),
];
