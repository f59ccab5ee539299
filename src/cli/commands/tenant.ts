import { parseDuration } from '../../config/duration.js';
import { removeTenant, resumeTenant, suspendTenant } from '../../api/tenant-lifecycle.js';
import { rotateTenantKey } from '../../api/tenant-keys.js';
import { offBoardTenant } from '../../api/off-board.js';
import { addTenant, listTenants, showTenant } from '../../api/tenants.js';
import type { TenantsOptions } from '../../api/tenant-target.js';
import {
  formatAdded,
  formatKey,
  formatOffBoarded,
  formatRemoved,
  formatStatusChange,
  formatTenant,
  formatTenants,
} from '../../report/tenant-text.js';
import { EXIT, FedgenError } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { confirmDestruction } from '../confirm.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { flag, list, settingsOf, text } from '../settings.js';

type Options = Parameters<Handler>[0];
type Paint = ReturnType<typeof colours>;

/** What a verb came to, for machines and for people. */
interface Outcome {
  readonly json: unknown;
  readonly text: (paint: Paint) => string;
  /** Sessions that could not be ended are a finding. */
  readonly isIncomplete?: boolean;
}

type Verb = (options: Options, common: TenantsOptions, signal: AbortSignal) => Promise<Outcome>;

/** `fedgen tenant <verb>` */
export const runTenant =
  (name: string): Handler =>
  async (options, signal) => {
    const verb = VERBS[name];
    if (!verb) throw new TypeError(`there is no verb ${name}`);
    const settings = await settingsOf(options);
    const outcome = await withProgress((onEvent) => verb(options, { settings, signal, onEvent }, signal));
    if (text(options, 'format') === 'json') printJson({ tenant: outcome.json });
    else printText(outcome.text(colours(process.stdout)));
    return outcome.isIncomplete ? EXIT.findings : EXIT.ok;
  };

const VERBS: Readonly<Record<string, Verb>> = {
  add: async (options, common) => {
    const result = await addTenant({
      ...common,
      tenantId: required(options, 'tenantId', '--tenant-id'),
      name: required(options, 'name', '--name'),
      ...(options['login'] === false && { login: false }),
    });
    return { json: result, text: (paint) => formatAdded(result, paint) };
  },
  list: async (_options, common) => {
    const tenants = await listTenants(common);
    return { json: tenants, text: (paint) => formatTenants(tenants, paint) };
  },
  show: async (options, common) => {
    const details = await showTenant({ ...common, tenantId: tenantIdOf(options) });
    return { json: details, text: (paint) => formatTenant(details, paint) };
  },
  suspend: async (options, common) => {
    const result = await suspendTenant({ ...common, tenantId: tenantIdOf(options) });
    return {
      json: result,
      text: (paint) => formatStatusChange(result, paint),
      isIncomplete: result.sessions.left.length > 0,
    };
  },
  resume: async (options, common) => {
    const result = await resumeTenant({ ...common, tenantId: tenantIdOf(options) });
    return { json: result, text: (paint) => formatStatusChange(result, paint) };
  },
  remove: async (options, common, signal) => {
    const tenantId = tenantIdOf(options);
    const dryRun = flag(options, 'dryRun');
    if (!dryRun && !flag(options, 'yes')) {
      await confirmDestruction(`This removes tenant "${tenantId}" with its role and rows`, tenantId, signal);
    }
    const allowDataLoss = flag(options, 'allowDataLoss');
    const also = list(options, 'also') ?? [];
    if (also.length > 0) {
      const packs = [...new Set([common.settings?.pack ?? '', ...also])];
      const result = await offBoardTenant({ ...common, tenantId, dryRun, allowDataLoss, packs });
      return {
        json: result,
        text: (paint) => formatOffBoarded(result, { tenantId, paint }),
        isIncomplete: result.packs.some(({ sessions }) => sessions.left.length > 0),
      };
    }
    const result = await removeTenant({ ...common, tenantId, dryRun, allowDataLoss });
    return {
      json: result,
      text: (paint) => formatRemoved(result, { tenantId, paint }),
      isIncomplete: result.sessions.left.length > 0,
    };
  },
  'rotate-key': async (options, common) => {
    const overlapMs = overlapOf(options);
    const rotated = await rotateTenantKey({ ...common, ...(overlapMs !== undefined && { overlapMs }) });
    return { json: rotated, text: (paint) => formatKey(rotated, paint) };
  },
};

const tenantIdOf = (options: Options): string => required(options, 'tenantId', '--tenant-id');

function required(options: Options, name: string, option: string): string {
  const value = text(options, name);
  if (value !== undefined) return value;
  throw new FedgenError('E_USAGE', `fedgen tenant needs ${option}`, {
    hint: 'For example: fedgen tenant add --pack shop --tenant-id T001 --name "Acme".',
  });
}

function overlapOf(options: Options): number | undefined {
  const given = text(options, 'overlap');
  const overlapMs = given === undefined ? undefined : parseDuration(given);
  if (given === undefined || overlapMs !== undefined) return overlapMs;
  throw new FedgenError('E_USAGE', `--overlap ${given} is no duration`, { hint: 'Write it as 30min or 1h.' });
}
