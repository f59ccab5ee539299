import { importTargets } from '../../api/fleet-import.js';
import { FedgenError } from '../../shared/errors.js';
import { selectionOf } from '../fleet-options.js';
import { runFleetCommand } from '../fleet-run.js';
import type { Handler } from '../program.js';
import { flag, list, number, settingsOf, text } from '../settings.js';

/** `fedgen targets import` */
export const runImport: Handler = async (options, signal, drain) => {
  const { targets, named, ...selection } = await selectionOf(options);
  const meant = namedOf(options) ?? { ...(targets && { targets }), ...(named && { named }) };
  const settings = await settingsOf(options);
  return runFleetCommand([options, signal, drain], settings, (common) =>
    importTargets({
      ...selection,
      ...meant,
      ...common,
      all: flag(options, 'all'),
      upTo: number(options, 'to'),
    }),
  );
};

/** The one department that has its name beside its id. @throws FedgenError E_USAGE for a name beside anything else. */
function namedOf(options: Parameters<Handler>[0]): { named: { id: string; name: string }[] } | undefined {
  const name = text(options, 'department');
  if (name === undefined) return undefined;
  const [id, ...more] = list(options, 'departmentId') ?? [];
  if (id !== undefined && more.length === 0 && !id.includes('*') && !flag(options, 'all'))
    return { named: [{ id, name }] };
  throw new FedgenError('E_USAGE', '--department is the name of one department', {
    hint: 'Name it with --department-id. Several come with their names from --targets-from.',
  });
}
