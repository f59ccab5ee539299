import path from 'node:path';
import type { ApplyResult } from '../../api/apply.js';
import { generate, warmUp, type GenerateResult } from '../../api/generate.js';
import type { ValidationReport } from '../../validate/judge.js';
import { colours } from '../colours.js';
import { validationExitCode } from '../exit-code.js';
import { printJson, printVerbatim, printText } from '../print.js';
import type { Handler } from '../program.js';
import { targetOf, flag, settingsOf, text } from '../settings.js';
import { EXIT, FedgenError } from '../../shared/errors.js';

/** `fedgen generate`, and with its flags the whole way of a new department. */
export const runGenerate: Handler = async (options, signal) => {
  const [settings] = await Promise.all([settingsOf(options), warmUp()]);
  const target = { ...targetOf(options), settings, signal };
  const toStdout = flag(options, 'stdout');
  if (toStdout) refuseMoreOutput(options);
  if (text(options, 'engine') === 'snowflake') refuseToRun(options);
  const generated = await generate({
    ...target,
    rlsOnly: flag(options, 'rlsOnly'),
    controlPlane: flag(options, 'controlPlane'),
    ...(text(options, 'engine') === 'snowflake' && { engine: 'snowflake' as const }),
    ...(!toStdout && { outputDir: settings.outputDir }),
    ...(flag(options, 'timestamp') && { timestamp: new Date() }),
  });
  if (toStdout) printVerbatim(targetSql(generated));
  const applied = flag(options, 'apply') ? await applyToo(target) : undefined;
  const report = flag(options, 'validate') ? await validateToo(target) : undefined;
  if (text(options, 'format') === 'json') printAsJson(generated, applied, report);
  else if (!toStdout) await printAsText(generated, applied, report, flag(options, 'verbose'));
  return report ? validationExitCode(report) : EXIT.ok;
};

/** What psql shall read from stdout must not be mixed with anything else. */
function refuseMoreOutput(options: Parameters<Handler>[0]): void {
  const more = ['apply', 'validate', 'format'].filter((name) =>
    name === 'format' ? text(options, name) === 'json' : flag(options, name),
  );
  if (more.length === 0) return;
  throw new FedgenError(
    'E_USAGE',
    `--stdout prints SQL and nothing else: it does not go with --${more.join(', --')}`,
    {
      hint: 'Leave --stdout out, or run the other step as a command of its own.',
    },
  );
}

/** Files for another engine are written and nothing more. */
function refuseToRun(options: Parameters<Handler>[0]): void {
  const more = ['apply', 'validate', 'rlsOnly', 'controlPlane'].filter((name) => flag(options, name));
  if (more.length === 0) return;
  throw new FedgenError(
    'E_USAGE',
    'fedgen runs PostgreSQL only: --engine snowflake writes files and does nothing else',
    {
      hint: 'Leave --apply, --validate, --rls-only and --control-plane out. docs/snowflake.md says how the files are run.',
    },
  );
}

type Target = ReturnType<typeof targetOf> & Pick<Parameters<typeof generate>[0], 'settings' | 'signal'>;

// What connects is loaded only when it is asked for: rendering alone must start fast.
async function applyToo(target: Target): Promise<ApplyResult> {
  const [{ apply }, { withProgress }] = await Promise.all([
    import('../../api/apply.js'),
    import('../progress.js'),
  ]);
  return withProgress((onEvent) => apply({ ...target, onEvent }));
}

async function validateToo(target: Target): Promise<ValidationReport> {
  const [{ validate }, { withProgress }] = await Promise.all([
    import('../../api/validate.js'),
    import('../progress.js'),
  ]);
  return withProgress((onEvent) => validate({ ...target, onEvent }));
}

function printAsJson(generated: GenerateResult, applied?: ApplyResult, report?: ValidationReport): void {
  const { files, ...facts } = generated;
  printJson({
    generate: { ...facts, written: generated.written.map(relative), files: files.map((file) => file.name) },
    ...(applied && { apply: applied }),
    ...(report && { validate: report }),
  });
}

async function printAsText(
  generated: GenerateResult,
  applied: ApplyResult | undefined,
  report: ValidationReport | undefined,
  verbose: boolean,
): Promise<void> {
  const paint = colours(process.stdout);
  const lines = [
    ...generated.written.map((file) => `${paint.green('Generated:')} ${relative(file)}`),
    ...generated.notes,
  ];
  if (applied) lines.push((await import('../../report/apply-text.js')).formatApply(applied, paint));
  if (report) {
    const { formatValidation } = await import('../../report/validation/text.js');
    lines.push(formatValidation(report, { verbose, paint }));
  }
  printText(lines.join('\n'));
}

/** The SQL that sets the target up, without rollbacks and without the control plane. */
const targetSql = (generated: GenerateResult): string =>
  generated.files
    .filter(
      (file) => /^(?:schema_|rls_policies_|\d\d_)/.test(file.name) && !file.name.endsWith('.rollback.sql'),
    )
    .map((file) => file.content)
    .join('\n');

const relative = (file: string): string => path.relative(process.cwd(), file) || file;
