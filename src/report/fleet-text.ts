import type { FleetResult } from '../api/fleet.js';
import { count } from '../shared/texts.js';
import { formatDuration, type Paint } from './paint.js';

/** Departments that are named one by one; of more, the machine formats tell. */
const MOST_NAMED = 20;

const DONE = { apply: 'Applied', rollback: 'Rolled back', import: 'Imported' } as const;

/** What became of many departments, for people: a line of numbers, and who failed with the reason. */
export function formatFleet(result: FleetResult, paint: Paint): string {
  const { failed, notRun, unreached, runId } = result;
  const isGood = failed.length + notRun.length + unreached.length === 0;
  return [
    headline(result, paint),
    ...unreached.flatMap(({ database, error }) => failure(`database ${database}`, error, paint)),
    ...failed
      .slice(0, MOST_NAMED)
      .flatMap(({ target, database, error }) =>
        failure(database === undefined ? target : `${database} ${target}`, error, paint),
      ),
    ...more(failed.length),
    ...(result.stopped ? [`${paint.red('stopped')} ${result.stopped.code} ${result.stopped.message}`] : []),
    ...(runId === undefined ? [] : [`run ${runId}`]),
    ...(isGood ? [] : [`${paint.cyan('hint')} ${howToGoOn(result)}`]),
  ].join('\n');
}

function headline(result: FleetResult, paint: Paint): string {
  const { succeeded, unchanged, failed, notRun, scripts } = result;
  if (result.runId === undefined) {
    return `${paint.green('Nothing to do:')} ${count(result.targets, 'department')} in ${result.server}.`;
  }
  const head = `${paint.bold(DONE[result.command])} ${count(scripts, 'script')} at ${count(succeeded, 'department')} in ${formatDuration(result.durationMs)}`;
  const others = [
    unchanged > 0 && `${unchanged} unchanged`,
    failed.length > 0 && paint.red(`${failed.length} failed`),
    notRun.length > 0 && paint.yellow(`${notRun.length} not run`),
  ].filter((text) => typeof text === 'string');
  return [head, ...others].join(', ') + '.';
}

const failure = (what: string, error: FleetResult['failed'][number]['error'], paint: Paint): string[] => [
  `  ${paint.red('✗')} ${paint.bold(what)} ${error.code} ${indented(error.message)}`,
  ...(error.hint === undefined ? [] : [`    ${paint.cyan('hint')} ${error.hint}`]),
];

function howToGoOn({ runId, unreached }: FleetResult): string {
  if (runId === undefined) return 'Mend the cause, then run the same command again.';
  const how = unreached.length > 0 ? 'run the same command with' : 'go on with';
  return `Mend the cause, then ${how} --resume ${runId}.`;
}

const indented = (text: string): string => text.replaceAll('\n', '\n    ');

const more = (failed: number): string[] =>
  failed > MOST_NAMED ? [`  … and ${failed - MOST_NAMED} more (--format json names them all)`] : [];
