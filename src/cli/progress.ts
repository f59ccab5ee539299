import type { Ora } from 'ora';
import type { RunEvent } from '../apply/events.js';
import { redact } from '../config/redact.js';
import { colours } from './colours.js';

/** Shows what happens while it happens, on stderr: a spinner on a terminal, one line per event elsewhere. */
interface Progress {
  readonly onEvent: (event: RunEvent) => void;
  /** Removes the spinner; call before results are printed. */
  readonly stop: () => void;
}

/** Starts showing progress. ora is only loaded where there is a terminal to spin on. */
async function startProgress(): Promise<Progress> {
  const paint = colours(process.stderr);
  const spinner: Ora | undefined = process.stderr.isTTY
    ? (await import('ora')).default({ stream: process.stderr })
    : undefined;
  const line = (message: string): void => {
    const wasSpinning = spinner?.isSpinning ?? false;
    spinner?.stop();
    process.stderr.write(`${redact(message)}\n`);
    if (wasSpinning) spinner?.start();
  };
  const onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case 'connected':
        return line(
          paint.dim(`connected to ${event.server}, PostgreSQL ${Math.floor(event.serverVersion / 10_000)}`),
        );
      case 'database-created':
        return line(`${paint.green('created')} the database ${event.server}`);
      case 'lock-wait':
        return line(`${paint.yellow('waiting')} ${event.target} is being worked on by ${event.holder}`);
      case 'script-start':
        if (spinner) spinner.start(`${event.target} ${event.script}`);
        return;
      case 'script-done':
        spinner?.stop();
        return line(
          `${paint.green('done')} ${event.target} ${event.script} ${paint.dim(`${event.durationMs.toFixed(0)} ms`)}`,
        );
      case 'retry':
        return line(
          `${paint.yellow('retry')} ${event.attempt} of ${event.target} ${event.script}: ${event.reason}`,
        );
      case 'notice':
        return line(`${paint.dim('server says')} ${event.message}`);
    }
  };
  return { onEvent, stop: () => void spinner?.stop() };
}

/** Runs `work` with progress shown, and takes the spinner away however it ends. */
export async function withProgress<T>(work: (onEvent: Progress['onEvent']) => Promise<T>): Promise<T> {
  const progress = await startProgress();
  try {
    return await work(progress.onEvent);
  } finally {
    progress.stop();
  }
}
