import { readFile } from 'node:fs/promises';
import { apply } from '../../api/apply.js';
import type { FleetOptions } from '../../api/fleet-prepare.js';
import type { FleetPlan } from '../../api/plan.js';
import { applyFleet } from '../../api/fleet-apply.js';
import { formatApply, formatPendingSql } from '../../report/apply-text.js';
import { FedgenError } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { isFleet, selectionOf } from '../fleet-options.js';
import { runFleetCommand } from '../fleet-run.js';
import { printJson, printJsonLine, printVerbatim, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { targetOf, flag, settingsOf, text } from '../settings.js';

/** `fedgen apply` */
export const runApply: Handler = async (options, signal, drain) => {
  const many = flag(options, 'all') || flag(options, 'verify') || text(options, 'plan') !== undefined;
  if (many || isFleet(options)) return runFleet(options, signal, drain);
  const settings = await settingsOf(options);
  const dryRun = flag(options, 'dryRun');
  const format = text(options, 'format');
  const result = await withProgress(
    (onEvent) =>
      apply({
        ...targetOf(options),
        settings,
        signal,
        onEvent,
        dryRun,
        createDatabase: flag(options, 'createDatabase'),
        acceptEdited: flag(options, 'acceptEdited'),
      }),
    { format },
  );
  if (format === 'json') printJson({ apply: result });
  else if (format === 'ndjson') printJsonLine({ event: 'result', apply: result });
  else if (dryRun && result.pending.length > 0) printVerbatim(formatPendingSql(result));
  else printText(formatApply(result, colours(process.stdout)));
  return 0;
};

/** Options that only make sense with one target. */
const SINGLE = [
  ['department', '--department'],
  ['acceptEdited', '--accept-edited'],
  ['dryRun', '--dry-run'],
  ['createDatabase', '--create-database'],
] as const;

const runFleet: Handler = async (options, signal, drain) => {
  const single = SINGLE.filter(([name]) => options[name] !== undefined);
  if (single.length > 0) {
    const flags = single.map(([, long]) => long).join(', ');
    throw new FedgenError('E_USAGE', `${flags}: for one department only`, {
      hint: 'Name it with --department-id alone. New departments come with their names from --targets-from; "fedgen plan" shows what would run.',
    });
  }
  const settings = await settingsOf(options);
  const selection = await selectionOf(options);
  return runFleetCommand([options, signal, drain], settings, async (common) =>
    applyFleet({
      ...selection,
      ...common,
      all: flag(options, 'all'),
      verify: flag(options, 'verify'),
      ...(await readPlan(options)),
    }),
  );
};

/** The plan that was handed over. @throws FedgenError E_USAGE for a file that is none, or beside a choice of departments. */
async function readPlan(options: Parameters<Handler>[0]): Promise<Pick<FleetOptions, 'plan' | 'plans'>> {
  const file = text(options, 'plan');
  if (file === undefined) return {};
  if (flag(options, 'all') || isFleet(options) || options['departmentId'] !== undefined)
    throw new FedgenError('E_USAGE', 'a plan says itself which departments are meant');
  try {
    const plan: unknown = JSON.parse(await readFile(file, 'utf8'));
    const databases: unknown = Reflect.get(Object(plan), 'databases');
    if (isPlan(plan)) return { plan };
    if (typeof databases === 'object' && databases !== null && Object.values(databases).every(isPlan))
      return { plans: databases as Record<string, FleetPlan> };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedgenError('E_USAGE', `cannot read the plan ${file}: ${reason}`, { cause });
  }
  throw new FedgenError('E_USAGE', `${file} is no plan of fedgen`, {
    hint: 'Make one with: fedgen plan --all --out plan.json',
  });
}

const isPlan = (value: unknown): value is FleetPlan =>
  Reflect.get(Object(value), 'schemaVersion') === 1 && Array.isArray(Reflect.get(Object(value), 'steps'));
