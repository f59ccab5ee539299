import path from 'node:path';
import {
  apply,
  generate,
  validate,
  type ApplyResult,
  type GenerateResult,
  type ValidationReport,
} from '../../index.js';
import { formatApply } from '../../report/apply-text.js';
import { formatValidation } from '../../report/validation-text.js';
import { colours } from '../colours.js';
import { printJson, printSql, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { departmentOf, flag, settingsOf, text } from '../settings.js';
import { validationExitCode } from './validate.js';

/** `fedgen generate`, and with its flags the whole way of a new department. */
export const runGenerate: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const department = { ...departmentOf(options), settings, signal };
  const toStdout = flag(options, 'stdout');
  const generated = await generate({
    ...department,
    rlsOnly: flag(options, 'rlsOnly'),
    ...(!toStdout && { outputDir: settings.outputDir }),
    ...(flag(options, 'timestamp') && { timestamp: new Date() }),
  });
  if (toStdout) printSql(departmentSql(generated));
  const applied = flag(options, 'apply')
    ? await withProgress((onEvent) => apply({ ...department, onEvent }))
    : undefined;
  const report = flag(options, 'validate')
    ? await withProgress((onEvent) => validate({ ...department, onEvent }))
    : undefined;
  const print = text(options, 'format') === 'json' ? printAsJson : printAsText;
  if (!toStdout) print(generated, applied, report, flag(options, 'verbose'));
  return report ? validationExitCode(report) : 0;
};

function printAsJson(generated: GenerateResult, applied?: ApplyResult, report?: ValidationReport): void {
  const { files, ...facts } = generated;
  printJson({
    generate: { ...facts, written: generated.written.map(relative), files: files.map((file) => file.name) },
    ...(applied && { apply: applied }),
    ...(report && { validate: report }),
  });
}

function printAsText(
  generated: GenerateResult,
  applied: ApplyResult | undefined,
  report: ValidationReport | undefined,
  verbose: boolean,
): void {
  const paint = colours(process.stdout);
  const written = generated.written.map((file) => `${paint.green('Generated:')} ${relative(file)}`);
  printText(
    [
      ...written,
      ...(applied ? [formatApply(applied, paint)] : []),
      ...(report ? [formatValidation(report, { verbose, paint })] : []),
    ].join('\n'),
  );
}

/** The SQL that sets the department up, without rollbacks and without the control plane. */
const departmentSql = (generated: GenerateResult): string =>
  generated.files
    .filter((file) => /^(?:schema|rls_policies)_/.test(file.name) && !file.name.endsWith('.rollback.sql'))
    .map((file) => file.content)
    .join('\n');

const relative = (file: string): string => path.relative(process.cwd(), file) || file;
