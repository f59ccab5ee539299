import { status } from '../../api/status.js';
import { formatStatus } from '../../report/status-text.js';
import { EXIT } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { isFleet, selectionOf } from '../fleet-options.js';
import { unreached } from '../fleet-output.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { flag, list, settingsOf, text } from '../settings.js';

/** `fedgen status` */
export const runStatus: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const ids = list(options, 'departmentId') ?? [];
  const departmentId = isFleet(options) ? undefined : ids[0];
  const selection = departmentId === undefined ? await selectionOf(options) : { departmentId };
  const result = await status({ ...selection, settings, signal });
  if (text(options, 'format') === 'json')
    printJson({ status: { ...result, unreached: result.unreached.map(unreached) } });
  else
    printText(formatStatus(result, { detailed: departmentId !== undefined, paint: colours(process.stdout) }));
  if (result.unreached.length > 0) return EXIT.failed;
  const isBehind = [...result.departments, ...result.packs].some(
    (target) => target.pending + target.edited + target.unknown > 0,
  );
  const isDrifted = result.departments.some(({ drifted }) => drifted !== undefined);
  const isAbsent =
    result.absentPack !== undefined || (departmentId !== undefined && result.departments.length === 0);
  return flag(options, 'check') && (isBehind || isDrifted || isAbsent) ? EXIT.findings : EXIT.ok;
};
