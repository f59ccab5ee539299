import type { FleetPlan, FleetPlans } from '../api/plan.js';
import { count } from '../shared/texts.js';
import type { Paint } from './paint.js';
import { unreachedLines } from './unreached-text.js';

const MOST_NAMED = 10;

/** The plans of several databases, one below the other. */
export const formatPlans = ({ plans, unreached }: FleetPlans, paint: Paint): string =>
  Object.entries(plans)
    .map(([name, plan]) => `${paint.bold(`database ${name}`)}\n${formatPlan(plan, paint)}`)
    .concat(unreachedLines(unreached, paint))
    .join('\n\n');

/** What would be run where, for people, with what it may do to others. */
export function formatPlan(plan: FleetPlan, paint: Paint): string {
  if (plan.steps.length === 0 && plan.controlPlane.length === 0) {
    return `${paint.green('Nothing to do:')} ${count(plan.unchanged, 'department')} in ${plan.server}.`;
  }
  const control =
    plan.controlPlane.length > 0 ? [`control plane first: ${plan.controlPlane.join(', ')}`] : [];
  const steps = plan.steps.flatMap((step) => {
    const ids = step.targets.slice(0, MOST_NAMED).map(({ id }) => id);
    const more = step.targets.length > MOST_NAMED ? ', …' : '';
    return [
      `${paint.bold(count(step.targets.length, 'department'))} (${ids.join(', ')}${more}):`,
      ...step.pending.map((key) => `  ${paint.green('+')} ${key}`),
      ...step.unknown.map((key) => `  ${paint.red('!')} ${key} stands and is not of this pack`),
      ...(step.isSuspect
        ? [`  ${paint.yellow('?')} templates of applied scripts changed; apply tells whether their SQL did`]
        : []),
    ];
  });
  const hazards = plan.scripts.flatMap(({ key, file, hazards: found }) =>
    found.map(
      ({ kind, line, message }) =>
        `  ${paint.yellow(kind)} ${key} (${file}, line ${line} as rendered): ${message}`,
    ),
  );
  return [
    ...control,
    ...steps,
    ...(hazards.length > 0 ? ['hazards:', ...hazards] : ['no hazards were found']),
    `${plan.unchanged} unchanged in ${plan.server}`,
  ].join('\n');
}
