import { writeFile } from 'node:fs/promises';
import { planFleet } from '../../api/plan.js';
import { formatPlan } from '../../report/plan-text.js';
import { EXIT, FedgenError } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { selectionOf } from '../fleet-options.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { flag, settingsOf, text, variables } from '../settings.js';

/** `fedgen plan` */
export const runPlan: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const selection = await selectionOf(options);
  const all = flag(options, 'all');
  const plan = await withProgress((onEvent) =>
    planFleet({ ...selection, all, variables: variables(options), settings, signal, onEvent }),
  );
  const out = text(options, 'out');
  if (out !== undefined) await write(out, `${JSON.stringify(plan, undefined, 2)}\n`);
  if (text(options, 'format') === 'json') printJson({ plan });
  else printText(formatPlan(plan, colours(process.stdout)));
  const isEmpty = plan.steps.length === 0 && plan.controlPlane.length === 0;
  return flag(options, 'check') && !isEmpty ? EXIT.findings : EXIT.ok;
};

async function write(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedgenError('E_OUTPUT', `cannot write the plan to ${file}: ${reason}`, { cause });
  }
}
