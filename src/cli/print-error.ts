import { inspect } from 'node:util';
import { redact } from '../config/redact.js';
import { EXIT, FedgenError } from '../shared/errors.js';
import { colours } from './colours.js';
import { printJson, printJsonLine } from './print.js';
import { isPrinted, type Format } from './program.js';

/**
 * Prints an error: one clear message with its hint on stderr, or a versioned document on stdout for machines.
 * @returns the exit code that belongs to it.
 */
export function printError(cause: unknown, format: Format): number {
  const error = isPrinted(cause) ? usageError(cause) : cause;
  if (format !== 'text' && error instanceof FedgenError) {
    const { code, message, hint, details } = error;
    const told = { error: { code, message, ...(hint !== undefined && { hint }), details } };
    if (format === 'json') printJson(told);
    else printJsonLine({ event: 'error', ...told });
    return error.exitCode;
  }
  process.stderr.write(`${redact(errorText(error))}\n`);
  return error instanceof FedgenError ? error.exitCode : EXIT.bug;
}

/** What commander found wrong with the arguments, as an error of ours. */
const usageError = (complaint: Error): FedgenError =>
  new FedgenError('E_USAGE', complaint.message.replace(/^error: /, ''));

function errorText(error: unknown): string {
  const paint = colours(process.stderr);
  if (!(error instanceof FedgenError)) {
    return `${paint.red('bug')} this should not happen; please report it with the lines below.\n${inspect(error)}`;
  }
  const hint = error.hint === undefined ? '' : `\n${paint.cyan('hint')} ${error.hint}`;
  return `${paint.red('error')} ${paint.bold(error.code)} ${error.message}${hint}`;
}
