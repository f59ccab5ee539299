import type { FleetResult } from '../api/fleet.js';
import { count, formatDuration, type Paint } from './paint.js';

/** Departments that are named one by one; of more, the machine formats tell. */
const MOST_NAMED = 20;

const DONE = { apply: 'Applied', rollback: 'Rolled back', import: 'Imported' } as const;

/** What became of many departments, for people: a line of numbers, and who failed with the reason. */
export function formatFleet(result: FleetResult, paint: Paint): string {
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
  return [
    [head, ...others].join(', ') + '.',
    ...failed
      .slice(0, MOST_NAMED)
      .flatMap(({ target, error }) => [
        `  ${paint.red('✗')} ${paint.bold(target)} ${error.code} ${indented(error.message)}`,
        ...(error.hint === undefined ? [] : [`    ${paint.cyan('hint')} ${error.hint}`]),
      ]),
    ...more(failed.length),
    ...(result.stopped ? [`${paint.red('stopped')} ${result.stopped.code} ${result.stopped.message}`] : []),
    `run ${result.runId}`,
    ...(failed.length + notRun.length > 0
      ? [`${paint.cyan('hint')} Mend the cause, then go on with --resume ${result.runId}.`]
      : []),
  ].join('\n');
}

const indented = (text: string): string => text.replaceAll('\n', '\n    ');

const more = (failed: number): string[] =>
  failed > MOST_NAMED ? [`  … and ${failed - MOST_NAMED} more (--format json names them all)`] : [];
