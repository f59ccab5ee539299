import type { CommandSpec } from './command-spec.js';
import { FORMAT, option, wholeNumber, YES } from './options.js';

/** `fedgen dev …` */
export const DEV_COMMANDS: Readonly<Record<string, CommandSpec>> = Object.fromEntries(
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
