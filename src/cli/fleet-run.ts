import type { FleetOptions } from '../api/fleet-prepare.js';
import type { FleetResult } from '../api/fleet.js';
import type { Settings } from '../config/settings.js';
import { fleetPolicyOf } from './fleet-options.js';
import { printFleet } from './fleet-output.js';
import type { Handler } from './program.js';
import { withProgress } from './progress.js';
import { text } from './settings.js';

type Call = Parameters<Handler>;

/**
 * Works on many departments as the options say, shows how far it is, and prints what became of them. From now on the first
 * signal lets those under way come to their end.
 * @returns the exit code that belongs to it.
 */
export async function runFleetCommand(
  [options, signal, drain]: Call,
  settings: Settings,
  work: (common: FleetOptions) => Promise<FleetResult>,
): Promise<number> {
  const format = text(options, 'format');
  const common = { ...fleetPolicyOf(options), settings, signal, drain: drain.signal };
  drain.use();
  const progress = { format, drain: drain.signal };
  return printFleet(await withProgress((onEvent) => work({ ...common, onEvent }), progress), format);
}
