import type { ApplyResult } from '../api/apply.js';
import { count } from '../shared/texts.js';
import { formatDuration, type Paint } from './paint.js';

/** What an apply did, for people. */
export function formatApply(result: ApplyResult, paint: Paint): string {
  const done = [...result.controlPlane, ...result.scripts].filter((script) => script.state === 'applied');
  const total = done.reduce((sum, script) => sum + (script.durationMs ?? 0), 0);
  const accepted = result.accepted.map(
    (name) => `${paint.green('Recorded:')} ${name} stands as its file says now.`,
  );
  const revalued = result.revalued.map(
    (name) =>
      `${paint.yellow('note')} ${name} stands with other values than given now (department name or variables)`,
  );
  const notes = [...accepted, ...revalued];
  if (done.length === 0) {
    const last = result.scripts.at(-1)?.script ?? 'no script';
    return [`${paint.green('Nothing to do:')} ${result.schema} stands at ${last}.`, ...notes].join('\n');
  }
  const rows = done.map(
    (script) =>
      `  ${paint.green('✓')} ${script.target} ${script.script} ${paint.dim(formatDuration(script.durationMs ?? 0))}`,
  );
  return [
    `${paint.green('Applied')} ${count(done.length, 'script')} to ${paint.bold(result.schema)} in ${formatDuration(total)}.`,
    ...rows,
    ...notes,
  ].join('\n');
}

/** The SQL that a dry run found pending, ready for psql but for its roles. */
export function formatPendingSql(result: ApplyResult): string {
  return result.pending
    .map((script) => `-- ${script.target} ${script.script} (${script.file})\n${script.sql.trimEnd()}\n`)
    .join('\n');
}
