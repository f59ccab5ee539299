import type { FleetResult } from '../api/fleet.js';
import { formatFleet } from '../report/fleet-text.js';
import { EXIT } from '../shared/errors.js';
import { colours } from './colours.js';
import { printJson, printJsonLine, printText } from './print.js';

/** Prints what became of many departments. @returns the exit code that belongs to it. */
export function printFleet(result: FleetResult, format: string | undefined): number {
  const { command, ...facts } = result;
  const told = {
    [command]: { ...facts, failed: facts.failed.map(failure), stopped: facts.stopped?.message },
  };
  if (format === 'json') printJson(told);
  else if (format === 'ndjson') printJsonLine({ event: 'result', ...told });
  else printText(formatFleet(result, colours(process.stdout)));
  return fleetExitCode(result);
}

const failure = ({ target, error }: FleetResult['failed'][number]): Record<string, unknown> => {
  const { code, message, hint, details } = error;
  return { target, code, message, hint, details };
};

/** 0 all is well, 4 a part failed, 130 interrupted before anything failed. */
export function fleetExitCode({ failed, notRun, interrupted }: FleetResult): number {
  if (failed.length > 0) return EXIT.failed;
  if (interrupted) return EXIT.interrupted;
  return notRun.length > 0 ? EXIT.failed : EXIT.ok;
}
