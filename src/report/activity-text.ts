import type { ActivityAccess } from '../api/activity.js';
import type { IngestProblem, IngestResult } from '../api/activity-ingest.js';
import { count } from '../shared/texts.js';
import type { Paint } from './paint.js';
import { formatTable } from './table.js';

/** One line of `fedgen activity events ingest`. */
export const formatProblem = ({ line, outcome, reason }: IngestProblem): string =>
  `line ${line}: ${outcome} (${reason})`;

/** The last line of `fedgen activity events ingest`. */
export const formatIngest = ({ lines, events, duplicates, pending, rejected }: IngestResult): string =>
  `${count(lines, 'line')} = ${count(events, 'event')} + ${count(duplicates, 'duplicate')} + ${pending} pending + ${rejected} rejected`;

/** The table of `fedgen activity permissions`. */
export function formatAccess(permissions: readonly ActivityAccess[], paint: Paint): string {
  if (permissions.length === 0) return 'Nobody has had a permission.';
  const rows = permissions.map((each) => [
    each.username,
    each.status,
    String(each.maxRows ?? ''),
    each.budgetSeconds === null ? '' : `${each.budgetSeconds} s`,
    each.canExport ? 'yes' : 'no',
    each.expiresAt?.toISOString() ?? 'never',
    (each.allowedActions ?? []).join(' '),
  ]);
  return formatTable(['user', 'status', 'rows', 'budget', 'export', 'expires', 'actions'], rows, paint);
}
