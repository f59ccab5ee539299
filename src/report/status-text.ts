import Table from 'cli-table3';
import type { DepartmentStatus, StatusResult } from '../api/status.js';
import { count, formatDuration, type Paint } from './paint.js';

const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
};

/** Where departments stand: one row each, or script by script for a single one. */
export function formatStatus(
  status: StatusResult,
  options: { readonly detailed: boolean; readonly paint: Paint },
): string {
  const { paint } = options;
  if (!status.initialized) return `No control plane in ${status.server}: nothing was applied here yet.`;
  if (status.departments.length === 0) {
    const which = options.detailed ? 'No such department is' : 'No department is';
    return `${which} registered in ${status.server}.`;
  }
  const overview = table(
    ['department', 'name', 'schema', 'status', 'version', 'pending'],
    status.departments.map((department) => [
      department.departmentId,
      department.name,
      department.schema,
      department.status,
      String(department.version).padStart(4, '0'),
      pendingText(department, paint),
    ]),
    paint,
  );
  if (!options.detailed)
    return `${overview}\n${count(status.departments.length, 'department')} in ${status.server}`;
  return [overview, ...status.departments.map((department) => scripts(department, paint))].join('\n\n');
}

function pendingText(department: DepartmentStatus, paint: Paint): string {
  if (department.unknown > 0) return paint.red(`${count(department.unknown, 'script')} of another pack`);
  if (department.edited > 0) return paint.red(`${count(department.edited, 'script')} edited`);
  return department.pending === 0 ? paint.green('none') : paint.yellow(String(department.pending));
}

function scripts(department: DepartmentStatus, paint: Paint): string {
  return table(
    ['script', 'state', 'applied at', 'by', 'took'],
    department.scripts.map((script) => [
      script.script,
      script.state === 'applied' ? paint.green(script.state) : paint.yellow(script.state),
      script.appliedAt?.toISOString() ?? '',
      script.appliedBy ?? '',
      script.durationMs === undefined ? '' : formatDuration(script.durationMs),
    ]),
    paint,
  );
}

function table(head: readonly string[], rows: readonly string[][], paint: Paint): string {
  const made = new Table({ ...PLAIN, head: head.map((cell) => paint.bold(cell)) });
  made.push(...rows);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
