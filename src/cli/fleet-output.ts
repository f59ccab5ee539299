import type { FleetResult } from '../api/fleet.js';
import { formatFleet } from '../report/fleet-text.js';
import type { FedgenError } from '../shared/errors.js';
import { EXIT } from '../shared/errors.js';
import { colours } from './colours.js';
import { printJson, printJsonLine, printText } from './print.js';

/** Prints what became of many departments. @returns the exit code that belongs to it. */
export function printFleet(result: FleetResult, format: string | undefined): number {
  const { command, ...rest } = result;
  const told = {
    [command]: {
      ...rest,
      failed: rest.failed.map(failure),
      unreached: rest.unreached.map(unreached),
      stopped: rest.stopped?.message,
    },
  };
  if (format === 'json') printJson(told);
  else if (format === 'ndjson') printJsonLine({ event: 'result', ...told });
  else printText(formatFleet(result, colours(process.stdout)));
  return fleetExitCode(result);
}

const failure = ({ target, database, error }: FleetResult['failed'][number]): Record<string, unknown> => ({
  target,
  database,
  ...facts(error),
});

/** A database that could not be worked on, for programs. */
export const unreached = ({
  database,
  error,
}: FleetResult['unreached'][number]): Record<string, unknown> => ({
  database,
  ...facts(error),
});

const facts = ({ code, message, hint, details }: FedgenError): Record<string, unknown> => ({
  code,
  message,
  hint,
  details,
});

/** 0 all is well, 4 a part failed, 130 interrupted before anything failed. */
export function fleetExitCode({ failed, notRun, unreached: gone, interrupted }: FleetResult): number {
  if (failed.length + gone.length > 0) return EXIT.failed;
  if (interrupted) return EXIT.interrupted;
  return notRun.length > 0 ? EXIT.failed : EXIT.ok;
}
