import { createRequire } from 'node:module';
import type * as Commander from 'commander';
import {
  CONNECTION,
  DEPARTMENT,
  DEPARTMENT_ID,
  DEPARTMENT_IDS,
  FLEET,
  FORMAT,
  LIMITS,
  option,
  PACK,
  TARGETS,
  VALIDATE,
  VAR,
  VERBOSE,
  wholeNumber,
  YES,
} from './options.js';
import type { CommandSpec } from './command-spec.js';
import { ACTIVITY_COMMANDS, ACTIVITY_EVENTS_COMMANDS, ACTIVITY_USER_COMMANDS } from './activity-commands.js';
import type { Drain } from './drain.js';
import { TENANT_COMMANDS } from './tenant-commands.js';

// By require: commander's ES module entry only wraps its files, and the wrapping costs start-up time.
const require = createRequire(import.meta.url);
const { Command, CommanderError } = require('commander') as typeof Commander;

/** commander has printed help, the version or its complaint already; anything else is an error of ours. */
export const isPrinted = (error: unknown): error is Commander.CommanderError =>
  error instanceof CommanderError;

/** How errors are told: in the form of the results, where that is a form for them. */
export type Format = 'text' | 'json' | 'ndjson';

/** What a command tells main: how errors are to be printed, and the exit code. */
export interface Invocation {
  format: Format;
  exitCode: number;
}

/** A command's work: options as commander parsed them in, exit code out. */
export type Handler = (
  options: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  drain: Drain,
) => Promise<number>;

const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  generate: {
    summary: 'render the SQL of a department or a shared pack, its rollback and a manifest',
    examples: [
      'fedgen generate --department "Legal Department" --department-id legal',
      'fedgen generate --department Sales --department-id sales --apply --validate',
      'fedgen generate --department Sales --department-id sales --stdout | less',
      'fedgen generate --pack shop --types src/shop.types.ts',
    ],
    options: () => [
      DEPARTMENT(),
      DEPARTMENT_ID(),
      PACK(),
      VAR(),
      option('--output-dir <dir>', 'folder for the files (default: generated)'),
      option('--stdout', 'print the SQL and write nothing'),
      option('--engine <engine>', 'engine to write files for; fedgen itself runs postgres only').choices([
        'postgres',
        'snowflake',
      ]),
      option('--rls-only', 'only the file with policies and grants'),
      option('--control-plane', 'the files of the control plane as well, for who runs them with psql'),
      option(
        '--types [file]',
        'instead: TypeScript for Kysely and fedgen/client/kysely (default: <pack>.types.ts)',
      ),
      option('--prisma [file]', 'instead: a schema for Prisma 7 (default: <pack>.prisma)'),
      option('--timestamp', 'note the time in the manifest (the output is then no longer reproducible)'),
      option('--apply', 'apply it as well'),
      option('--validate', 'validate it as well'),
      VERBOSE(),
      ...CONNECTION(),
      ...LIMITS(),
    ],
    load: async () => (await import('./commands/generate.js')).runGenerate,
  },
  apply: {
    summary: 'bring departments or a shared pack up to date',
    examples: [
      'fedgen apply --department "Human Resources" --department-id hr',
      'fedgen apply --department-id hr --dry-run',
      'fedgen apply --all --concurrency 8',
      'fedgen apply --department-id "sales_*" --exclude sales_test',
      'fedgen apply plan.json',
      'fedgen apply --pack shop',
    ],
    argument: ['plan', 'a plan that "fedgen plan --out" wrote; refused if it does not hold any more'],
    options: () => [
      DEPARTMENT(),
      DEPARTMENT_IDS(),
      option('--all', 'every registered department').conflicts('departmentId'),
      ...TARGETS(),
      ...FLEET(),
      PACK(),
      VAR(),
      option('--dry-run', 'print the SQL that would run; reads only'),
      option(
        '--verify',
        'compare registered departments afterwards with what the scripts make, and undo what differs',
      ),
      option('--accept-edited', 'record the present text of edited scripts without running it'),
      ...CONNECTION(['text', 'json', 'ndjson']),
      ...LIMITS(),
    ],
    load: async () => (await import('./commands/apply.js')).runApply,
  },
  plan: {
    summary: 'tell what apply would run where, and what that may do to others',
    examples: ['fedgen plan --all', 'fedgen plan --all --out plan.json'],
    options: () => [
      DEPARTMENT_IDS(),
      option('--all', 'every registered department').conflicts('departmentId'),
      ...TARGETS(),
      option('--out <file>', 'write the plan to this file, for "fedgen apply <file>"'),
      option('--check', 'exit 1 when something is to do'),
      PACK(),
      VAR(),
      ...CONNECTION(),
    ],
    load: async () => (await import('./commands/plan.js')).runPlan,
  },
  rollback: {
    summary: 'take departments or a shared pack back',
    examples: [
      'fedgen rollback --department-id hr --to 1',
      'fedgen rollback --department-id hr --steps 1 --dry-run',
      'fedgen rollback --department-id hr --all --yes',
      'fedgen rollback --run 6f1c7d52-3f5e-4a44-9d65-0d0a3a0b8a11',
      'fedgen rollback --department-id "sales_*" --steps 1',
      'fedgen rollback --pack shop --all --yes',
      'fedgen rollback --control-plane --yes --allow-data-loss',
    ],
    options: () => [
      DEPARTMENT_IDS(),
      option('--department <name>', 'the name it was applied under, if it was renamed since'),
      option('--to <number>', 'undo every script above this number; 0 undoes all, one by one').argParser(
        wholeNumber,
      ),
      option('--steps <count>', 'undo this many scripts').argParser(wholeNumber),
      option('--all', 'drop schemas and role, whatever state they are in'),
      option('--run <id>', 'undo what this run applied, at every department that it reached'),
      option(
        '--control-plane',
        'remove the control plane from a database without departments and shared packs',
      ),
      option('--allow-data-loss', 'go on although rows would be destroyed'),
      option('--dry-run', 'print what would run and what it would destroy'),
      YES(),
      PACK(),
      VAR(),
      ...TARGETS(),
      ...FLEET(),
      ...CONNECTION(['text', 'json', 'ndjson']),
      ...LIMITS(),
    ],
    load: async () => (await import('./commands/rollback.js')).runRollback,
  },
  status: {
    summary: 'tell where departments or a shared pack stand',
    examples: [
      'fedgen status',
      'fedgen status --department-id hr --format json',
      'fedgen status --pack shop --check',
    ],
    options: () => [
      DEPARTMENT_IDS(),
      option('--all', 'every department, as without --department-id').conflicts('departmentId'),
      ...TARGETS().filter(({ long }) => long !== '--resume'),
      option('--check', 'exit 1 when a script is pending or edited'),
      PACK(),
      ...CONNECTION(),
    ],
    load: async () => (await import('./commands/status.js')).runStatus,
  },
  validate: {
    summary: 'prove that departments are complete and isolated',
    examples: [
      'fedgen validate --department-id hr --verbose',
      'fedgen validate --all --format sarif --output fedgen.sarif',
      'fedgen validate --all --format html --output validation.html',
      'fedgen validate --department-id "sales_*" --skip probe --fail-on warning',
    ],
    options: () => [
      DEPARTMENT_IDS(),
      ...VALIDATE(),
      ...CONNECTION(['text', 'json', 'ndjson', 'junit', 'sarif', 'html']),
    ],
    load: async () => (await import('./commands/validate.js')).runValidate,
  },
  seed: {
    summary: 'bring the tenants and rows that a shared pack has to begin with',
    examples: ['fedgen seed --pack shop'],
    options: () => [PACK(), ...CONNECTION(), ...LIMITS().filter(({ long }) => long === '--lock-wait')],
    load: async () => (await import('./commands/seed.js')).runSeed,
  },
  demo: {
    summary: 'show everything on a throw-away PostgreSQL',
    examples: ['fedgen demo'],
    options: () => [],
    load: async () => (await import('./commands/demo.js')).runDemo,
  },
};

const DEV_COMMANDS: Readonly<Record<string, CommandSpec>> = Object.fromEntries(
  Object.entries({
    start: 'start the local PostgreSQL, or find it running',
    status: 'tell whether it runs',
    stop: 'stop it; the data stays',
    url: 'print its database URL',
  }).map(([name, summary]) => [
    name,
    {
      summary,
      examples: name === 'url' ? ['export DATABASE_URL="$(fedgen dev url)"'] : [`fedgen dev ${name}`],
      options: () => [
        option('--dir <dir>', 'folder of the server (default: your data folder)'),
        ...(name === 'start' ? [option('--port <port>', 'port to listen on').argParser(wholeNumber)] : []),
        ...(name === 'stop' ? [option('--remove', 'remove its data as well'), YES()] : []),
        FORMAT(),
      ],
      load: async () => (await import('./commands/dev.js')).runDev(name),
    },
  ]),
);

/** The command tree: names, options and examples; no logic. Handlers are loaded when they are called. */
export function buildProgram(invocation: Invocation, signal: AbortSignal, drain: Drain): Commander.Command {
  const program = new Command('fedgen')
    .description('Tenant schemas as code, proved: render, apply, roll back and validate.')
    .option('-V, --version', 'print the version')
    .on('option:version', printVersion)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(fedgen --help lists commands and options)')
    // in json main prints the one document that tells what commander found
    .configureOutput({
      writeErr: (text) => {
        if (invocation.format === 'text') process.stderr.write(text);
      },
    })
    .addHelpText(
      'after',
      helpExamples(['fedgen demo', 'fedgen apply --department "Human Resources" --department-id hr']),
    )
    .exitOverride();
  addCommands(program, COMMANDS, { invocation, signal, drain });
  const dev = program.command('dev').description('a local PostgreSQL that is kept between runs');
  addCommands(dev, DEV_COMMANDS, { invocation, signal, drain });
  const tenant = program.command('tenant').description('the tenants of a shared pack, or departments');
  addCommands(tenant, TENANT_COMMANDS, { invocation, signal, drain });
  const activity = program
    .command('activity')
    .description('users, permissions and events of the pack activity');
  addCommands(activity, ACTIVITY_COMMANDS, { invocation, signal, drain });
  const users = activity.command('user').description('logins that ask through plans');
  addCommands(users, ACTIVITY_USER_COMMANDS, { invocation, signal, drain });
  const events = activity.command('events').description('events of the business');
  addCommands(events, ACTIVITY_EVENTS_COMMANDS, { invocation, signal, drain });
  return program;
}

/** Read only when asked for: package.json is not worth loading at every start. */
function printVersion(): never {
  const manifest: unknown = require('../../package.json');
  process.stdout.write(`${String(Reflect.get(Object(manifest), 'version'))}\n`);
  throw new CommanderError(0, 'commander.version', 'version');
}

function addCommands(
  parent: Commander.Command,
  specs: Readonly<Record<string, CommandSpec>>,
  { invocation, signal, drain }: { invocation: Invocation; signal: AbortSignal; drain: Drain },
): void {
  const addOptions = new Map<Commander.Command, () => void>();
  parent.hook('preSubcommand', (_parent, command) => addOptions.get(command)?.());
  for (const [name, spec] of Object.entries(specs)) {
    const command = parent
      .command(name)
      .description(spec.summary)
      .addHelpText('after', helpExamples(spec.examples));
    command.copyInheritedSettings(parent).allowExcessArguments(false);
    const addOnce = (): void => {
      if (addOptions.delete(command)) for (const each of spec.options()) command.addOption(each);
    };
    addOptions.set(command, addOnce);
    command.on('beforeHelp', addOnce);
    if (spec.argument) command.argument(`[${spec.argument[0]}]`, spec.argument[1]);
    command.action(async () => {
      const [argument] = command.args;
      const given = spec.argument && argument !== undefined ? { [spec.argument[0]]: argument } : {};
      const run = await spec.load();
      invocation.exitCode = await run({ ...command.opts(), ...given }, signal, drain);
    });
  }
}

const helpExamples = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`;
