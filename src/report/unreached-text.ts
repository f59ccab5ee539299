import type { FleetResult } from '../api/fleet.js';
import type { Paint } from './paint.js';

/** Databases that could not be asked: a line each, with the reason. */
export const unreachedLines = (unreached: FleetResult['unreached'], paint: Paint): string[] =>
  unreached.map(
    ({ database, error }) =>
      `${paint.red('✗')} ${paint.bold(`database ${database}`)} ${error.code} ${error.message}`,
  );
