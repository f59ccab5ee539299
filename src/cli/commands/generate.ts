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
  const needs = { database: flag(options, 'apply') || flag(options, 'validate') };
  const [settings] = await Promise.all([settingsOf(options, needs), warmUp()]);
  const kinds = (['types', 'prisma'] as const).filter((kind) => options[kind] !== undefined);
  if (kinds.length > 0) return generateCodeInstead(kinds, options, settings);
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

type Kinds = readonly ('types' | 'prisma')[];

const NAMES = { types: 'types.ts', prisma: 'prisma' };
const NOT_WITH_CODE = [
  'rlsOnly',
  'controlPlane',
  'timestamp',
  'apply',
  'validate',
  'departmentId',
  'department',
];

/** What applications need of a pack, instead of its SQL. */
async function generateCodeInstead(
  kinds: Kinds,
  options: Parameters<Handler>[0],
  settings: Awaited<ReturnType<typeof settingsOf>>,
): Promise<number> {
  refuseOthers(kinds, options);
  const { generateCode } = await import('../../api/generate-code.js');
  const results: Record<string, { pack: string; written: string | undefined }> = {};
  for (const kind of kinds) {
    const given = text(options, kind) ?? path.join(settings.outputDir, `${settings.pack}.${NAMES[kind]}`);
    const toStdout = flag(options, 'stdout');
    const { content, pack, written } = await generateCode({
      kind,
      settings,
      variables: targetOf(options).variables,
      ...(!toStdout && { file: given }),
    });
    if (toStdout) printVerbatim(content);
    results[kind] = { pack, written: written && relative(written) };
  }
  if (flag(options, 'stdout')) return EXIT.ok;
  if (text(options, 'format') === 'json') printJson({ generate: results });
  else printWritten(Object.values(results).flatMap(({ written }) => written ?? []));
  return EXIT.ok;
}

function refuseOthers(kinds: Kinds, options: Parameters<Handler>[0]): void {
  const others = NOT_WITH_CODE.filter((name) => options[name] !== undefined && options[name] !== false).map(
    (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
  const both = flag(options, 'stdout') && kinds.length > 1 ? ['both at once with --stdout'] : [];
  const wrong = [...others, ...both];
  if (wrong.length === 0) return;
  throw new FedgenError('E_USAGE', `--${kinds.join(' and --')} do not go with ${wrong.join(', ')}`, {
    hint: 'They are written instead of the SQL, for all tenants of the pack alike.',
  });
}

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
  printWritten(generated.written.map(relative));
  const lines: string[] = [...generated.notes];
  if (applied) lines.push((await import('../../report/apply-text.js')).formatApply(applied, paint));
  if (report) {
    const { formatValidation } = await import('../../report/validation/text.js');
    lines.push(formatValidation(report, { verbose, paint }));
  }
  if (lines.length > 0) printText(lines.join('\n'));
}

function printWritten(files: readonly string[]): void {
  const paint = colours(process.stdout);
  printText(files.map((file) => `${paint.green('Generated:')} ${file}`).join('\n'));
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
