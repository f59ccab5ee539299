import { homedir } from 'node:os';
import path from 'node:path';
import { defaultDevFolder } from '../../dev/dev-folder.js';
import {
  devServerStatus,
  devServerUrl,
  startDevServer,
  stopDevServer,
  type DevServerPlace,
} from '../../dev/dev-server.js';
import { EXIT } from '../../shared/errors.js';
import { confirmDestruction } from '../confirm.js';
import { printJson, printVerbatim, printText } from '../print.js';
import type { Handler } from '../program.js';
import { flag, number, text } from '../settings.js';

type Options = Parameters<Handler>[0];
type DevHandler = (options: Options, signal: AbortSignal, place: DevServerPlace) => Promise<number>;

const VERBS: Readonly<Record<string, DevHandler>> = { start, status, stop, url };

/** `fedgen dev start | status | stop | url` */
export function runDev(verb: string): Handler {
  return (options, signal) => {
    const handler = VERBS[verb];
    if (!handler) throw new TypeError(`no such verb: ${verb}`);
    const facts = {
      env: process.env,
      home: homedir(),
      isRoot: process.getuid?.() === 0,
      platform: process.platform,
    };
    const dir = path.resolve(
      text(options, 'dir') ?? process.env['FEDGEN_DEV_DIR'] ?? defaultDevFolder(facts),
    );
    return handler(options, signal, { dir, env: process.env });
  };
}

/** Repeats the folder in commands that we suggest. */
function dirFlag(options: Options): string {
  const dir = text(options, 'dir');
  return dir === undefined ? '' : ` --dir ${JSON.stringify(dir)}`;
}

async function start(options: Options, signal: AbortSignal, place: DevServerPlace): Promise<number> {
  const port = number(options, 'port');
  const server = await startDevServer({ ...place, signal, ...(port !== undefined && { port }) });
  // The URL holds the password: it is printed by "dev url" alone.
  const { url: _secret, ...facts } = server;
  if (text(options, 'format') === 'json') printJson({ dev: facts });
  else {
    const how = server.alreadyRunning ? 'runs already' : 'started';
    printText(
      `PostgreSQL ${server.version} ${how} on ${server.host}:${server.port} (data in ${server.dir}).\nUse it with: export DATABASE_URL="$(fedgen dev url${dirFlag(options)})"`,
    );
  }
  return EXIT.ok;
}

async function status(options: Options, _signal: AbortSignal, place: DevServerPlace): Promise<number> {
  const found = await devServerStatus(place);
  const { url: _secret, ...facts } = { url: undefined, ...found };
  if (text(options, 'format') === 'json') printJson({ dev: facts });
  else if (found.state === 'running') {
    printText(
      `PostgreSQL ${found.version} runs on ${found.host}:${found.port}, process ${found.pid} (data in ${found.dir}).`,
    );
  } else if (found.state === 'stopped')
    printText(`Stopped. PostgreSQL ${found.version} data in ${found.dir}.`);
  else printText(`There is none in ${found.dir}. Start it with: fedgen dev start${dirFlag(options)}`);
  return EXIT.ok;
}

async function stop(options: Options, signal: AbortSignal, place: DevServerPlace): Promise<number> {
  const remove = flag(options, 'remove');
  if (remove && !flag(options, 'yes'))
    await confirmDestruction(`This removes all data in ${place.dir}`, 'remove', signal);
  const stopped = await stopDevServer({ ...place, remove });
  if (text(options, 'format') === 'json') printJson({ dev: stopped });
  else {
    const what = stopped.wasRunning ? 'Stopped.' : 'It did not run.';
    printText(stopped.removed ? `${what} Its data were removed.` : what);
  }
  return EXIT.ok;
}

async function url(options: Options, _signal: AbortSignal, place: DevServerPlace): Promise<number> {
  const found = await devServerUrl(place);
  // Asked for in so many words, hence not redacted.
  printVerbatim(
    text(options, 'format') === 'json'
      ? `${JSON.stringify({ schemaVersion: 1, url: found })}\n`
      : `${found}\n`,
  );
  return EXIT.ok;
}
