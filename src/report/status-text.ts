import type { DepartmentStatus, PackStatus, StatusResult } from '../api/status.js';
import { count } from '../shared/texts.js';
import { formatDuration, type Paint } from './paint.js';
import { formatTable } from './table.js';
import { unreachedLines } from './unreached-text.js';

/** Where departments stand: one row each, or script by script for a single one. */
export function formatStatus(
  status: StatusResult,
  options: { readonly detailed: boolean; readonly paint: Paint },
): string {
  const { paint } = options;
  return [bodyOf(status, options), ...unreachedLines(status.unreached, paint)].join('\n');
}

function bodyOf(
  status: StatusResult,
  { detailed, paint }: { readonly detailed: boolean; readonly paint: Paint },
): string {
  if (!status.initialized) return `No control plane in ${status.server}: nothing was applied here yet.`;
  if (status.packs.length > 0) return status.packs.map((pack) => packText(pack, paint)).join('\n\n');
  if (status.absentPack !== undefined)
    return `Pack ${status.absentPack} is not installed in ${status.server}.`;
  if (status.departments.length === 0) {
    if (status.known)
      return `None of ${count(status.known, 'department')} in ${status.server} meets the selection.`;
    const which = detailed ? 'No such department is' : 'No department is';
    return `${which} registered in ${status.server}.`;
  }
  const shown = detailed ? status.departments : worthShowing(status.departments);
  const isOfSeveral = shown.some(({ database }) => database !== undefined);
  const overview = formatTable(
    [...(isOfSeveral ? ['database'] : []), 'department', 'name', 'schema', 'status', 'version', 'pending'],
    shown.map((department) => [
      ...(isOfSeveral ? [department.database ?? ''] : []),
      department.departmentId,
      department.name,
      department.schema,
      department.status,
      String(department.version).padStart(4, '0'),
      pendingText(department, paint),
    ]),
    paint,
  );
  if (!detailed) {
    const { departments } = status;
    const total = `${count(departments.length, 'department')} in ${status.server}`;
    return [
      ...(shown.length > 0 ? [overview] : []),
      ...summary(departments, shown.length),
      total,
      ...running(status.runs),
    ].join('\n');
  }
  return [overview, ...status.departments.map((department) => scripts(department, paint))].join('\n\n');
}

/** As many departments as a person looks through; of more only those that need something. */
const MOST_SHOWN = 50;

function worthShowing(departments: readonly DepartmentStatus[]): readonly DepartmentStatus[] {
  if (departments.length <= MOST_SHOWN) return departments;
  const needy = departments.filter(
    (each) => each.pending + each.edited + each.unknown > 0 || (each.failed ?? each.drifted) !== undefined,
  );
  return needy.slice(0, MOST_SHOWN);
}

/** How many stand at each version, where not all are listed. */
function summary(departments: readonly DepartmentStatus[], shown: number): string[] {
  if (shown === departments.length) return [];
  const versions = new Map<number, number>();
  for (const { version } of departments) versions.set(version, (versions.get(version) ?? 0) + 1);
  const each = [...versions]
    .sort(([a], [b]) => b - a)
    .map(([version, number]) => `${String(version).padStart(4, '0')}: ${number}`);
  const pending = departments.filter((department) => department.pending > 0).length;
  const failed = departments.filter((department) => department.failed !== undefined).length;
  const drifted = departments.filter((department) => department.drifted !== undefined).length;
  return [`by version ${each.join(', ')}`, `${pending} behind, ${failed} failed, ${drifted} drifted`];
}

const running = (runs: StatusResult['runs']): string[] =>
  runs.map(
    ({ runId, command, done, targets, runBy }) =>
      `running: ${command} ${runId} by ${runBy}, ${done} of ${count(targets, 'department')}`,
  );

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

type ScriptStatus = DepartmentStatus['scripts'][number];
type Progress = Pick<DepartmentStatus, 'pending' | 'edited' | 'unknown' | 'scripts' | 'failed' | 'drifted'>;

function pendingText(progress: Progress, paint: Paint): string {
  if (progress.unknown > 0) return paint.red(`${count(progress.unknown, 'script')} of another pack`);
  if (progress.edited > 0) return paint.red(`${count(progress.edited, 'script')} edited`);
  if (progress.failed !== undefined)
    return paint.red(`${progress.pending}, failed: ${firstLine(progress.failed)}`);
  if (progress.drifted !== undefined)
    return paint.red(`${progress.pending}, drifted: ${count(progress.drifted.findings, 'finding')}`);
  return progress.pending === 0 ? paint.green('none') : paint.yellow(String(progress.pending));
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 80);

function scripts(progress: Progress, paint: Paint): string {
  const table = formatTable(
    ['script', 'state', 'applied at', 'by', 'took'],
    progress.scripts.map((script) => [
      script.script,
      stateText(script, paint),
      script.appliedAt?.toISOString() ?? '',
      script.appliedBy ?? '',
      script.durationMs === undefined ? '' : formatDuration(script.durationMs),
    ]),
    paint,
  );
  return [table, ...progress.scripts.flatMap(({ script, progress: half }) => errorLines(script, half))].join(
    '\n',
  );
}

/** A half-done script is told with the statement at which it stands. */
function stateText({ state, progress }: ScriptStatus, paint: Paint): string {
  if (state === 'applied') return paint.green(state);
  if (!progress) return paint.yellow(state);
  const { statementsDone, statements, direction } = progress;
  const way = direction === 'rollback' ? ' of its rollback' : '';
  return paint.red(`${state} at statement ${statementsDone + 1} of ${statements}${way}`);
}

const errorLines = (script: string, progress: ScriptStatus['progress']): string[] =>
  progress === undefined || progress.error === '' ? [] : [`${script}: ${progress.error}`];
