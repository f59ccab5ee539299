import { validate } from '../../api/validate.js';
import type { Severity } from '../../validate/model.js';
import { validationExitCode } from '../exit-code.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { flag, list, settingsOf, text, variables } from '../settings.js';
import { printValidation, refuseFolder, reportFormat } from '../validation-output.js';

type Options = Parameters<Handler>[0];

/** `fedgen validate` */
export const runValidate: Handler = async (options, signal) => {
  const output = text(options, 'output');
  if (output !== undefined) await refuseFolder(output);
  const settings = await settingsOf(options);
  const report = await withProgress((onEvent) =>
    validate({ ...validateOptions(options), settings, signal, onEvent }),
  );
  await printValidation(report, {
    format: reportFormat(text(options, 'format')),
    output,
    verbose: flag(options, 'verbose'),
  });
  return validationExitCode(report);
};

function validateOptions(options: Options): Parameters<typeof validate>[0] {
  const [only, skip, targets, exclude, groups] = ['only', 'skip', 'departmentId', 'exclude', 'group'].map(
    (name) => list(options, name),
  );
  const [snapshot, writeSnapshot] = ['snapshot', 'writeSnapshot'].map((name) => text(options, name));
  const failOn = severity(text(options, 'failOn'));
  return {
    ...(targets && { targets }),
    exclude,
    groups,
    shard: text(options, 'shard'),
    ...(only && { only }),
    ...(skip && { skip }),
    ...(failOn && { failOn }),
    ...(snapshot !== undefined && { snapshot }),
    ...(writeSnapshot !== undefined && { writeSnapshot }),
    all: flag(options, 'all'),
    sinceLast: flag(options, 'sinceLast'),
    variables: variables(options),
  };
}

/** commander has checked the text; this narrows its type. */
const severity = (given: string | undefined): Severity | undefined =>
  (['error', 'warning', 'note'] as const).find((each) => each === given);
