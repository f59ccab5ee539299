import { FedgenError } from '../shared/errors.js';
import { parseDuration } from '../config/duration.js';
import type { Directives } from './pack.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const KNOWN: Readonly<Record<string, (directives: Mutable<Directives>, argument: string) => boolean>> = {
  'run-as': (directives, argument) => {
    if (argument !== 'owner' && argument !== 'provisioner') return false;
    directives.runAs = argument;
    return true;
  },
  section: (directives, argument) => {
    if (argument !== 'schema' && argument !== 'rls') return false;
    directives.section = argument;
    return true;
  },
  irreversible: (directives, argument) => {
    directives.irreversible = argument;
    return argument !== '';
  },
  'no-transaction': (directives, argument) => {
    directives.noTransaction = true;
    return argument === '';
  },
  'lock-timeout': (directives, argument) => {
    directives.lockTimeoutMs = parseDuration(argument);
    return directives.lockTimeoutMs !== undefined;
  },
};

/**
 * Reads the `-- fedgen: name argument` lines among the comments at the head of a script.
 * @throws FedgenError E_TEMPLATE_INVALID for an unknown directive, a bad argument, or one below the head.
 */
export function parseDirectives(source: string, file: string): Directives {
  const directives: Mutable<Directives> = {
    runAs: 'owner',
    section: 'schema',
    irreversible: undefined,
    lockTimeoutMs: undefined,
    noTransaction: false,
  };
  let isHead = true;
  for (const [index, line] of source.split('\n').entries()) {
    isHead &&= line.trim() === '' || line.startsWith('--');
    const match = /^\s*--\s*fedgen:\s*(\S+)\s*(.*)$/.exec(line);
    if (!match) continue;
    if (!isHead) throw tooLate(file, index + 1, line);
    const [, name = '', argument = ''] = match;
    const read = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
    if (!read?.(directives, argument.trim())) {
      throw new FedgenError(
        'E_TEMPLATE_INVALID',
        `${file}:${index + 1}: "${line.trim()}" is no directive of fedgen`,
        {
          hint: 'Known: run-as owner|provisioner, section schema|rls, irreversible <reason>, lock-timeout <duration>, no-transaction.',
          details: { file, line: index + 1 },
        },
      );
    }
  }
  return directives;
}

function tooLate(file: string, line: number, text: string): FedgenError {
  return new FedgenError(
    'E_TEMPLATE_INVALID',
    `${file}:${line}: "${text.trim()}" stands below the head of the script, where it has no effect`,
    {
      hint: 'Put directives first, before any SQL and any {% … %}, each at the start of its line.',
      details: { file, line },
    },
  );
}
