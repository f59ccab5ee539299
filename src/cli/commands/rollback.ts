import { describeTarget } from '../../api/describe-target.js';
import { rollbackFleet } from '../../api/fleet-rollback.js';
import { rollback, rollbackControlPlane, type RollbackResult } from '../../api/rollback.js';
import type { RollbackGoal } from '../../apply/rollback.js';
import { formatRollback } from '../../report/rollback-text.js';
import { FedgenError } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { confirmDestruction } from '../confirm.js';
import { isFleet, selectionOf } from '../fleet-options.js';
import { runFleetCommand } from '../fleet-run.js';
import { printJson, printVerbatim, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { targetOf, flag, number, settingsOf, text } from '../settings.js';

type Options = Parameters<Handler>[0];

const CONTROL_PLANE = { destruction: 'This removes the control plane', name: 'federation' } as const;

/** `fedgen rollback` */
export const runRollback: Handler = async (options, signal, drain) => {
  if (flag(options, 'controlPlane')) refuseGoals(options);
  else if (isFleet(options)) return runFleet(options, signal, drain);
  const goal = flag(options, 'controlPlane') ? undefined : goalOf(options);
  const settings = await settingsOf(options);
  const common = {
    settings,
    signal,
    dryRun: flag(options, 'dryRun'),
    allowDataLoss: flag(options, 'allowDataLoss'),
  };
  const target = targetOf(options);
  const doomed = goal ? await describeTarget({ ...target, settings }) : CONTROL_PLANE;
  const isWhole = goal === undefined || goal.kind === 'all';
  if (isWhole && !common.dryRun && !flag(options, 'yes')) {
    await confirmDestruction(doomed.destruction, doomed.name, signal);
  }
  const result = await withProgress((onEvent) =>
    goal ? rollback({ ...target, ...common, goal, onEvent }) : rollbackControlPlane({ ...common, onEvent }),
  );
  print(result, options, common.dryRun);
  return 0;
};

const runFleet: Handler = async (options, signal, drain) => {
  const single = ['department', 'dryRun'].filter((name) => options[name] !== undefined);
  if (single.length > 0) {
    throw new FedgenError('E_USAGE', '--department and --dry-run are for one department', {
      hint: 'Name it with --department-id alone.',
    });
  }
  const goal = goalOf(options);
  const settings = await settingsOf(options);
  const selection = await selectionOf(options);
  if (goal.kind === 'all' && !flag(options, 'yes')) {
    await confirmDestruction('This drops schemas and roles of all the departments chosen', 'all', signal);
  }
  const allowDataLoss = flag(options, 'allowDataLoss');
  return runFleetCommand([options, signal, drain], settings, (common) =>
    rollbackFleet({ ...selection, ...common, goal, allowDataLoss }),
  );
};

/** The control plane goes as a whole: what would say how far back contradicts that. */
function refuseGoals(options: Options): void {
  const given = ['departmentId', 'to', 'steps', 'all', 'run'].filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  throw new FedgenError(
    'E_USAGE',
    '--control-plane does not go with --department-id, --to, --steps, --all or --run',
    {
      hint: 'Remove departments first, each by its own command; then fedgen rollback --control-plane --yes.',
    },
  );
}

/** There is no default: how far back must be said. */
function goalOf(options: Options): RollbackGoal {
  const goals: RollbackGoal[] = [];
  const to = number(options, 'to');
  const steps = number(options, 'steps');
  if (to !== undefined) goals.push({ kind: 'to', number: to });
  if (steps !== undefined) goals.push({ kind: 'steps', steps });
  if (flag(options, 'all')) goals.push({ kind: 'all' });
  const runId = text(options, 'run');
  if (runId !== undefined) goals.push({ kind: 'run', runId });
  const [goal] = goals;
  if (!goal || goals.length > 1) {
    throw new FedgenError('E_USAGE', 'rollback needs one of --to, --steps, --all and --run', {
      hint: 'For example: fedgen rollback --department-id hr --steps 1. To remove the control plane: --control-plane.',
    });
  }
  return goal;
}

function print(result: RollbackResult, options: Options, dryRun: boolean): void {
  if (text(options, 'format') === 'json') printJson({ rollback: result });
  else if (dryRun) printVerbatim(`${formatRollback(result, { dryRun, paint: colours(process.stdout) })}\n`);
  else printText(formatRollback(result, { dryRun, paint: colours(process.stdout) }));
}
