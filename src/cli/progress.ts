import type { Ora } from 'ora';
import type { RunEvent } from '../apply/events.js';
import { redact } from '../config/redact.js';
import { colours } from './colours.js';
import { createFleetProgress } from './fleet-progress.js';
import { printJsonLine } from './print.js';

/** Shows what happens while it happens, on stderr: a spinner on a terminal, one line per event elsewhere. */
interface Progress {
  readonly onEvent: (event: RunEvent) => void;
  /** Removes the spinner; call before results are printed. */
  readonly stop: () => void;
}

/** How often a run over many departments tells how far it is, off a terminal and on one. */
const LINE_EVERY_MS = 5_000;
const SPIN_EVERY_MS = 200;

/** What the first signal does, told at once: what is under way may take a while. */
const FINISHING = 'finishing what is under way, and beginning nothing more; a second signal cancels it';

/** Starts showing progress. ora is only loaded where there is a terminal to spin on. */
async function startProgress(drain: AbortSignal | undefined): Promise<Progress> {
  // A terminal of no columns, as "docker exec -t" and "script" make, has no room: ora would clear lines for ever.
  const spinner: Ora | undefined =
    process.stderr.isTTY && process.stderr.columns > 0
      ? (await import('ora')).default({ stream: process.stderr })
      : undefined;
  const line = (message: string): void => {
    const wasSpinning = spinner?.isSpinning ?? false;
    spinner?.stop();
    process.stderr.write(`${redact(message)}\n`);
    if (wasSpinning) spinner?.start();
  };
  const fleet = startFleetProgress(spinner, line);
  drain?.addEventListener('abort', () => line(FINISHING), { once: true });
  const onEvent = (event: RunEvent): void => {
    fleet.onEvent(event);
    if (event.type === 'script-start') spinner?.start(`${event.target} ${event.script}`);
    if (event.type === 'script-done') spinner?.stop();
    const told = describe(event);
    if (told !== undefined) line(told);
  };
  const stop = (): void => {
    fleet.stop();
    spinner?.stop();
  };
  return { onEvent, stop };
}

/** How far a run over many departments is, every now and then. */
function startFleetProgress(spinner: Ora | undefined, line: (message: string) => void): Progress {
  const fleet = createFleetProgress();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const now = fleet.line(performance.now());
    if (now === undefined) spinner?.stop();
    else if (spinner) spinner.start(now);
    else line(now);
  };
  const onEvent = (event: RunEvent): void => {
    const note = fleet.note(event, performance.now());
    if (note !== undefined) line(note);
    if (event.type === 'fleet-start') timer ??= setInterval(tell, spinner ? SPIN_EVERY_MS : LINE_EVERY_MS);
  };
  return { onEvent, stop: () => clearInterval(timer) };
}

/** The line that an event is worth; undefined for those that the progress of many departments sums up. */
function describe(event: RunEvent): string | undefined {
  const paint = colours(process.stderr);
  switch (event.type) {
    case 'connected':
      return paint.dim(
        `connected to ${event.server}, ${event.product ?? `PostgreSQL ${Math.floor(event.serverVersion / 10_000)}`}`,
      );
    case 'database-created':
      return `${paint.green('created')} the database ${event.server}`;
    case 'lock-wait':
      return `${paint.yellow('waiting')} ${event.target} is being worked on by ${event.holder}`;
    case 'script-done':
      return `${paint.green('done')} ${event.target} ${event.script} ${paint.dim(`${event.durationMs.toFixed(0)} ms`)}`;
    case 'retry':
      return `${paint.yellow('retry')} ${event.attempt} of ${event.target} ${event.script}: ${event.reason}`;
    case 'notice':
      return `${paint.dim('server says')} ${event.message}`;
    case 'script-start':
    case 'fleet-start':
    case 'wave':
    case 'target-start':
    case 'target-done':
    case 'target-later':
      return undefined;
  }
}

/**
 * Runs `work` with progress shown, and takes the spinner away however it ends. In ndjson each event is a line of stdout.
 * @param how.drain when it aborts, that is told.
 */
export async function withProgress<T>(
  work: (onEvent: Progress['onEvent']) => Promise<T>,
  { format, drain }: { readonly format?: string | undefined; readonly drain?: AbortSignal } = {},
): Promise<T> {
  if (format === 'ndjson') {
    drain?.addEventListener('abort', () => process.stderr.write(`${FINISHING}\n`), { once: true });
    return work(({ type, ...facts }) => printJsonLine({ event: type, ...facts }));
  }
  const progress = await startProgress(drain);
  try {
    return await work(progress.onEvent);
  } finally {
    progress.stop();
  }
}
