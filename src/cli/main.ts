import { CommanderError } from 'commander';
import { EXIT, FedgenError } from '../shared/errors.js';
import { buildProgram, type Invocation } from './program.js';

/** Signals that end a run; the second one does not wait for the first to be dealt with. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the command line and answers the exit code. The only place that prints errors.
 * @param argv arguments without the program's name.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const abort = new AbortController();
  const stopListening = abortOnSignals(abort);
  const invocation: Invocation = { format: 'text', exitCode: EXIT.ok };
  try {
    await buildProgram(invocation, abort.signal).parseAsync([...argv], { from: 'user' });
    return invocation.exitCode;
  } catch (error) {
    return await report(error, invocation);
  } finally {
    stopListening();
  }
}

function abortOnSignals(abort: AbortController): () => void {
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

async function report(error: unknown, invocation: Invocation): Promise<number> {
  // commander has printed help, the version or its complaint already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { printError } = await import('./print-error.js');
  printError(error, invocation.format);
  return error instanceof FedgenError ? error.exitCode : EXIT.bug;
}
