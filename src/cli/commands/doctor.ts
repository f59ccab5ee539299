import { doctor } from '../../api/doctor.js';
import { formatDoctor } from '../../report/doctor-text.js';
import { EXIT } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { settingsOf, text } from '../settings.js';

/** `fedgen doctor` */
export const runDoctor: Handler = async (options, signal) => {
  const settings = await settingsOf(options);
  const departmentId = text(options, 'departmentId');
  const result = await doctor({ settings, signal, ...(departmentId !== undefined && { departmentId }) });
  if (text(options, 'format') === 'json') printJson({ doctor: result });
  else printText(formatDoctor(result, colours(process.stdout)));
  return EXIT.ok;
};
