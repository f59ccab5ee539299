import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import {
  addActivityUser,
  grantActivityPermission,
  listActivityPermissions,
  revokeActivityPermission,
} from '../../api/activity.js';
import { ingestEvents, type IngestProblem } from '../../api/activity-ingest.js';
import type { CommonOptions } from '../../api/options.js';
import { formatAccess, formatIngest, formatProblem } from '../../report/activity-text.js';
import { EXIT, FedgenError } from '../../shared/errors.js';
import { colours } from '../colours.js';
import { printJson, printText } from '../print.js';
import type { Handler } from '../program.js';
import { withProgress } from '../progress.js';
import { concurrencyOf, settingsOf, text } from '../settings.js';

type Options = Parameters<Handler>[0];

/** What a verb came to, for machines and for people. */
interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly isFinding?: boolean;
}

type Verb = (options: Options, common: CommonOptions) => Promise<Outcome>;

/** `fedgen activity <verb>` */
export const runActivity =
  (name: string): Handler =>
  async (options, signal) => {
    const verb = VERBS[name];
    if (!verb) throw new TypeError(`there is no verb ${name}`);
    const settings = await settingsOf(options);
    const outcome = await withProgress((onEvent) => verb(options, { settings, signal, onEvent }));
    if (text(options, 'format') === 'json') printJson({ activity: outcome.json });
    else printText(outcome.text);
    return outcome.isFinding ? EXIT.findings : EXIT.ok;
  };

const VERBS: Readonly<Record<string, Verb>> = {
  grant: async (options, common) => {
    const user = required(options, 'user');
    const permission = {
      ...limitsOf(options),
      actions: actionsOf(options),
      canExport: options['canExport'] === true,
    };
    const expiresAt = timeOf(options, 'expires');
    await grantActivityPermission({ ...common, user, ...permission, expiresAt });
    return {
      json: { user, ...permission, expiresAt: expiresAt ?? null },
      text: `Permission granted to ${user}.`,
    };
  },
  revoke: async (options, common) => {
    const user = required(options, 'user');
    const reason = required(options, 'reason');
    await revokeActivityPermission({ ...common, user, reason });
    return { json: { user, reason }, text: `Permission revoked from ${user}.` };
  },
  permissions: async (options, common) => {
    const permissions = await listActivityPermissions({ ...common, at: timeOf(options, 'at') });
    return { json: permissions, text: formatAccess(permissions, colours(process.stdout)) };
  },
  'user add': async (options, common) => {
    const user = required(options, 'user');
    const { password } = await addActivityUser({
      ...common,
      user,
      email: required(options, 'email'),
      department: required(options, 'department'),
      actions: actionsOf(options),
      ...limitsOf(options),
    });
    return {
      json: { user, password },
      text: `User ${user} added. Its password, shown this once: ${password}\nIt is good for a day, and for nothing but: select mcp.change_password('…');`,
    };
  },
  'events ingest': async (options, common) => {
    const problems: IngestProblem[] = [];
    const withProblems = (error: unknown): never => {
      if (problems.length === 0 || !(error instanceof FedgenError)) throw error;
      throw error.with({ problems });
    };
    const result = await ingestEvents({
      ...common,
      source: openSource(fileOf(options), common.signal),
      lane: text(options, 'lane') === 'TEST_DATA' ? 'TEST_DATA' : 'DIRECT',
      concurrency: concurrencyOf(options),
      onProblem: (problem) => {
        if (text(options, 'format') === 'json') problems.push(problem);
        else printText(formatProblem(problem));
      },
    }).catch(withProblems);
    return { json: { ...result, problems }, text: formatIngest(result), isFinding: result.rejected > 0 };
  },
};

const limitsOf = (options: Options): { maxRows: number; budgetSeconds: number } => ({
  maxRows: Number(options['maxRows'] ?? 10_000),
  budgetSeconds: Number(options['budget'] ?? 120),
});

const actionsOf = (options: Options): string[] =>
  required(options, 'actions')
    .split(',')
    .map((action) => action.trim())
    .filter(Boolean);

function timeOf(options: Options, name: string): Date | undefined {
  const given = text(options, name);
  if (given === undefined) return undefined;
  const time = new Date(given);
  const [day] = /^\d{4}-\d\d-\d\d(?=T.*(Z|[+-]\d\d:\d\d)$)/.exec(given) ?? [];
  // A Date takes the 30th of February for the 2nd of March.
  if (day !== undefined && !Number.isNaN(time.getTime()) && new Date(day).toISOString().startsWith(day))
    return time;
  throw new FedgenError('E_USAGE', `--${name} ${given} is no time`, {
    hint: 'Write it as ISO 8601 with an offset: 2027-01-01T00:00:00Z.',
  });
}

function required(options: Options, name: string): string {
  const value = text(options, name);
  if (value !== undefined) return value;
  throw new FedgenError('E_USAGE', `fedgen activity needs --${name}`);
}

function fileOf(options: Options): string {
  const file = text(options, 'file');
  if (file !== undefined) return file;
  throw new FedgenError('E_USAGE', 'fedgen activity events ingest needs a file', {
    hint: 'Name a file of newline-delimited JSON, or - for standard input.',
  });
}

/** Bytes of a file, or of standard input, until the signal. @throws FedgenError E_USAGE while it is read. */
async function* openSource(file: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
  if (signal) addAbortSignal(signal, stream);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw new FedgenError(
      'E_USAGE',
      `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'Name a file of newline-delimited JSON, or - for standard input.',
        cause,
      },
    );
  }
}
