import type { Unreached } from '../api/roll-call.js';
import type { Paint } from './paint.js';

/** Databases that could not be asked: a line each, with the reason. */
export const unreachedLines = (unreached: Unreached, paint: Paint): string[] =>
  unreached.map(
    ({ database, error }) =>
      `${paint.red('✗')} ${paint.bold(`database ${database}`)} ${error.code} ${error.message}`,
  );
