import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import type { CommandSpec } from './command-spec.js';
import { ACTIVITY_COMMANDS, ACTIVITY_EVENTS_COMMANDS, ACTIVITY_USER_COMMANDS } from './activity-commands.js';
import type { Drain } from './drain.js';
import { DEV_COMMANDS } from './dev-commands.js';
import { ROOT_COMMANDS } from './root-commands.js';
import { TARGET_COMMANDS } from './target-commands.js';
import { TENANT_COMMANDS } from './tenant-commands.js';

/** commander has printed help, the version or its complaint already; anything else is an error of ours. */
export const isPrinted = (error: unknown): error is CommanderError => error instanceof CommanderError;

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

/** The command tree: names, options and examples; no logic. Handlers are loaded when they are called. */
export function buildProgram(invocation: Invocation, signal: AbortSignal, drain: Drain): Command {
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
  addCommands(program, ROOT_COMMANDS, { invocation, signal, drain });
  const dev = program.command('dev').description('a local PostgreSQL that is kept between runs');
  addCommands(dev, DEV_COMMANDS, { invocation, signal, drain });
  const tenant = program.command('tenant').description('the tenants of a shared pack, or departments');
  addCommands(tenant, TENANT_COMMANDS, { invocation, signal, drain });
  const targets = program.command('targets').description('departments that stand already');
  addCommands(targets, TARGET_COMMANDS, { invocation, signal, drain });
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
  const manifest: unknown = createRequire(import.meta.url)('../../package.json');
  process.stdout.write(`${String(Reflect.get(Object(manifest), 'version'))}\n`);
  throw new CommanderError(0, 'commander.version', 'version');
}

function addCommands(
  parent: Command,
  specs: Readonly<Record<string, CommandSpec>>,
  { invocation, signal, drain }: { invocation: Invocation; signal: AbortSignal; drain: Drain },
): void {
  const addOptions = new Map<Command, () => void>();
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
