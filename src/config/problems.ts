import { FedgenError } from '../shared/errors.js';
import { redact } from './redact.js';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Where it was said: a file, a variable or a flag. */
  readonly source: string;
  /** Line in that file, from 1, where it is known. */
  readonly line?: number | undefined;
  /** The key, such as "database.port"; absent where the source names it already. */
  readonly path?: string | undefined;
  /** What is wrong. Must not repeat a value that may be secret. */
  readonly message: string;
}

function redactProblem(problem: Problem): Problem {
  // part by part: together "database.password: expected string" would look like a password
  return {
    ...problem,
    ...(problem.path !== undefined && { path: redact(problem.path) }),
    message: redact(problem.message),
  };
}

function formatProblem({ source, line, path, message }: Problem): string {
  const place = line === undefined ? source : `${source}:${line}`;
  return path === undefined || path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

/**
 * The one E_CONFIG_INVALID error for all problems found; details.problems lists them for machines.
 * Every message is redacted again, because keys and parser messages quote what the user wrote.
 */
export function configInvalid(problems: readonly Problem[]): FedgenError {
  const redacted = problems.map(redactProblem);
  const lines = redacted.map(formatProblem);
  const message =
    lines.length === 1
      ? `the configuration is not valid: ${lines.join('')}`
      : `the configuration has ${lines.length} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`;
  return new FedgenError('E_CONFIG_INVALID', message, {
    hint: 'docs/config.md lists every key, variable and flag.',
    details: { problems: redacted },
  });
}
