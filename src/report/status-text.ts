import type { DepartmentStatus, PackStatus, StatusResult } from '../api/status.js';
import { count, formatDuration, type Paint } from './paint.js';
import { formatTable } from './table.js';

/** Where departments stand: one row each, or script by script for a single one. */
export function formatStatus(
  status: StatusResult,
  options: { readonly detailed: boolean; readonly paint: Paint },
): string {
  const { paint } = options;
  if (!status.initialized) return `No control plane in ${status.server}: nothing was applied here yet.`;
  if (status.packs.length > 0) return status.packs.map((pack) => packText(pack, paint)).join('\n\n');
  if (status.departments.length === 0) {
    const which = options.detailed ? 'No such department is' : 'No department is';
    return `${which} registered in ${status.server}.`;
  }
  const overview = formatTable(
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

/** There is one shared pack at a time, so its scripts are always listed. */
function packText(pack: PackStatus, paint: Paint): string {
  const overview = formatTable(
    ['pack', 'schemas', 'status', 'identity', 'tenants', 'version', 'pending'],
    [
      [
        pack.pack,
        pack.schemas.join(', '),
        pack.status,
        pack.identity,
        String(pack.tenants),
        String(pack.version).padStart(4, '0'),
        pendingText(pack, paint),
      ],
    ],
    paint,
  );
  return `${overview}\n\n${scripts(pack, paint)}`;
}

type Progress = Pick<DepartmentStatus, 'pending' | 'edited' | 'unknown' | 'scripts'>;

function pendingText(progress: Progress, paint: Paint): string {
  if (progress.unknown > 0) return paint.red(`${count(progress.unknown, 'script')} of another pack`);
  if (progress.edited > 0) return paint.red(`${count(progress.edited, 'script')} edited`);
  return progress.pending === 0 ? paint.green('none') : paint.yellow(String(progress.pending));
}

function scripts(progress: Progress, paint: Paint): string {
  return formatTable(
    ['script', 'state', 'applied at', 'by', 'took'],
    progress.scripts.map((script) => [
      script.script,
      script.state === 'applied' ? paint.green(script.state) : paint.yellow(script.state),
      script.appliedAt?.toISOString() ?? '',
      script.appliedBy ?? '',
      script.durationMs === undefined ? '' : formatDuration(script.durationMs),
    ]),
    paint,
  );
}
