import type { RollbackResult } from '../api/rollback.js';
import { count } from '../shared/texts.js';
import type { Paint } from './paint.js';

/** What a rollback did, or would do. */
export function formatRollback(
  result: RollbackResult,
  options: { readonly dryRun: boolean; readonly paint: Paint },
): string {
  const { paint } = options;
  if (result.scripts.length === 0)
    return `${paint.green('Nothing to do:')} nothing above that point is applied.`;
  const names = result.scripts.map((script) => `  ${paint.green('✓')} ${script.script}`);
  if (!options.dryRun) {
    return [
      `${paint.green('Rolled back')} ${count(result.scripts.length, 'script')} of ${paint.bold(result.schema)}.`,
      ...names,
    ].join('\n');
  }
  const losses = result.losses.map((loss) => `-- would destroy ${loss.object}: ${count(loss.rows, 'row')}`);
  const steps = result.steps.map((step) => `-- rollback of ${step.label}\n${step.sql.trimEnd()}\n`);
  return [...losses, ...steps].join('\n');
}
