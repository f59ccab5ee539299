import { writeFile } from 'node:fs/promises';
import { planDatabases, planFleet, type FleetPlan, type FleetPlans } from '../../api/plan.js';
import { formatPlan, formatPlans } from '../../report/plan-text.js';
import { EXIT, FedgenError } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { selectionOf } from '../fleet-options.js';
import { unreached } from '../fleet-output.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { flag, settingsOf, text, variables } from '../settings.js';

/** `fedgen plan` */
export const runPlan: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const selection = await selectionOf(options);
  const all = flag(options, 'all');
  const { plans, unreached: gone } = await withProgress(async (onEvent) => {
    const asked = { ...selection, all, variables: variables(options), settings, signal, onEvent };
    return settings.databases.length > 0
      ? planDatabases(asked)
      : { plans: await planFleet(asked), unreached: [] };
  });
  const isOne = isSinglePlan(plans);
  const told = isOne ? plans : { schemaVersion: 1, databases: plans };
  const out = text(options, 'out');
  if (out !== undefined) {
    refuseIncomplete(out, gone);
    await write(out, `${JSON.stringify(told, undefined, 2)}\n`);
  }
  if (text(options, 'format') === 'json')
    printJson({ plan: isOne ? told : { ...told, unreached: gone.map(unreached) } });
  else if (isOne) printText(formatPlan(plans, colours(process.stdout)));
  else printText(formatPlans({ plans, unreached: gone }, colours(process.stdout)));
  if (gone.length > 0) return EXIT.failed;
  const isEmpty = (isOne ? [plans] : Object.values(plans)).every(
    ({ steps, controlPlane }) => steps.length === 0 && controlPlane.length === 0,
  );
  return flag(options, 'check') && !isEmpty ? EXIT.findings : EXIT.ok;
};

const isSinglePlan = (plans: FleetPlan | FleetPlans['plans']): plans is FleetPlan =>
  Array.isArray(plans['steps']);

/** A kept plan is one of the whole fleet: what it lacks nobody would miss when it is carried out. */
function refuseIncomplete(file: string, [gone]: FleetPlans['unreached']): void {
  if (gone === undefined) return;
  const { database, error } = gone;
  throw new FedgenError(
    error.code,
    `the plan would lack database ${database}, and ${file} was not written: ${error.message}`,
    {
      hint: 'Plan again when it is back, or one database after the other with --database NAME.',
      details: { ...error.details, database },
      cause: error,
    },
  );
}

async function write(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedgenError('E_OUTPUT', `cannot write the plan to ${file}: ${reason}`, { cause });
  }
}
