import { createStops } from './drain.js';
import { buildProgram, isPrinted, type Format, type Invocation } from './program.js';

/** As EXIT in shared/errors.ts, which is not loaded for what needs no more than these two. */
const USAGE = 2;
const INTERRUPTED = 130;
/** How long work under way may take to end after a signal. */
const GRACE_MS = 10_000;

/** Signals that end a run; after the last there is no waiting for work to be undone. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the command line and answers the exit code. The only place that prints errors.
 * @param argv arguments without the program's name.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const stops = createStops();
  const stopListening = listenToSignals(stops);
  surviveClosedPipes();
  const invocation: Invocation = { format: formatOf(argv), exitCode: 0 };
  try {
    await buildProgram(invocation, stops.abort, stops.drain).parseAsync([...argv], { from: 'user' });
    return invocation.exitCode;
  } catch (error) {
    return await report(error, invocation);
  } finally {
    stopListening();
  }
}

/**
 * Read off the arguments as they came, because those that commander refuses must be told in the format as well. With
 * --output the format is that of the file.
 */
function formatOf(argv: readonly string[]): Format {
  if (argv.some((arg) => arg === '--output' || arg.startsWith('--output='))) return 'text';
  const given = argv.flatMap((arg, at) =>
    arg === '--format' ? [argv[at + 1]] : [/^--format=(.*)$/.exec(arg)?.[1]],
  );
  return (['json', 'ndjson'] as const).find((format) => given.includes(format)) ?? 'text';
}

/** Whoever reads us may stop early (`| head`, `| less`): that is no error, and work under way goes on. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

function listenToSignals({ onSignal: stop, abort }: ReturnType<typeof createStops>): () => void {
  const onSignal = (): void => {
    if (!stop()) process.exit(INTERRUPTED);
    // Work that does not look at the signal, such as reading a pipe, must not hold the process for ever.
    if (abort.aborted) setTimeout(() => process.exit(INTERRUPTED), GRACE_MS).unref();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

async function report(error: unknown, invocation: Invocation): Promise<number> {
  if (isPrinted(error) && error.exitCode === 0) return 0;
  // commander has complained already; in json nobody has heard it, and it is told as a document.
  if (isPrinted(error) && invocation.format === 'text') return USAGE;
  // Loaded late: what only failures need must not slow the start of everything else.
  const { printError } = await import('./print-error.js');
  return printError(error, invocation.format);
}
