import {
  apply,
  defaultSettings,
  generate,
  makeDatabase,
  rollback,
  status,
  validate,
  type Settings,
} from '../../index.js';
import { startServer } from '../../dev/launch.js';
import { formatApply } from '../../report/apply-text.js';
import { formatRollback } from '../../report/rollback-text.js';
import { formatStatus } from '../../report/status-text.js';
import { formatValidation } from '../../report/validation/text.js';
import { EXIT } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { printText } from '../print.js';
import type { Handler } from '../program.js';
import { validationExitCode } from '../exit-code.js';

const DEPARTMENTS = [
  { departmentId: 'hr', department: 'Human Resources' },
  { departmentId: 'legal', department: 'Legal Department' },
] as const;

/** `fedgen demo`: every verb once, on a server that is gone afterwards. */
export const runDemo: Handler = async (_options, signal) => {
  const paint = colours(process.stdout);
  const started = performance.now();
  const heading = (text: string): void => printText(`\n${paint.bold(text)}`);
  const server = await startServer({ env: process.env, fast: true, signal });
  try {
    printText(`PostgreSQL ${server.version} runs on port ${server.port} for this demonstration.`);
    const settings = settingsFor(server);
    heading('1. generate and apply two departments and the control plane');
    for (const department of DEPARTMENTS) {
      const { files } = await generate({ ...department, settings });
      printText(`Rendered ${files.length} files for ${department.department}.`);
      const applied = await apply({ ...department, settings, signal });
      printText(formatApply(applied, paint));
    }
    heading('2. roll the newest migration of hr back, look, and apply it again');
    const [hr] = DEPARTMENTS;
    const undone = await rollback({ ...hr, settings, signal, goal: { kind: 'steps', steps: 1 } });
    printText(formatRollback(undone, { dryRun: false, paint }));
    printText(formatStatus(await status({ settings, signal }), { detailed: false, paint }));
    printText(formatApply(await apply({ ...hr, settings, signal }), paint));
    heading('3. prove that each is complete and isolated from the other');
    const exitCode = await validateAll(settings, signal, paint);
    heading('4. where things stand');
    printText(formatStatus(await status({ settings, signal }), { detailed: false, paint }));
    printText(
      `\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s. The server and its data are removed now.`,
    );
    return exitCode;
  } finally {
    await server.stop();
  }
};

async function validateAll(
  settings: Settings,
  signal: AbortSignal,
  paint: ReturnType<typeof colours>,
): Promise<number> {
  let worst: number = EXIT.ok;
  for (const department of DEPARTMENTS) {
    const report = await validate({ ...department, settings, signal });
    printText(formatValidation(report, { verbose: false, paint }));
    worst = Math.max(worst, validationExitCode(report));
  }
  return worst;
}

function settingsFor(server: Awaited<ReturnType<typeof startServer>>): Settings {
  const { host, port, user, password, database } = server;
  const facts = { host, port, user, name: database, ...(password !== undefined && { password }) };
  return defaultSettings({ database: makeDatabase(facts, 'the demonstration') });
}
